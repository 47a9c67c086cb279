/** Numbers, times and sizes as people read them. Every function answers `–` for what is unknown. */

const NONE = '–';
const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const yearFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

type Maybe = number | null | undefined;

const known = (x: Maybe): x is number => x !== null && x !== undefined && Number.isFinite(x);

/** A measured value with four significant digits: `200.9`, `0.00312`, `1.204e9`; bytes with a prefix: `23.75 MB/s`. */
export function value(x: Maybe, unit = ''): string {
  if (!known(x)) return NONE;
  const size = Math.abs(x);
  if ((unit === 'B' || unit === 'B/s') && size >= 1e4) {
    const step = Math.min(4, Math.floor(Math.log10(size) / 3));
    return `${Number((x / 1000 ** step).toPrecision(4))} ${'kMGT'[step - 1]}${unit}`;
  }
  let text: string;
  if (x === 0) text = '0';
  else if (size >= 1e7 || size < 1e-4) text = x.toExponential(3).replace('e+', 'e');
  else if (size >= 1000) text = grouped.format(x);
  else text = String(Number(x.toPrecision(4)));
  return unit === '' ? text : `${text} ${unit}`;
}

/** A score with two decimals; a huge one in short: `1M`. */
export function score(x: Maybe): string {
  if (!known(x)) return NONE;
  if (Math.abs(x) >= 10_000) return compact.format(x);
  return Math.abs(x) >= 1000 ? value(x) : x.toFixed(2);
}

/** A count: `12,400`, from ten million on `12.4 M`. */
export function count(x: Maybe): string {
  if (!known(x)) return NONE;
  if (Math.abs(x) >= 1e10) return `${(x / 1e9).toFixed(1)} G`;
  if (Math.abs(x) >= 1e7) return `${(x / 1e6).toFixed(1)} M`;
  return grouped.format(x);
}

/** A rate per second: `9.8/s`, `12.4 k/s`. */
export function rate(x: Maybe): string {
  if (!known(x)) return NONE;
  if (x >= 1e6) return `${(x / 1e6).toFixed(2)} M/s`;
  if (x >= 1e4) return `${(x / 1e3).toFixed(1)} k/s`;
  if (x >= 100 || x === 0) return `${grouped.format(x)}/s`;
  return `${x.toFixed(1)}/s`;
}

/** Bytes in binary units: `3.2 MiB`. */
export function bytes(x: Maybe): string {
  if (!known(x)) return NONE;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = x;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** A duration in ms with at most two units: `340 ms`, `4.2 s`, `3 min 20 s`, `2 d 4 h`. */
export function duration(ms: Maybe): string {
  if (!known(ms)) return NONE;
  if (ms < 0) return `-${duration(-ms)}`;
  if (ms < 1) return `${Number(ms.toFixed(2))} ms`;
  if (ms < 1000) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
  if (ms < 10_000) return `${Number((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}

/** Time of day, with the day where it is not today and the year where it is not this one; `fine`: to the millisecond. Local time zone. */
export function time(ms: Maybe, now = Date.now(), fine = false): string {
  if (!known(ms)) return NONE;
  const date = new Date(ms);
  const today = new Date(now);
  const clock = `${clockFormat.format(date)}${fine ? `.${String(date.getMilliseconds()).padStart(3, '0')}` : ''}`;
  if (date.toDateString() === today.toDateString()) return clock;
  return `${(date.getFullYear() === today.getFullYear() ? dayFormat : yearFormat).format(date)}, ${clock}`;
}

/** Whether neighbours among these times, in order, fall into one second, so that only milliseconds tell them apart. */
export function areFine(times: readonly number[]): boolean {
  return times.some((at, i) => i > 0 && Math.floor(at / 1000) === Math.floor(times[i - 1] / 1000));
}

/** How long ago: `now`, `12 s ago`. */
export function ago(ms: Maybe, now = Date.now()): string {
  if (!known(ms)) return NONE;
  const age = now - ms;
  if (age < -1500) return `in ${duration(Math.round(-age / 1000) * 1000)}`;
  return age < 1500 ? 'now' : `${duration(Math.round(age / 1000) * 1000)} ago`;
}

/** How long something has been so, in whole seconds. */
export const elapsed = (since: number, now: number): string => duration(Math.max(1, Math.round((now - since) / 1000)) * 1000);

export const iso = (ms: Maybe): string => (known(ms) ? new Date(ms).toISOString() : '');

/** `host=a, site=berlin`. */
export const labels = (of: Readonly<Record<string, string>>): string =>
  Object.entries(of)
    .map(([name, text]) => `${name}=${text}`)
    .join(', ');

export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;
