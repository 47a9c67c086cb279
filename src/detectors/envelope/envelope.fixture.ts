/** Streams for the tests of the envelope, and what it says of them. */
import { CounterRandom } from '../../core/random.ts';
import { Envelope } from './engine.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** A day on which no clock changes. */
export const START = Date.UTC(2023, 4, 10);

const random = new CounterRandom(5);
export const noise = (row: number, stream = 0): number => random.at(stream, row).normal();

export interface Said {
  score: number;
  novelty: number;
  onset: number;
}

export function run(values: readonly number[], interval = 5 * MINUTE, engine = new Envelope(), times = (row: number) => START + row * interval): Said[] {
  return values.map((x, row) => {
    const score = engine.score(times(row), x);
    const said = { score, novelty: engine.novelty, onset: engine.onset };
    engine.learn();
    return said;
  });
}

export function seasonal(rows: number, interval: number, spread = 1): number[] {
  return Array.from({ length: rows }, (_, row) => 50 + 20 * Math.sin((2 * Math.PI * row * interval) / DAY) + spread * noise(row));
}
