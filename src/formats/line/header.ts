/** What the beginning of a line says. */
import type { JsonValue } from '../../core/contracts.ts';

/** Parts of one line; indices into the bytes it was read from. Reused from line to line. */
export class Header {
  /** ms; NaN for none. */
  time = NaN;
  level = 0;
  component = 0;
  componentEnd = 0;
  message = 0;
  messageEnd = 0;
  /** The message where it had to be unescaped: bytes 0 to messageEnd - message of this; else undefined. */
  text: Uint8Array | undefined = undefined;
  /** No known header, but a time of its own. */
  strange = false;

  /** Room of its own for such a message: the header before is still held while this one is read. */
  #room = new Uint8Array(0);

  /** Takes a message that is to be unescaped into `text`; it is not longer than it was. */
  unescape(bytes: Uint8Array, write: (bytes: Uint8Array, from: number, to: number, into: Uint8Array) => number): void {
    const { message, messageEnd } = this;
    if (this.#room.length < messageEnd - message) this.#room = new Uint8Array(2 * (messageEnd - message));
    this.text = this.#room;
    this.messageEnd = message + write(bytes, message, messageEnd, this.#room);
  }

  clear(from: number, to: number): void {
    this.time = NaN;
    this.level = 0;
    this.component = from;
    this.componentEnd = from;
    this.message = from;
    this.messageEnd = to;
    this.text = undefined;
    this.strange = false;
  }
}

/** Reads headers of one layout, byte by byte. */
export interface HeaderReader {
  /** How a person would write this layout. */
  readonly layout: string;
  /** True when lines without this header go on with the record before. */
  readonly joins: boolean;
  /** True when the record is read as a whole, its joined lines included. */
  readonly whole: boolean;
  /** Reads the header of bytes[from .. to) into `header`; false where it is not there, and nothing is learnt then. */
  read(bytes: Uint8Array, from: number, to: number, header: Header): boolean;
  /** Reads the header of a line that begins with the time of this layout and is different behind it: what does not fit is the message. */
  readPart?(bytes: Uint8Array, from: number, to: number, header: Header): boolean;
  /** Looks at the first lines of a stream before it reads them. */
  learn?(bytes: Uint8Array, lines: readonly { from: number; to: number }[]): void;
  /** Says that bytes[from .. to) begins a record, for readers of whole records. */
  begins?(bytes: Uint8Array, from: number, to: number): boolean;
  state(): JsonValue;
  restore(state: JsonValue): void;
}
