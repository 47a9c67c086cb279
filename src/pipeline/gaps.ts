/** What was lost before a journal could keep it, kept in the journal at its place among the messages. */
import type { ByteRecords, Decoder, Gap, JsonValue, MessageRecords, PushRequest } from '../core/contracts.ts';
import type { EventBuilder } from '../core/events.ts';
import { partOf } from '../formats/labelled.ts';

const GAP_TYPE = 'application/vnd.homeostat.gap+json';

export function gapMessage(gap: Gap): PushRequest {
  return { body: Buffer.from(JSON.stringify(gap)), type: GAP_TYPE, idempotencyKey: undefined };
}

/** What senders sent: they may name any type, but only the listener says what was lost. */
export function fromSenders(messages: readonly PushRequest[]): readonly PushRequest[] {
  if (!messages.some(({ type }) => type === GAP_TYPE)) return messages;
  return messages.map((message) => (message.type === GAP_TYPE ? { ...message, type: '' } : message));
}

/** undefined where it is none, so that it is a message like the others. */
function gapOf(bytes: Uint8Array): Gap | undefined {
  try {
    const { from, to, reason } = JSON.parse(Buffer.from(bytes).toString()) as Partial<Gap>;
    const isTime = (x: unknown): x is number => typeof x === 'number' && !Number.isNaN(new Date(x).getTime());
    return isTime(from) && isTime(to) && typeof reason === 'string' ? { from, to, reason } : undefined;
  } catch {
    return undefined;
  }
}

/** Notes the gaps among the messages of a journal, and hands the others on. */
export class GapDecoder implements Decoder {
  readonly #inner: Decoder;

  constructor(inner: Decoder) {
    this.#inner = inner;
  }

  decode(records: ByteRecords | MessageRecords, out: EventBuilder): void {
    if (records.kind === 'bytes' || !records.types?.includes(GAP_TYPE)) return this.#inner.decode(records, out);
    const { types, ends, bytes } = records;
    let from = 0;
    for (let i = 0; i < ends.length; i++) {
      if (types[i] !== GAP_TYPE) continue;
      const gap = gapOf(bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i]));
      if (gap === undefined) continue;
      if (i > from) this.#inner.decode(partOf(records, from, i), out);
      out.gaps.push(gap);
      from = i + 1;
    }
    if (from < ends.length) this.#inner.decode(partOf(records, from, ends.length), out);
  }

  state(): JsonValue {
    return this.#inner.state();
  }

  report(): string[] {
    return this.#inner.report();
  }
}
