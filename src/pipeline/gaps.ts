/** What was lost before a journal could keep it, kept in the journal at its place among the messages. */
import type { ByteRecords, Decoder, Gap, JsonValue, MessageRecords, PushRequest } from '../core/contracts.ts';
import type { EventBuilder } from '../core/events.ts';
import { partOf } from '../formats/labelled.ts';

const GAP_TYPE = 'application/vnd.homeostat.gap+json';

export function gapMessage(gap: Gap): PushRequest {
  return { body: Buffer.from(JSON.stringify(gap)), type: GAP_TYPE, idempotencyKey: undefined };
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
    for (let i = 0; i <= ends.length; i++) {
      if (i < ends.length && types[i] !== GAP_TYPE) continue;
      if (i > from) this.#inner.decode(partOf(records, from, i), out);
      if (i < ends.length) out.gaps.push(JSON.parse(Buffer.from(bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i])).toString()) as Gap);
      from = i + 1;
    }
  }

  state(): JsonValue {
    return this.#inner.state();
  }

  report(): string[] {
    return this.#inner.report();
  }
}
