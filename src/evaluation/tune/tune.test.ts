import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../../core/random.ts';
import { alertsOf, sayOf, type Rows } from '../../pipeline/compare.ts';
import { defaultComponent } from '../../pipeline/config/index.ts';
import { registry } from '../../pipeline/registry.ts';
import { exampleStream } from '../examples.ts';
import { FAULTS, noiseOf, withFault, type Fault } from './faults.ts';
import { best, MOST_ROWS, newest, tune, type Candidate, type Tuned } from './tune.ts';

const random = new CounterRandom(3);
const noise = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => 100 + 2 * random.at(0, i).normal());
const rowsOf = (values: Float64Array): Rows => ({ key: 's', unit: '', width: 1, time: values.map((_, i) => i * 60_000), values });

const WANTED = { alerts: 2, per: 604_800_000 };
const component = (name: string, options: Record<string, number>) => ({ name, options });
const ema = (span: number): Candidate['choice'] => ({
  detector: component('ema', { span, min_spread: 0 }),
  threshold: component('sigma', { k: 5 }),
  learn: 'always',
});

describe('faults', () => {
  it('are sized by the noise around a running median, whatever slow movement there is', () => {
    const values = noise(4000).map((x, i) => x + 50 * Math.sin(i / 300));
    expect(noiseOf(values).noise).toBeGreaterThan(1.7);
    expect(noiseOf(values).noise).toBeLessThan(2.3);
    expect(noiseOf(Float64Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? 10 : 0))).noise).toBeCloseTo(1, 0);
  });

  it.each(Object.keys(FAULTS) as Fault[])('%s changes the rows it says, and no other', (fault) => {
    const values = noise(1000);
    const size = noiseOf(values);
    const copy = withFault(values, fault, 400, size, 1);
    const changed = [...copy.keys()].filter((i) => copy[i] !== values[i]);
    expect(changed.at(-1)! - changed[0] + 1).toBeGreaterThan(FAULTS[fault].rows - 5);
    expect(changed[0]).toBeGreaterThanOrEqual(400);
    expect(changed.at(-1)).toBeLessThan(400 + FAULTS[fault].rows);
    const farthest = Math.max(...changed.map((i) => Math.abs(copy[i] - values[i]))) / size.noise;
    if (fault === 'spike' || fault === 'drift') expect(farthest).toBeCloseTo(8, 5);
    if (fault === 'shift') expect(farthest).toBeCloseTo(6, 5);
    if (fault === 'stuck') expect(new Set(copy.subarray(400, 460)).size).toBe(1);
  });
});

describe('tune', () => {
  it('tells a way that finds spikes from one that finds nothing, and says how far it is', () => {
    const blind: Candidate = { name: 'blind', choice: { ...ema(20), threshold: component('static', { limit: 1e9 }) } };
    const heard: number[] = [];
    const [first, second] = tune(rowsOf(noise(2000)), [{ name: 'ema', choice: ema(50) }, blind], WANTED, (share) => heard.push(share));
    expect(first.found.spike).toBe(1);
    expect(first.found.stuck).toBe(0);
    expect([second.alerts, second.score]).toEqual([0, 0]);
    expect(best([second, first])).toBe(first);
    expect(heard).toHaveLength(42);
    expect(heard.at(-1)).toBe(1);
  });

  it('puts no fault into data that are too short', () => {
    const [only] = tune(rowsOf(noise(40)), [{ name: 'ema', choice: ema(20) }], WANTED, () => {});
    expect(only.found.shift).toBeNaN();
  });

  it('counts an alert that is held once, and takes off what comes beyond the budget', () => {
    const values = noise(2000);
    for (const from of [1000, 1500]) for (let i = from; i < from + 30; i++) values[i] += i % 2 === 0 ? 400 : 0;
    const held = { ...ema(200), threshold: component('static', { limit: 6 }), learn: 'never' as const };
    const merging = { alerts: 2, per: 1999 * 60_000 };
    const [whole] = tune(rowsOf(values), [{ name: 'ema', choice: held }], merging, () => {});
    expect(alertsOf(whole.said)).toEqual([1000, 1500]);
    expect(alertsOf(sayOf(rowsOf(values), held)).length).toBeGreaterThan(20);
    expect([whole.alerts, whole.worth]).toEqual([2, whole.score]);
    const [strict] = tune(rowsOf(values), [{ name: 'ema', choice: held }], { ...merging, alerts: 0.5 }, () => {});
    expect(strict.worth).toBeCloseTo(strict.score / strict.alerts, 12);
    expect(strict.score).toBeGreaterThan(0);
  });

  it('does not propose for a season that breaks what alerts again and again', () => {
    const { time, values } = exampleStream('season-break');
    const threshold = component('budget', { alerts: 2, per: WANTED.per });
    const of = (name: string): Candidate => ({
      name,
      choice: { detector: defaultComponent(registry, 'detector', name), threshold, learn: 'always' },
    });
    const tuned = tune({ key: 's', unit: '', width: 1, time, values }, [of('auto'), of('forecast')], WANTED, () => {});
    expect(tuned[1].score).toBeGreaterThan(tuned[0].score);
    expect(tuned[1].alerts).toBeGreaterThan(tuned[0].alerts);
    expect(best(tuned).name).toBe('auto');
  });

  it('prefers the candidate named first among those that are as good as equal', () => {
    const of = (name: string, worth: number): Tuned => ({ name, worth }) as Tuned;
    expect(best([of('a', 0.86), of('b', 0.9)]).name).toBe('a');
    expect(best([of('a', 0.84), of('b', 0.9)]).name).toBe('b');
  });

  it('uses the newest rows of a long series', () => {
    const { time, values } = newest({ ...rowsOf(noise(MOST_ROWS + 5)), width: 1 });
    expect([time.length, time[0], values.length]).toEqual([MOST_ROWS, 300_000, MOST_ROWS]);
  });
});
