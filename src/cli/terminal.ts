/** What the commands know of the terminal: colours, width, and writing without losing or piling up anything. */
import { once } from 'node:events';
import { createColors } from 'picocolors';

export type Colours = ReturnType<typeof createColors>;

type Stream = NodeJS.WriteStream & { fd: number };

/** Colours where the stream is a terminal; NO_COLOR turns them off, FORCE_COLOR on. */
export function coloursFor(stream: Stream, env: NodeJS.ProcessEnv): Colours {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  const off = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return createColors(!off && (forced || stream.isTTY));
}

/** Columns of the terminal; 80 where there is none. */
export function widthOf(stream: Stream): number {
  return Math.max(40, stream.columns ?? 80);
}

const CHUNK = 64 * 1024;

/** Gathers text and waits where the reader is slow, so that memory stays flat. */
export class Output {
  readonly #stream: NodeJS.WritableStream;
  #waiting: string[] = [];
  #length = 0;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  /** Adds text; answers true when `flush` is due. */
  add(text: string): boolean {
    this.#waiting.push(text);
    this.#length += text.length;
    return this.#length >= CHUNK;
  }

  async flush(): Promise<void> {
    if (this.#length === 0) return;
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#length = 0;
    if (!this.#stream.write(text)) await once(this.#stream, 'drain');
  }

  async write(text: string): Promise<void> {
    if (this.add(text)) await this.flush();
  }
}

/** A reader of data that has seen enough (`| head`) ends the command quietly; one of messages that is gone changes nothing. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** Width on a terminal: escapes count nothing, wide characters two. */
export function visibleLength(text: string): number {
  let length = 0;
  for (const character of text.replaceAll(/\u001B\[[0-9;]*m/g, '')) {
    const code = character.codePointAt(0)!;
    length +=
      code >= 0x1100 &&
      (code <= 0x115f ||
        (code >= 0x2e80 && code <= 0xa4cf) ||
        (code >= 0xac00 && code <= 0xd7a3) ||
        (code >= 0xf900 && code <= 0xfaff) ||
        (code >= 0xff00 && code <= 0xff60) ||
        code >= 0x1f300)
        ? 2
        : 1;
  }
  return length;
}

/** Text cut to a width, with `…` where it was cut. */
export function cutTo(text: string, width: number): string {
  if (visibleLength(text) <= width) return text;
  let cut = '';
  for (const character of text) {
    if (visibleLength(cut + character) > width - 1) break;
    cut += character;
  }
  return `${cut}…`;
}
