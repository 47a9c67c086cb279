/** Numbers and times as people read them. */

/** At most six significant digits, no exponent for what is readable without. */
export function shortNumber(x: number): string {
  if (Number.isNaN(x)) return '–';
  if (!Number.isFinite(x)) return x > 0 ? '∞' : '-∞';
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-4 || size >= 1e12)) return x.toExponential(3);
  if (size >= 1e6) return String(Math.round(x));
  return String(Number(x.toPrecision(6)));
}

/** 1234567 as 1,234,567. */
export function grouped(x: number): string {
  return Math.round(x)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** UTC to the second, with milliseconds only where there are some. */
export function shortTime(time: number): string {
  if (!Number.isFinite(time) || Math.abs(time) > 8.64e15) return '–';
  const [day, clock] = new Date(time).toISOString().slice(0, -1).split('T') as [string, string];
  return `${day} ${clock.endsWith('.000') ? clock.slice(0, -4) : clock}`;
}

/** One of it, or several. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${grouped(n)} ${n === 1 ? one : many}`;
}

/** Bytes with a unit. */
export function shortSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  let x = bytes;
  for (; x >= 1024 && i < units.length - 1; i++) x /= 1024;
  return `${i === 0 ? x : x.toFixed(x < 10 ? 1 : 0)} ${units[i]}`;
}

/** Share in per cent. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '0%';
  const x = (100 * part) / whole;
  return `${x !== 0 && x < 0.01 ? '<0.01' : Number(x.toPrecision(2))}%`;
}

/** Names and fields come from data: what would move a terminal's cursor or ring its bell is shown as `�`; line ends and tabs stay. */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '�');
}

/** A length of time with the unit that keeps it short. */
export function shortDuration(ms: number): string {
  const units: [string, number][] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ];
  const [unit, size] = units.find(([, one]) => ms >= one) ?? ['ms', 1];
  return `${Number((ms / size).toPrecision(3))} ${unit}`;
}
