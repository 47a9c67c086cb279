/**
 * A chunk: the verdicts of one series that one append brought, as columns in one blob. Rows keep every bit of what the detector said.
 * Layout, little-endian: version u8, rows u32, mask u32, then each column of COLUMNS in order, the values, the shares. Bit c of the
 * mask is set where all rows hold the same bits; then the column is that one value, else all of them. Bit NO_SHARES is set where no
 * row has shares; then they are left out. Bit TEXTS is set where rows say something in words: then the length u32 and the UTF-8 of
 * [subjects, details, revised ids] as JSON follow. Version 1 had neither `member` nor shares, version 2 no words.
 */
import { HomeostatError } from '../../core/errors.ts';
import { copyTexts, emptyVerdicts, NO_MEMBER, ROW_COLUMNS, sharedBy, verdictTexts } from '../../core/verdicts.ts';
import type { VerdictBatch, VerdictTexts } from '../../core/verdicts.ts';

const VERSION = 3;
const HEADER = 9;

const COLUMNS = [
  ...(['time', 'score', 'limit', 'expected', 'lower', 'upper', 'onset', 'offset'] as const),
  ...(['idHigh', 'idLow', 'partition', 'place'] as const),
  ...(['kind', 'flags', 'member'] as const),
] as const;
const FLOATS = 8; // the first eight are Float64, the next four Uint32, the last three Uint8
const NO_SHARES = 31;
const TEXTS = 30;
const WORDS = 12;

function bytesOf(column: number): number {
  return column < FLOATS ? 8 : column < WORDS ? 4 : 1;
}

/** Encodes chunk after chunk into one growing buffer; a chunk is valid until the next `encode`. */
export class ChunkEncoder {
  #bytes = new Uint8Array(65536);
  #view = new DataView(this.#bytes.buffer);

  /** The rows of `batch` whose numbers are rows[from .. to - 1]. */
  encode(batch: VerdictBatch, rows: Uint32Array, from: number, to: number): Uint8Array {
    this.#room(HEADER + (to - from) * (8 * FLOATS + 4 * (WORDS - FLOATS) + 3 + 9 * batch.width));
    let at = HEADER;
    let mask = 0;
    for (let c = 0; c < COLUMNS.length; c++) {
      const column = batch[COLUMNS[c]];
      const count = isConstant(column, rows, from, to) ? 1 : to - from;
      if (count === 1) mask |= 1 << c;
      at = this.#column(at, c, column, rows, from, from + count);
    }
    const { values, shares, width } = batch;
    for (let i = from; i < to; i++) {
      const row = rows[i] * width;
      for (let k = 0; k < width; k++, at += 8) this.#view.setFloat64(at, values[row + k], true);
    }
    const start = at;
    let any = 0;
    for (let i = from; i < to; i++) {
      for (let k = 0; k < width; k++, at++) any |= this.#bytes[at] = shares[rows[i] * width + k]!;
    }
    if (any === 0) {
      at = start;
      mask |= 1 << NO_SHARES;
    }
    if (batch.texts !== undefined) {
      mask |= 1 << TEXTS;
      at = this.#texts(at, batch.texts, rows, from, to);
    }
    this.#bytes[0] = VERSION;
    this.#view.setUint32(1, to - from, true);
    this.#view.setUint32(5, mask >>> 0, true);
    return this.#bytes.subarray(0, at);
  }

  #column(start: number, c: number, column: Float64Array | Uint32Array | Uint8Array, rows: Uint32Array, from: number, to: number): number {
    const view = this.#view;
    let at = start;
    if (c < FLOATS) for (let i = from; i < to; i++, at += 8) view.setFloat64(at, column[rows[i]], true);
    else if (c < WORDS) for (let i = from; i < to; i++, at += 4) view.setUint32(at, column[rows[i]], true);
    else for (let i = from; i < to; i++, at++) this.#bytes[at] = column[rows[i]]!;
    return at;
  }

  #texts(at: number, { subject, detail, revises }: VerdictTexts, rows: Uint32Array, from: number, to: number): number {
    const of = (column: readonly string[]): string[] => Array.from(rows.subarray(from, to), (row) => column[row]);
    const text = Buffer.from(JSON.stringify([of(subject), of(detail), of(revises)]));
    this.#room(at + 4 + text.length);
    this.#view.setUint32(at, text.length, true);
    this.#bytes.set(text, at + 4);
    return at + 4 + text.length;
  }

  #room(n: number): void {
    if (n <= this.#bytes.length) return;
    const bigger = new Uint8Array(n * 2);
    bigger.set(this.#bytes);
    this.#bytes = bigger;
    this.#view = new DataView(this.#bytes.buffer);
  }
}

/** Object.is: NaN equals NaN, and 0 differs from -0, so that the bits come back. */
function isConstant(column: Float64Array | Uint32Array | Uint8Array, rows: Uint32Array, from: number, to: number): boolean {
  const first = column[rows[from]];
  for (let i = from + 1; i < to; i++) if (!Object.is(column[rows[i]], first)) return false;
  return true;
}

/** The rows of a chunk appended to `out`, which grows as needed; `series` is the index to give them. Throws LEDGER_DAMAGED. */
export function decodeChunk(bytes: Uint8Array, width: number, series: number, out: VerdictBatch, path: string): VerdictBatch {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER || bytes[0] < 1 || bytes[0] > VERSION) throw damaged(path, 'a chunk of verdicts does not begin as one');
  const rows = view.getUint32(1, true);
  const columns = bytes[0] === 1 ? COLUMNS.length - 1 : COLUMNS.length;
  const mask = bytes[0] === 1 ? view.getUint32(5, true) | (1 << NO_SHARES) : view.getUint32(5, true);
  const size = sizeOf(rows, mask, width, columns);
  const hasTexts = ((mask >>> TEXTS) & 1) === 1;
  if (bytes.length !== (hasTexts && bytes.length >= size + 4 ? size + 4 + view.getUint32(size, true) : size))
    throw damaged(path, `a chunk of ${rows} verdicts has ${bytes.length} bytes`);
  const target = withRoom(out, out.length + rows);
  const base = target.length;
  let at = HEADER;
  if (columns < COLUMNS.length) target.member.fill(NO_MEMBER, base, base + rows);
  for (let c = 0; c < columns; c++) {
    const column = target[COLUMNS[c]];
    const size = bytesOf(c);
    const step = (mask >>> c) & 1 ? 0 : size;
    for (let i = 0; i < rows; i++, at += step) {
      column[base + i] = size === 8 ? view.getFloat64(at, true) : size === 4 ? view.getUint32(at, true) : bytes[at];
    }
    if (step === 0) at += size;
  }
  for (let i = 0; i < rows * width; i++, at += 8) target.values[base * width + i] = view.getFloat64(at, true);
  const hasShares = mask >>> NO_SHARES === 0;
  for (let i = 0; i < rows * width; i++) target.shares[base * width + i] = hasShares ? bytes[at + i] : 0;
  if (hasTexts) addTexts(target, base, bytes.subarray(size + 4), path);
  else if (target.texts !== undefined) for (let i = base; i < base + rows; i++) copyTexts(target, i, emptyVerdicts(1, 0), 0);
  target.series.fill(series, base, base + rows);
  target.length = base + rows;
  return target;
}

function addTexts(target: VerdictBatch, base: number, bytes: Uint8Array, path: string): void {
  let texts: [string[], string[], string[]];
  try {
    texts = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')) as typeof texts;
  } catch {
    throw damaged(path, 'the words of a chunk are no JSON');
  }
  const [subject, detail, revises] = texts;
  const into = (target.texts ??= verdictTexts(base));
  for (let i = 0; i < subject.length; i++) {
    into.subject[base + i] = subject[i]!;
    into.detail[base + i] = detail[i]!;
    into.revises[base + i] = revises[i]!;
    into.replaces[base + i] = -1;
  }
}

/** Size without the words. */
function sizeOf(rows: number, mask: number, width: number, columns: number): number {
  let size = HEADER + rows * width * (mask >>> NO_SHARES === 0 ? 9 : 8);
  for (let c = 0; c < columns; c++) size += bytesOf(c) * ((mask >>> c) & 1 ? 1 : rows);
  return size;
}

function damaged(path: string, detail: string): HomeostatError {
  return new HomeostatError('LEDGER_DAMAGED', { path, detail });
}

function withRoom(batch: VerdictBatch, rows: number): VerdictBatch {
  if (rows <= batch.series.length) return batch;
  const bigger = emptyVerdicts(batch.width, Math.max(rows, batch.series.length * 2));
  for (const name of [...COLUMNS, 'series', ...ROW_COLUMNS] as const) bigger[name].set(batch[name]);
  return Object.assign(bigger, sharedBy(batch), { length: batch.length, texts: batch.texts });
}
