/** What judges have in common. */
import { LOOKS } from '../../core/contracts/logs.ts';
import type { Pairs } from './vectors.ts';

/** Index of the look at a session that something notable came to. */
export const GROWING = LOOKS.indexOf('growing');

/** A key is usual when it has at least this part of all sessions. */
export const COMMON = 0.01;

/** Without a training period sessions that are among the rarest of this share are not known, however often they came. */
export const RARE = 0.05;

/** Differences that a sentence names. */
const NAMED = 4;

export function percent(share: number): string {
  return `${(share * 100).toPrecision(2)}%`;
}

/** How the counts of one session differ from those of another, the largest difference first; `{t:12}` for template 12. */
export function difference(here: Pairs, there: Pairs): { text: string; templates: number[] } {
  const counts = new Map<number, [here: number, there: number]>();
  for (let i = 0; i < here.length; i += 2) counts.set(here[i], [here[i + 1], 0]);
  for (let i = 0; i < there.length; i += 2) counts.set(there[i], [counts.get(there[i])?.[0] ?? 0, there[i + 1]]);
  const odd = [...counts].filter(([, [a, b]]) => a !== b).sort((a, b) => Math.abs(b[1][0] - b[1][1]) - Math.abs(a[1][0] - a[1][1]) || a[0] - b[0]);
  const text = odd.slice(0, NAMED).map(([template, [a, b]]) => `{t:${template}} ${a} instead of ${b} times`);
  if (odd.length > NAMED) text.push(`${odd.length - NAMED} more`);
  return { text: text.join(', '), templates: odd.map(([template]) => template) };
}
