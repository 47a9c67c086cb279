/** Distribution of scores with both thresholds, and what each makes of them over time. */
import type { JSX } from 'preact';
import type { LogScores } from '../../../src/core/api.ts';
import { count, plural, score, value } from '../format.ts';
import { Badge } from '../parts/badges.tsx';
import { Empty } from '../parts/states.tsx';
import { bars, Plot } from './plot.tsx';
import { className, FlaggedOverTime, LimitsOverTime, share, ThresholdKeys } from './time-plot.tsx';

/** Bins without the empty ones outside of all scores and limits. */
function shownBins({ edges, counts }: LogScores, limits: readonly number[]): { from: number[]; to: number[]; counts: number[]; lowest: boolean } {
  const isNeeded = (i: number): boolean => counts[i] > 0 || limits.some((limit) => limit >= edges[i] && limit < edges[i + 1]);
  const needed = counts.flatMap((_, i) => (isNeeded(i) ? [i] : []));
  const first = needed[0] ?? 0;
  const end = (needed.at(-1) ?? 0) + 1;
  return { from: edges.slice(first, end), to: edges.slice(first + 1, end + 1), counts: counts.slice(first, end), lowest: first === 0 };
}

function Distribution({ of }: { of: LogScores }): JSX.Element {
  const limits = of.thresholds.map(({ limit }) => limit).filter((x): x is number => x !== null && x > 0);
  const { from, to, counts, lowest } = shownBins(of, limits);
  const inForce = of.thresholds.find((threshold) => threshold.inForce)?.limit ?? Infinity;
  const above = counts.map((n, i) => (from[i] >= inForce ? n : 0));
  const below = counts.map((n, i) => n - above[i]);
  // The lowest bin takes all that is less.
  const words = (i: number): string => (i === 0 && lowest ? `up to ${value(to[i])}` : `${value(from[i])} – ${value(to[i])}`);
  return (
    <Plot
      label="Judgements of sessions by score, both on a log scale"
      height={240}
      x={{ min: Math.min(from[0], ...limits), max: Math.max(to.at(-1)!, ...limits), log: true, format: (x) => value(x) }}
      y={{ min: 0.7, max: Math.max(10, ...counts) * 1.5, log: true, format: count }}
      stops={from.map((edge, i) => Math.sqrt(edge * to[i]))}
      keys={<ThresholdKeys of={of.thresholds} />}
      readout={(i) => (
        <>
          score {words(i)} <b>{plural(counts[i], 'session')}</b>
        </>
      )}
      table={{ head: ['Score', 'Judgements'], row: (i) => [words(i), count(counts[i])] }}
    >
      {(area) => (
        <>
          <path class="plot-bars" d={bars(area, from, to, below, 0.7)} />
          <path class="plot-bars bad" d={bars(area, from, to, above, 0.7)} />
          {of.thresholds.map((threshold) =>
            threshold.limit === null || threshold.limit <= 0 ? null : (
              <path key={threshold.name} class={className(threshold)} d={`M${area.x(threshold.limit).toFixed(1)} 10v${area.height}`} />
            ),
          )}
        </>
      )}
    </Plot>
  );
}

function Thresholds({ of }: { of: LogScores }): JSX.Element {
  const all = of.counts.reduce((sum, n) => sum + n, 0);
  return (
    <div class="table-scroll">
      <table class="table thresholds">
        <thead>
          <tr>
            <th scope="col">Threshold</th>
            <th scope="col" class="number">
              Limit
            </th>
            <th scope="col" class="number">
              Would flag
            </th>
            <th scope="col" class="number">
              Share
            </th>
          </tr>
        </thead>
        <tbody>
          {of.thresholds.map(({ name, kind, limit, flagged, inForce }) => (
            <tr key={name}>
              <td>
                {name} {kind !== name && <small class="muted">{kind}</small>} {inForce && <Badge tone="accent">in force</Badge>}
              </td>
              <td class="number">{score(limit)}</td>
              <td class="number">{count(flagged)}</td>
              <td class="number">{all === 0 ? '–' : share(flagged / all)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Section({ id, title, note, children }: { id: string; title: string; note: string; children: JSX.Element }): JSX.Element {
  return (
    <section class="card" aria-labelledby={id}>
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        <span class="muted">{note}</span>
      </header>
      <div class="plot-pad">{children}</div>
    </section>
  );
}

export function Scores({ of }: { of: LogScores }): JSX.Element {
  if (of.edges.length < 2 || of.counts.every((n) => n === 0)) {
    return (
      <Empty icon="dots" title="No session has a score yet">
        <p>Scores come once the judge has seen enough to tell what is normal.</p>
      </Empty>
    );
  }
  return (
    <div class="stack">
      <Section id="spread-title" title="Distribution of scores" note="both axes on a log scale; what lies right of the limit is flagged">
        <>
          <Distribution of={of} />
          <Thresholds of={of} />
        </>
      </Section>
      {of.time.length > 0 && (
        <>
          <Section id="flagged-title" title="Flagged over time" note="the same scores, by each threshold">
            <FlaggedOverTime of={of} />
          </Section>
          <Section id="limits-title" title="Limits over time" note="a dynamic one follows the drift">
            <LimitsOverTime of={of} />
          </Section>
        </>
      )}
    </div>
  );
}
