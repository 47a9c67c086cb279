/** A long log made of a short one: the same blocks again and again under other names, later each time. */
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { once } from 'node:events';

/** `081109 203530 ` in front of a line, and a block's name in it. */
const STAMP = 14;
const BLOCK = /blk_(-?\d+?)\d{0,2}(?!\d)/g;
const PIECE = 1 << 20;
const HOUR = 3_600;

const two = (n: number): string => String(n).padStart(2, '0');

function secondOf(line: string): number {
  const part = (at: number): number => Number(line.slice(at, at + 2));
  return Date.UTC(2000 + part(0), part(2) - 1, part(4), part(7), part(9), part(11)) / 1000;
}

function stampOf(second: number): string {
  const d = new Date(second * 1000);
  const date = `${two(d.getUTCFullYear() % 100)}${two(d.getUTCMonth() + 1)}${two(d.getUTCDate())}`;
  return `${date} ${two(d.getUTCHours())}${two(d.getUTCMinutes())}${two(d.getUTCSeconds())} `;
}

/**
 * Writes `lines` lines of HDFS log to `to`: the log `from`, whose lines begin with `YYMMDD HHMMSS`, over and over. In each pass the last two digits of
 * a block are the number of the pass, and times lie behind those of the pass before. At most 100 passes.
 */
export async function writeRepeated(from: string, to: string, lines: number): Promise<void> {
  const source = (await readFile(from, 'latin1')).split('\n').filter((line) => line !== '');
  const seconds = source.map(secondOf);
  const last = seconds.reduce((a, b) => Math.max(a, b), 0);
  const span = Math.ceil((last - seconds[0]) / HOUR + 1) * HOUR;
  const out = createWriteStream(to, 'latin1');
  let text = '';
  for (let n = 0; n < lines; n++) {
    const i = n % source.length;
    const pass = Math.floor(n / source.length);
    if (pass > 99) throw new RangeError(`${lines} lines are more than 100 passes over ${source.length}`);
    const stamp = pass === 0 ? source[i].slice(0, STAMP) : stampOf(seconds[i] + pass * span);
    text += `${stamp}${source[i].slice(STAMP).replace(BLOCK, `blk_$1${two(pass)}`)}\n`;
    if (text.length < PIECE) continue;
    if (!out.write(text)) await once(out, 'drain');
    text = '';
  }
  out.end(text);
  await finished(out);
}
