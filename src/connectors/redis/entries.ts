/** Entries of a stream: their ids, and the messages that they become. */
import type { MessageLabels, MessageRecords } from '../../core/contracts.ts';
import type { Reply } from './client.ts';

/** An entry as the server gives it; without fields where it was deleted after it had been given out. */
export interface Entry {
  id: string;
  fields: readonly Buffer[] | undefined;
}

/** Offsets of claimed entries begin here, those of the others at 0: neither shifts the other. */
export const FIRST_CLAIMED = 2 ** 52;
export const NO_ENTRY = '0-0';

const USUAL_FIELD = Buffer.from('data');
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,3})?$/;
/** Longer ones are names made of digits, which a number would not keep. */
const LONGEST_NUMBER = 17;
/** Sets of labels that are remembered to be shared. */
const MOST_SETS = 100_000;

/** The entries in an answer: pairs of an id and a list of fields. */
export function entriesOf(reply: Reply): Entry[] {
  if (!Array.isArray(reply)) return [];
  const entries: Entry[] = [];
  for (const pair of reply) {
    // Before Redis 7 a claimed entry that is gone is null itself.
    if (!Array.isArray(pair)) continue;
    entries.push({ id: (pair[0] as Buffer).toString('latin1'), fields: pair[1] === null ? undefined : (pair[1] as Buffer[]) });
  }
  return entries;
}

/** Whether id a comes after id b; parts may be larger than a number holds. */
export function isAfter(a: string, b: string): boolean {
  const [at, bt] = [a.indexOf('-'), b.indexOf('-')];
  return (at - bt || order(a.slice(0, at), b.slice(0, bt)) || a.length - at - (b.length - bt) || order(a.slice(at), b.slice(bt))) > 0;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The time in an id, ms. */
export function timeOf(id: string): number {
  return Number(id.slice(0, id.indexOf('-')));
}

export interface MessageRule {
  /** Field that holds the message; undefined: `data`, or the whole entry. */
  field: string | undefined;
  labelFields: readonly string[];
  /** Label that holds the key of the stream; '' for none. */
  streamLabel: string;
}

/** Makes messages of entries; those with equal labels share the object. */
export class EntryMessages {
  readonly #rule: MessageRule;
  readonly #field: Buffer;
  readonly #labelFields: readonly Buffer[];
  readonly #sets = new Map<string, MessageLabels>();

  constructor(rule: MessageRule) {
    this.#rule = rule;
    this.#field = rule.field === undefined ? USUAL_FIELD : Buffer.from(rule.field);
    this.#labelFields = rule.labelFields.map((name) => Buffer.from(name));
  }

  /** The offset of the first one is `offset`, and each has one more than the one before. */
  of(key: string, partition: number, offset: number, entries: readonly Entry[]): MessageRecords {
    const n = entries.length;
    const bodies: Uint8Array[] = [];
    const ends = new Uint32Array(n);
    const offsets = new Float64Array(n);
    const arrivals = new Float64Array(n);
    const isLabelled = this.#labelFields.length > 0 || this.#rule.streamLabel !== '';
    const labels: MessageLabels[] = [];
    let end = 0;
    for (let i = 0; i < n; i++) {
      const { id, fields } = entries[i];
      const body = this.#body(fields!);
      bodies.push(body);
      ends[i] = end += body.length;
      offsets[i] = offset + i;
      arrivals[i] = timeOf(id);
      if (isLabelled) labels.push(this.#labels(key, fields!));
    }
    return { kind: 'messages', partition, offsets, ends, bytes: Buffer.concat(bodies, end), arrivals, ...(isLabelled ? { labels } : {}) };
  }

  #body(fields: readonly Buffer[]): Uint8Array {
    for (let i = 0; i + 1 < fields.length; i += 2) if (fields[i].equals(this.#field)) return fields[i + 1];
    return Buffer.from(asObject(fields));
  }

  #labels(key: string, fields: readonly Buffer[]): MessageLabels {
    const labels: Record<string, string> = {};
    if (this.#rule.streamLabel !== '') labels[this.#rule.streamLabel] = key;
    for (const [n, name] of this.#labelFields.entries()) {
      for (let i = 0; i + 1 < fields.length; i += 2) if (fields[i].equals(name)) labels[this.#rule.labelFields[n]] = fields[i + 1].toString();
    }
    const text = JSON.stringify(labels);
    let shared = this.#sets.get(text);
    if (shared === undefined) {
      if (this.#sets.size >= MOST_SETS) this.#sets.clear();
      this.#sets.set(text, (shared = labels));
    }
    return shared;
  }
}

/** All fields as one JSON object; what is written as a number becomes one. */
function asObject(fields: readonly Buffer[]): string {
  const parts: string[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const value = fields[i + 1].toString();
    parts.push(`${JSON.stringify(fields[i].toString())}:${value.length <= LONGEST_NUMBER && NUMBER.test(value) ? value : JSON.stringify(value)}`);
  }
  return `{${parts.join(',')}}`;
}
