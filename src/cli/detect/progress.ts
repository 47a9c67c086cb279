/** How far reading has come, in one line of standard error that is rewritten; nothing where that is no terminal. */
import { shortSize } from '../text.ts';
import { cutTo, widthOf, type Colours } from '../terminal.ts';

const EVERY = 100;
const CELLS = 24;

export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #colours: Colours;
  readonly #name: string;
  readonly #size: number | undefined;
  readonly #started = performance.now();
  #shown = 0;

  constructor(stream: NodeJS.WriteStream, colours: Colours, name: string, size: number | undefined) {
    this.#stream = stream;
    this.#colours = colours;
    this.#name = name;
    this.#size = size;
  }

  update(read: number): void {
    const now = performance.now();
    if (!this.#stream.isTTY || now - Math.max(this.#shown, this.#started) < EVERY) return;
    this.#shown = now;
    const seconds = (now - this.#started) / 1000;
    const speed = `${shortSize(Math.round(read / seconds))}/s`;
    this.#stream.write(`\r\u001B[2K${cutTo(this.#line(read, seconds, speed), widthOf(this.#stream as never) - 1)}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown > 0) this.#stream.write('\r\u001B[2K');
    this.#shown = 0;
  }

  #line(read: number, seconds: number, speed: string): string {
    if (this.#size === undefined || this.#size === 0) return `${this.#name}  ${shortSize(read)}  ${speed}`;
    const share = Math.min(1, read / this.#size);
    const full = Math.round(share * CELLS);
    const left = share > 0.02 ? `${Math.ceil(seconds / share - seconds)} s left` : '';
    return `${'█'.repeat(full)}${this.#colours.dim('░'.repeat(CELLS - full))} ${(share * 100).toFixed(0).padStart(3)}%  ${speed}  ${left}  ${this.#name}`;
  }
}
