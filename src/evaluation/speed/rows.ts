/** Made rows that detectors are timed on: a daily season and noise in every column, so that nothing is constant and nothing overflows. */
import { CounterRandom } from '../../core/random.ts';
import { DAY, STEP_MS } from '../simulators/bases.ts';

/** Whole days, so that the rows can be repeated without a break. */
export const TABLE_ROWS = 64 * DAY;
export const ROW_MS = STEP_MS;

/** TABLE_ROWS rows of `width` columns, row-major. */
export function madeRows(width: number): Float64Array {
  const random = new CounterRandom(3);
  return Float64Array.from({ length: TABLE_ROWS * width }, (_, k) => {
    const row = Math.floor(k / width);
    const column = k % width;
    return 100 + 10 * Math.sin((2 * Math.PI * (row + 40 * column)) / DAY) + 2 * random.at(column, row).normal();
  });
}
