/** How far a job is and how fast it goes; says so not more than twice a second. */

const EVERY = 500;
/** Speeds are taken over so long, ms. */
const WINDOW = 10_000;

export class Progress {
  /** Bytes of the file that arrived. */
  uploaded = 0;
  /** As the engine says. */
  linesPerSecond = 0;
  readonly #tell: () => void;
  #told = 0;
  #samples: { at: number; read: number }[] = [];

  constructor(tell: () => void) {
    this.#tell = tell;
  }

  uploading(bytes: number): void {
    const first = this.uploaded === 0;
    this.uploaded = bytes;
    if (!first) this.#changed();
  }

  reading(read: number, linesPerSecond: number): void {
    const at = performance.now();
    this.linesPerSecond = linesPerSecond;
    this.#samples.push({ at, read });
    while (this.#samples.length > 2 && at - this.#samples[0].at > WINDOW) this.#samples.shift();
    this.#changed();
  }

  /** Null before it can be told. */
  secondsLeft(size: number): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.read <= first.read) return null;
    return Math.max(0, ((size - last.read) * (last.at - first.at)) / (last.read - first.read) / 1000);
  }

  #changed(): void {
    const now = performance.now();
    if (now - this.#told < EVERY) return;
    this.#told = now;
    this.#tell();
  }
}
