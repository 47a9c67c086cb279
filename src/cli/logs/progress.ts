/** How far the reading of logs has come, in one line of standard error that is rewritten; nothing where that is no terminal. */
import { cutTo, widthOf, type Colours } from '../terminal.ts';
import { grouped, shortDuration, shortSize } from '../text.ts';

const EVERY = 200;
const CELLS = 24;

/** What is shown beside the share that is done. */
export interface LogFigures {
  /** Bytes of the input read so far. */
  read: number;
  lines: number;
  /** In a word or two, `3 anomalous`; '' for none. */
  more: string;
}

export class LogProgress {
  readonly #stream: NodeJS.WriteStream;
  readonly #colours: Colours;
  readonly #size: number | undefined;
  readonly #started = performance.now();
  #shown = 0;

  /** `size`: bytes in all; undefined where unknown. */
  constructor(stream: NodeJS.WriteStream, colours: Colours, size: number | undefined) {
    this.#stream = stream;
    this.#colours = colours;
    this.#size = size;
  }

  get milliseconds(): number {
    return performance.now() - this.#started;
  }

  /** Whether a line would be shown now; asked before figures are gathered. */
  get isDue(): boolean {
    return this.#stream.isTTY && performance.now() - Math.max(this.#shown, this.#started) >= EVERY;
  }

  update(figures: LogFigures): void {
    if (!this.isDue) return;
    this.#shown = performance.now();
    const line = progressLine(figures, this.#size, this.milliseconds / 1000, process.memoryUsage.rss(), this.#colours);
    this.#stream.write(`\r\u001B[2K${cutTo(line, widthOf(this.#stream as never) - 1)}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown > 0) this.#stream.write('\r\u001B[2K');
    this.#shown = 0;
  }
}

/** Bar, share, speed, memory, time left. */
export function progressLine({ read, lines, more }: LogFigures, size: number | undefined, seconds: number, memory: number, colours: Colours): string {
  const speed = `${grouped(lines / seconds)} lines/s`;
  const rest = more === '' ? [] : [more];
  if (size === undefined || size === 0) return [`${grouped(lines)} lines`, shortSize(read), speed, shortSize(memory), ...rest].join('  ');
  const share = Math.min(1, read / size);
  const full = Math.round(share * CELLS);
  const left = share > 0.01 && share < 1 ? [`${shortDuration(Math.max(1, Math.ceil(seconds / share - seconds)) * 1000)} left`] : [];
  const bar = `${'█'.repeat(full)}${colours.dim('░'.repeat(CELLS - full))}`;
  return [`${bar} ${(share * 100).toFixed(0).padStart(3)}%`, speed, shortSize(memory), ...left, ...rest].join('  ');
}
