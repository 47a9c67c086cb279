/** What the fixture's server says of detectors. */
import type { Comparison, ComponentView, DetectorView } from '../../src/core/api.ts';
import { MINUTE } from './fixture-data.ts';

export const DETECTORS: ComponentView[] = ['sma', 'ema', 'robust', 'seasonal', 'forecast', 'knn', 'discord', 'auto'].map((name) => ({
  name,
  summary: name,
  finds: `What ${name} finds.`,
  columns: 'many',
}));

export const DETECTOR: DetectorView = { detector: 'auto', threshold: 'static', words: ['one row a minute', 'a season of 24 h: expected from the time of day'] };

/** Two alerts of every detector but the last, over 600 minutes. */
export function comparison(detectors: readonly string[]): Comparison {
  const begin = Date.UTC(2026, 0, 1);
  const time = Array.from({ length: 600 }, (_, i) => begin + i * MINUTE);
  const low = time.map((_, i) => 50 + 10 * Math.sin(i / 40));
  const last = detectors.length - 1;
  return {
    rows: 600,
    from: time[0],
    to: time[599],
    resolution: 0,
    time,
    low,
    high: low.map((x) => x + 1),
    ways: detectors.map((detector, w) => ({
      detector,
      threshold: 'sigma',
      alerts: w === last ? [] : [time[200], time[400]],
      alertsADay: w === last ? 0 : 4.8,
      anomalous: w === last ? 0 : 7,
      warmUp: 20,
      rowsPerSecond: 1_234_567,
      share: time.map((_, i) => (i < 20 ? null : i === 200 || i === 400 ? 3 : 0.4)),
      agreement: detectors.map((_, o) => (w === last && o === last ? null : w === last || o === last ? 0 : 1)),
      words: detector === 'auto' ? ['a season of 24 h'] : [],
    })),
  };
}
