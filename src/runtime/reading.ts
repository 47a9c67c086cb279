/** Reads a source one hand-over ahead, so that a run can look after other things while the source has nothing. */
import type { Position, Source, SourceBatch } from '../core/contracts.ts';
import { HomeostatError, messageOf } from '../core/errors.ts';
import { pause } from './ports.ts';

/** Longest wait for a source that is closed, ms. */
const CLOSE_WITHIN = 1_000;

type Answer = { type: 'handed'; result: IteratorResult<SourceBatch> } | { type: 'failed'; thrown: unknown };

export class Reading {
  readonly #source: Source;
  readonly #name: string;
  readonly #closing = new AbortController();
  #iterator: AsyncIterator<SourceBatch> | undefined;
  #answer: Answer | undefined;
  #wake: () => void = () => {};

  /** `name` is the source's in messages. */
  constructor(source: Source, name: string) {
    this.#source = source;
    this.#name = name;
  }

  get isOpen(): boolean {
    return this.#iterator !== undefined;
  }

  /** Throws as `take` does. */
  async connect(signal: AbortSignal): Promise<void> {
    try {
      await this.#source.connect?.(AbortSignal.any([signal, this.#closing.signal]));
    } catch (thrown) {
      throw this.#failure(thrown);
    }
  }

  open(from: Position | undefined, signal: AbortSignal): void {
    this.#iterator = this.#source.open(from, AbortSignal.any([signal, this.#closing.signal]))[Symbol.asyncIterator]();
  }

  /** Asks for the next hand-over; `take` gives it once it is there. */
  ask(): void {
    this.#answer = undefined;
    const note = (answer: Answer): void => {
      this.#answer = answer;
      this.#wake();
    };
    this.#iterator!.next().then(
      (result) => note({ type: 'handed', result }),
      (thrown: unknown) => note({ type: 'failed', thrown }),
    );
  }

  /** Resolves when the source has answered, `wake` is called, `ms` have passed or `signal` aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#answer !== undefined || signal.aborted) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = () => resolve();
      timer = setTimeout(this.#wake, Math.max(0, ms));
      signal.addEventListener('abort', this.#wake, { once: true });
    });
    clearTimeout(timer);
    signal.removeEventListener('abort', this.#wake);
    this.#wake = () => {};
  }

  wake(): void {
    this.#wake();
  }

  /** What the source handed over; undefined while it has nothing. Throws SOURCE_UNREACHABLE, or what the source threw of the closed list. */
  take(): IteratorResult<SourceBatch> | undefined {
    const answer = this.#answer;
    if (answer?.type !== 'failed') return answer?.result;
    throw this.#failure(answer.thrown);
  }

  #failure(thrown: unknown): HomeostatError {
    return thrown instanceof HomeostatError ? thrown : new HomeostatError('SOURCE_UNREACHABLE', { source: this.#name, detail: messageOf(thrown) }, thrown);
  }

  /** What the source holds open is its own to close; one that hangs or fails is left behind. */
  async close(): Promise<void> {
    this.#closing.abort();
    const left = new AbortController();
    const end = async (): Promise<unknown> => {
      await this.#source.close();
      return this.#iterator?.return?.();
    };
    await Promise.race([end().catch(() => {}), pause(CLOSE_WITHIN, left.signal)]);
    left.abort();
  }
}
