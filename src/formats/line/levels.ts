/** Levels of log lines by the words that loggers use. */
import { LEVELS, type Level } from '../../core/contracts.ts';

const WORDS: Readonly<Record<Exclude<Level, ''>, string>> = {
  trace: 'trace trc verbose finest finer v t',
  debug: 'debug dbg debg fine config d',
  info: 'info inf information informational log i',
  notice: 'notice note n',
  warn: 'warn warning wrn w',
  error: 'error err eror severe failure fail e',
  fatal: 'fatal ftl critical crit crt alert emerg emergency panic f c a',
};
const LONGEST = 13;

/** Level by the letters of its word, folded to lower case and hashed; the slot holds the hash and the level. */
const SLOTS = 1024;
const hashes = new Int32Array(SLOTS);
const levels = new Uint8Array(SLOTS);

function add(word: string, level: number): void {
  let hash = 0;
  for (let i = 0; i < word.length; i++) hash = (Math.imul(hash, 31) + word.charCodeAt(i)) | 0;
  let slot = hash & (SLOTS - 1);
  while (levels[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
  hashes[slot] = hash;
  levels[slot] = level;
}
for (const [level, words] of Object.entries(WORDS)) for (const word of words.split(' ')) add(word, LEVELS.indexOf(level as Level));

/** Where the word that `levelAt` read ends; one thread, no recursion, so one cell is enough. */
export let levelEnd = 0;

/** Level that the letters from `from` on name, as an index into LEVELS, or 0; sets `levelEnd`. */
export function levelAt(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0;
  let i = from;
  for (; i < to; i++) {
    const c = bytes[i] | 32;
    if (c < 97 || c > 122) break;
    hash = (Math.imul(hash, 31) + c) | 0;
  }
  levelEnd = i;
  if (i === from || i - from > LONGEST) return 0;
  let slot = hash & (SLOTS - 1);
  while (levels[slot] !== 0) {
    if (hashes[slot] === hash) return levels[slot];
    slot = (slot + 1) & (SLOTS - 1);
  }
  return 0;
}

/** Levels of the severities of syslog, 0 to 7 (RFC 5424, 6.2.1). */
export const SEVERITIES: readonly number[] = (['fatal', 'fatal', 'fatal', 'error', 'warn', 'notice', 'info', 'debug'] as const).map((level) =>
  LEVELS.indexOf(level),
);

/** Level that a number stands for: 0 to 7 are severities of syslog, 10 to 60 those of bunyan and pino. */
export function levelOfNumber(x: number): number {
  if (x >= 0 && x <= 7) return SEVERITIES[x];
  return x >= 10 && x < 70 ? [0, 1, 2, 3, 5, 6, 7][Math.floor(x / 10)] : 0;
}
