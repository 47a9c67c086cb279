/** Charts over event time. */
import type { JSX } from 'preact';
import type { LogScores } from '../../../src/core/api.ts';
import { count, score, time as clock, value } from '../format.ts';
import { bars, line, Plot, type Axis } from './plot.tsx';

export const share = (x: number): string => (x === 0 ? '0%' : x >= 0.1 ? `${Math.round(x * 100)}%` : `${Number((x * 100).toPrecision(2))}%`);

/** Stretches of event time in ms, and where each ends. */
export function stretches({ time }: LogScores): { from: number[]; to: number[] } {
  const from = time.map((text) => Date.parse(text));
  const width = from.length > 1 ? (from.at(-1)! - from[0]) / (from.length - 1) : 60_000;
  return { from, to: from.map((at, i) => from[i + 1] ?? at + width) };
}

const timeAxis = (from: readonly number[], to: readonly number[]): Axis => ({ min: from[0] ?? 0, max: to.at(-1) ?? 1, time: true, format: (at) => clock(at) });

const upTo = (values: readonly number[], least: number): number => Math.max(least, ...values) * 1.06;

/** How the thresholds are told apart without colour: the line's pattern. */
export const className = ({ kind }: { kind: 'dynamic' | 'static' }): string => `plot-limit ${kind}`;

/** `spot (dynamic, in force)`. */
function wordsOf({ name, kind, inForce }: LogScores['thresholds'][number]): string {
  const more = [kind === name ? '' : kind, inForce ? 'in force' : ''].filter(Boolean).join(', ');
  return more === '' ? name : `${name} (${more})`;
}

export function ThresholdKeys({ of }: { of: LogScores['thresholds'] }): JSX.Element {
  return (
    <>
      {of.map((threshold) => (
        <span key={threshold.name}>
          <svg class="plot-key" width={22} height={8} aria-hidden="true">
            <path class={className(threshold)} d="M0 4h22" />
          </svg>{' '}
          {wordsOf(threshold)}
        </span>
      ))}
    </>
  );
}

/** Anomalous sessions of the threshold in force, a bar a stretch. */
export function AnomaliesOverTime({ of }: { of: LogScores }): JSX.Element {
  const { from, to } = stretches(of);
  const force = Math.max(
    0,
    of.thresholds.findIndex(({ inForce }) => inForce),
  );
  const flagged = of.time.map((_, i) => of.flagged[i]?.[force] ?? 0);
  return (
    <Plot
      label="Anomalous sessions over event time"
      height={170}
      x={timeAxis(from, to)}
      y={{ min: 0, max: upTo(flagged, 2), format: count }}
      stops={from}
      readout={(i) => (
        <>
          {clock(from[i])} <b>{count(flagged[i])}</b> anomalous of {count(of.sessions[i])} sessions
        </>
      )}
      table={{ head: ['From', 'Sessions', 'Anomalous'], row: (i) => [clock(from[i]), count(of.sessions[i]), count(flagged[i])] }}
    >
      {(area) => <path class="plot-bars bad" d={bars(area, from, to, flagged, 0)} />}
    </Plot>
  );
}

/** Share of the sessions that each threshold flags. */
export function FlaggedOverTime({ of }: { of: LogScores }): JSX.Element {
  const { from, to } = stretches(of);
  const shares = of.thresholds.map((_, k) => of.sessions.map((all, i) => (all > 0 ? (of.flagged[i]?.[k] ?? 0) / all : null)));
  const most = Math.min(
    1,
    upTo(
      shares.flat().map((x) => x ?? 0),
      0.01,
    ),
  );
  return (
    <Plot
      label="Share of sessions flagged over event time, by threshold"
      height={190}
      x={timeAxis(from, to)}
      y={{ min: 0, max: most, format: share }}
      stops={from}
      keys={<ThresholdKeys of={of.thresholds} />}
      readout={(i) => (
        <>
          {clock(from[i])}
          {of.thresholds.map(({ name }, k) => (
            <span key={name}>
              {name} <b>{shares[k][i] === null ? '–' : share(shares[k][i])}</b>
            </span>
          ))}
        </>
      )}
      table={{
        head: ['From', 'Sessions', ...of.thresholds.map(({ name }) => `Flagged by ${name}`)],
        row: (i) => [clock(from[i]), count(of.sessions[i]), ...of.thresholds.map((_, k) => count(of.flagged[i]?.[k]))],
      }}
    >
      {(area) => of.thresholds.map((threshold, k) => <path key={threshold.name} class={className(threshold)} d={line(area, from, shares[k])} />)}
    </Plot>
  );
}

/** How far each limit moved, on a log scale. */
export function LimitsOverTime({ of }: { of: LogScores }): JSX.Element {
  const { from, to } = stretches(of);
  const limits = of.thresholds.map((_, k) => of.time.map((_at, i) => of.limits[i]?.[k] ?? null));
  const known = limits.flat().filter((x): x is number => x !== null && x > 0);
  const [least, most] = known.length === 0 ? [1, 10] : [Math.min(...known), Math.max(...known)];
  return (
    <Plot
      label="Limit of each threshold over event time, log scale"
      height={150}
      x={timeAxis(from, to)}
      y={{ min: least / 1.6, max: most * 1.6, log: true, format: (x) => value(x) }}
      stops={from}
      keys={<ThresholdKeys of={of.thresholds} />}
      readout={(i) => (
        <>
          {clock(from[i])}
          {of.thresholds.map(({ name }, k) => (
            <span key={name}>
              {name} <b>{score(limits[k][i])}</b>
            </span>
          ))}
        </>
      )}
      table={{ head: ['From', ...of.thresholds.map(({ name }) => name)], row: (i) => [clock(from[i]), ...limits.map((one) => score(one[i]))] }}
    >
      {(area) => of.thresholds.map((threshold, k) => <path key={threshold.name} class={className(threshold)} d={line(area, from, limits[k])} />)}
    </Plot>
  );
}
