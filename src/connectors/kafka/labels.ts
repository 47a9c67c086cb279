/** Labels of a series from what stands beside a record: its key, its headers, its partition. */
import type { MessageLabels } from '../../core/contracts.ts';
import type { RecordReader } from './records.ts';

/** Sets of labels that are kept, so that records with equal ones share them. */
const MOST_KNOWN = 100_000;

/** Makes the labels of the records of one partition. */
export class Labeller {
  readonly #fixed: Record<string, string> = {};
  readonly #fromKey: string[] = [];
  /** Labels by the header that they come from. */
  readonly #fromHeaders = new Map<string, string[]>();
  readonly #known = new Map<string, MessageLabels>();

  /** `labels`: by name, from `key`, `topic`, `partition` or `header.NAME`. */
  constructor(labels: Readonly<Record<string, string>>, topic: string, partition: number) {
    for (const [label, from] of Object.entries(labels)) {
      if (from === 'topic') this.#fixed[label] = topic;
      else if (from === 'partition') this.#fixed[label] = String(partition);
      else if (from === 'key') this.#fromKey.push(label);
      else {
        const header = from.slice('header.'.length);
        this.#fromHeaders.set(header, [...(this.#fromHeaders.get(header) ?? []), label]);
      }
    }
  }

  /** Labels of the record whose headers begin where `reader` stands. */
  of(reader: RecordReader, keyAt: number, keyLength: number): MessageLabels {
    const key = this.#fromKey.length > 0 && keyLength >= 0 ? reader.text(keyAt, keyLength) : undefined;
    const headers = this.#fromHeaders.size > 0 ? this.#headers(reader) : undefined;
    const name = headers === undefined ? (key === undefined ? '' : `k${key}`) : JSON.stringify([key ?? null, ...headers]);
    let labels = this.#known.get(name);
    if (labels === undefined) {
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      this.#known.set(name, (labels = this.#make(key, headers)));
    }
    return labels;
  }

  /** Values of the headers that are wanted, in the order of the labels; of several with one name the last counts. */
  #headers(reader: RecordReader): (string | null)[] {
    const found = new Map<string, string>();
    for (let left = reader.varint(); left-- > 0;) {
      const nameLength = reader.varint();
      const header = reader.text(reader.at, nameLength);
      reader.at += nameLength;
      const length = reader.varint();
      if (length >= 0 && this.#fromHeaders.has(header)) found.set(header, reader.text(reader.at, length));
      if (length > 0) reader.at += length;
    }
    return [...this.#fromHeaders.keys()].map((header) => found.get(header) ?? null);
  }

  #make(key: string | undefined, headers: readonly (string | null)[] | undefined): MessageLabels {
    const labels = { ...this.#fixed };
    if (key !== undefined && key !== '') for (const label of this.#fromKey) labels[label] = key;
    for (const [i, names] of [...this.#fromHeaders.values()].entries()) {
      const value = headers?.[i];
      if (value !== null && value !== undefined && value !== '') for (const label of names) labels[label] = value;
    }
    return labels;
  }
}
