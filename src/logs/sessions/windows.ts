/** How long windows are, where sessions are windows of time. */
import type { Grouping } from './head.ts';
import type { SessionOptions } from './options.ts';

const USUAL = 60_000;
/** Lengths to choose from, ms: a second to ten minutes. */
const LENGTHS = [1000, 5000, 10_000, 30_000, USUAL, 300_000, 600_000];
/** So many lines in one are enough to say what goes on, and so few that what is rare stands out. */
const LINES = 30;

/** Length of the windows of sessions, ms. */
export function windowIn(grouping: Grouping, { window }: SessionOptions): number {
  return (grouping.by === 'window' ? grouping.window : undefined) ?? window ?? USUAL;
}

/** The length at which about `LINES` of these lines come in a window, stretches without any left out; the usual one where they tell nothing. */
export function windowOf(lines: { each(visit: (i: number, time: number) => void): void }): number {
  const times: number[] = [];
  lines.each((_i, time) => times.push(time));
  if (new Set(times).size < 2) return USUAL;
  const off = (length: number): number => {
    const windows = new Set(times.map((time) => Math.floor(time / length)));
    return Math.abs(Math.log(times.length / windows.size / LINES));
  };
  return LENGTHS.reduce((best, length) => (off(length) < off(best) ? length : best), USUAL);
}

export function wordsOfWindow(window: number): string {
  const seconds = window / 1000;
  return `no kind of identifier convinces: windows of ${seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`}`;
}
