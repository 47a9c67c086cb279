/** Asks a broker for records: versions 4 to 11 of the request, with the answer left as bytes for `records.ts`. */
import { kafkajs, type Request } from './kafkajs.ts';
import type { Aborted } from './records.ts';

const FETCH = 1;
/** Longer than a broker may wait before it answers, ms. */
const SLACK = 5_000;

export interface FetchAsk {
  version: number;
  topic: string;
  partitions: readonly { partition: number; offset: number; bytes: number }[];
  isolation: number;
  maxWait: number;
  minBytes: number;
  maxBytes: number;
}

export interface FetchedPartition {
  partition: number;
  /** 0: none. */
  error: number;
  /** Offset after the last record that may be read. */
  end: number;
  aborted: Aborted[];
  bytes: Buffer;
}

export function fetchRequest(ask: FetchAsk): Request {
  return {
    request: { apiKey: FETCH, apiVersion: ask.version, apiName: 'Fetch', encode: async () => encoded(ask) },
    response: {
      decode: async (bytes) => ({ clientSideThrottleTime: bytes.readInt32BE(0), bytes }),
      parse: async (decoded) => readAnswer((decoded as { bytes: Buffer }).bytes, ask),
    },
    requestTimeout: ask.maxWait + SLACK,
  };
}

type Encoded = ReturnType<ReturnType<typeof kafkajs>['newEncoder']>;

function encoded({ version, topic, partitions, isolation, maxWait, minBytes, maxBytes }: FetchAsk): Encoded {
  const { newEncoder } = kafkajs();
  const asked = partitions.map(({ partition, offset, bytes }) => {
    const one = newEncoder().writeInt32(partition);
    if (version >= 9) one.writeInt32(-1);
    one.writeInt64(offset);
    if (version >= 5) one.writeInt64(-1);
    return one.writeInt32(bytes);
  });
  const request = newEncoder().writeInt32(-1).writeInt32(maxWait).writeInt32(minBytes).writeInt32(maxBytes).writeInt8(isolation);
  if (version >= 7) request.writeInt32(0).writeInt32(-1);
  request.writeArray([newEncoder().writeString(topic).writeArray(asked)]);
  if (version >= 7) request.writeArray([]);
  if (version >= 11) request.writeString('');
  return request;
}

function readAnswer(bytes: Buffer, { version, isolation }: FetchAsk): FetchedPartition[] {
  let at = 4;
  const int32 = (): number => bytes.readInt32BE((at += 4) - 4);
  const int16 = (): number => bytes.readInt16BE((at += 2) - 2);
  const int64 = (): number => Number(bytes.readBigInt64BE((at += 8) - 8));
  if (version >= 7) {
    const code = int16();
    if (code !== 0) throw kafkajs().errorOf(code);
    int32();
  }
  const found: FetchedPartition[] = [];
  for (let topics = int32(); topics-- > 0;) {
    const name = int16();
    at += name;
    for (let left = int32(); left-- > 0;) {
      const [partition, error] = [int32(), int16()];
      const [high, stable] = [int64(), int64()];
      if (version >= 5) int64();
      const aborted: Aborted[] = [];
      for (let count = int32(); count-- > 0;) aborted.push({ producer: bytes.readBigInt64BE((at += 8) - 8), first: int64() });
      if (version >= 11) int32();
      const length = Math.max(0, int32());
      aborted.sort((a, b) => a.first - b.first);
      found.push({ partition, error, end: isolation === 1 && stable >= 0 ? stable : high, aborted, bytes: bytes.subarray(at, at + length) });
      at += length;
    }
  }
  return found;
}
