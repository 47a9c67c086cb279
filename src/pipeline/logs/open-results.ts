/** Results of jobs that stay open while they are looked at; few at once, since each holds files. */
import type { ResultsReader } from './results.ts';

const MOST = 4;

export class OpenResults {
  readonly #open: (id: string) => ResultsReader;
  /** By job, the least recently used first. */
  readonly #readers = new Map<string, ResultsReader>();

  constructor(open: (id: string) => ResultsReader) {
    this.#open = open;
  }

  of(id: string): ResultsReader {
    let reader = this.#readers.get(id);
    if (reader !== undefined) this.#readers.delete(id);
    else {
      if (this.#readers.size >= MOST) this.close(this.#readers.keys().next().value!);
      reader = this.#open(id);
    }
    this.#readers.set(id, reader);
    return reader;
  }

  close(id: string): void {
    this.#readers.get(id)?.close();
    this.#readers.delete(id);
  }

  closeAll(): void {
    for (const id of this.#readers.keys()) this.close(id);
  }
}
