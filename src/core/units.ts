/** Quantities as people write them: durations, sizes and rates; as numbers they are ms, bytes and 1/s. */
import type { Unit } from './schema.ts';

const DURATIONS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const SIZES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const RATES: Readonly<Record<string, number>> = { s: 1, sec: 1, m: 60, min: 60, h: 3600, d: 86_400 };

/** What a message says is expected. */
export const UNIT_EXAMPLES: Readonly<Record<Unit, string>> = {
  duration: 'a duration such as 500ms, 5s, 10m, 1h or 7d',
  size: 'a size such as 500kB, 64MiB or 10GB',
  rate: 'a rate such as 100/s or 10/min',
};

/** Patterns for editors; what is read is decided by parseQuantity. */
export const UNIT_PATTERNS: Readonly<Record<Unit, string>> = {
  duration: '^(0|(\\d+(\\.\\d+)?\\s*(ms|s|m|min|h|d|w)\\s*)+)$',
  size: '^(0|\\d+(\\.\\d+)?\\s*([kKMGT]?B|[KMGT]iB))$',
  rate: '^(0|\\d+(\\.\\d+)?\\s*/\\s*(s|sec|m|min|h|d))$',
};

/** The number of ms, bytes or 1/s that `text` says, or undefined when it says none. A bare number says nothing but 0. */
export function parseQuantity(unit: Unit, text: string): number | undefined {
  if (text.trim() === '0') return 0;
  if (unit === 'duration') return parseDuration(text);
  const match = (unit === 'size' ? /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*$/ : /^\s*(\d+(?:\.\d+)?)\s*\/\s*([a-z]+)\s*$/).exec(text);
  const factor = match ? (unit === 'size' ? SIZES : RATES)[match[2]] : undefined;
  if (!match || factor === undefined) return undefined;
  return unit === 'size' ? Math.round(Number(match[1]) * factor) : Number(match[1]) / factor;
}

/** `1h30m` is the sum of its parts. */
function parseDuration(text: string): number | undefined {
  const parts = [...text.matchAll(/\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gy)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) return undefined;
  let sum = 0;
  for (const [, number, name] of parts) {
    const factor = DURATIONS[name];
    if (factor === undefined) return undefined;
    sum += Number(number) * factor;
  }
  return sum;
}

/** The shortest way to write a quantity that reads back as exactly the same number. */
export function printQuantity(unit: Unit, x: number): string {
  if (x === 0) return unit === 'duration' ? '0s' : unit === 'size' ? '0B' : '0/s';
  if (unit === 'rate')
    return shortest(
      x,
      [
        ['/s', 1],
        ['/min', 1 / 60],
        ['/h', 1 / 3600],
      ],
      unit,
    );
  if (unit === 'size')
    return shortest(
      x,
      [
        ['TiB', 2 ** 40],
        ['GiB', 2 ** 30],
        ['MiB', 2 ** 20],
        ['KiB', 2 ** 10],
        ['GB', 1e9],
        ['MB', 1e6],
        ['kB', 1e3],
        ['B', 1],
      ],
      unit,
    );
  return shortest(
    x,
    [
      ['d', 86_400_000],
      ['h', 3_600_000],
      ['m', 60_000],
      ['s', 1000],
      ['ms', 1],
    ],
    unit,
  );
}

function shortest(x: number, names: readonly (readonly [string, number])[], unit: Unit): string {
  for (const [name, factor] of names) {
    const n = x / factor;
    if (n >= 1 && Number.isInteger(n) && parseQuantity(unit, `${n}${name}`) === x) return `${n}${name}`;
  }
  const [name, factor] = names.find(([, factor]) => factor === 1)!;
  return `${plain(x / factor)}${name}`;
}

/** Digits without an exponent. */
function plain(x: number): string {
  const text = String(x);
  return text.includes('e') ? x.toFixed(20).replace(/0+$/, '') : text;
}
