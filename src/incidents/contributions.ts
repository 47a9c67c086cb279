/** Which columns of a row made it unusual. */
import type { Contribution } from '../core/contracts.ts';
import { contributionsAt, numberOrNull, type VerdictBatch } from '../core/verdicts.ts';

/** So many columns are named, each with at least so much of the score. */
const NAMED = 4;
const LEAST = 0.05;

/** The columns that had most of the score of row i, the largest share first; undefined where nobody names the columns or the detector cannot tell. */
export function contributing(v: VerdictBatch, i: number, columns: readonly string[]): Contribution[] | undefined {
  const shares = columns.length === v.width ? contributionsAt(v, i) : null;
  if (shares === null) return undefined;
  return columns
    .map((column, c) => ({ column, value: numberOrNull(v.values[i * v.width + c]), share: shares[c] }))
    .filter(({ share }) => share >= LEAST)
    .toSorted((a, b) => b.share - a.share)
    .slice(0, NAMED);
}
