/** What was lost before a journal could keep it, kept in the journal at its place among the messages. */
import type { ByteRecords, Decoder, Gap, JsonValue, MessageLabels, MessageRecords, PushRequest } from '../core/contracts.ts';
import type { EventBuilder } from '../core/events.ts';
import { partOf } from '../formats/labelled.ts';
import { MOST_LABELS } from '../runtime/journal/frame.ts';

const GAP_TYPE = 'application/vnd.homeostat.gap+json';

export function gapMessage(gap: Gap): PushRequest {
  return { body: Buffer.from(JSON.stringify(gap)), type: GAP_TYPE, idempotencyKey: undefined };
}

/** What a frame takes beside body and labels, at most. */
const OVERHEAD = 512;

/** Makes of what senders sent what the journal can keep, so that no message is tried again for ever. */
export class Admission {
  readonly #most: number;
  readonly #now: () => number;
  /** Bytes of labels, which messages share. */
  readonly #lengths = new WeakMap<MessageLabels, number>();

  /** `most`: bytes of the whole journal; `now`: wall clock, ms. */
  constructor(most: number, now: () => number) {
    this.#most = most;
    this.#now = now;
  }

  /** A message that cannot be kept is a gap. */
  admit(messages: readonly PushRequest[]): readonly PushRequest[] {
    if (messages.every((message) => message.type !== GAP_TYPE && this.#problem(message) === '')) return messages;
    return messages.map((message) => {
      const problem = this.#problem(message);
      const now = this.#now();
      if (problem !== '') return gapMessage({ from: now, to: now, reason: problem });
      // A sender may name any type, but only the listener says what was lost.
      return message.type === GAP_TYPE ? { ...message, type: '' } : message;
    });
  }

  #problem({ body, labels }: PushRequest): string {
    const length = labels === undefined ? 0 : this.#lengthOf(labels);
    if (length > MOST_LABELS) return `a message with labels of ${length} bytes was not kept, because at most ${MOST_LABELS} fit`;
    if (body.length + length + OVERHEAD <= this.#most) return '';
    return `a message of ${body.length} bytes was not kept, because the journal is smaller (journal.max_size)`;
  }

  #lengthOf(labels: MessageLabels): number {
    let length = this.#lengths.get(labels);
    if (length === undefined) this.#lengths.set(labels, (length = Buffer.byteLength(JSON.stringify(labels))));
    return length;
  }
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
