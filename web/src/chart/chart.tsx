/** A stream's chart with its readout and, unless compact, the strip of scores. The drawing library is loaded with the first chart. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { effect, untracked } from '@preact/signals';
import { on } from '../api/connection.ts';
import { duration, score, time, value } from '../format.ts';
import { appearance } from '../state/theme.ts';
import { drawn, nearest, type Columns } from './columns.ts';
import { throttleFrames } from './frames.ts';
import type { Plot } from './plot.ts';
import type { StreamView } from './stream-view.ts';

interface ChartProps {
  view: StreamView;
  unit: string;
  compact?: boolean;
  shade?: { from: number; to: number } | null;
}

function Readout({ columns, at, unit }: { columns: Columns; at: number; unit: string }): JSX.Element {
  const i = nearest(columns, at);
  if (i < 0) return <p class="readout">&nbsp;</p>;
  const bucket = columns.resolution > 0;
  const state = columns.late[i] > 0 ? 'late' : columns.anomalous[i] > 0 ? 'anomalous' : '';
  return (
    <p class="readout">
      <span>{time(columns.time[i])}</span>
      <span>
        <i class="key line" />
        {bucket ? 'mean' : 'value'} <b>{value(columns.value[i], unit)}</b>
      </span>
      {bucket && (
        <span>
          <i class="key spread" />
          {value(columns.min[i])} … {value(columns.max[i])}
        </span>
      )}
      <span>
        <i class="key expected" />
        expected <b>{value(columns.expected[i], unit)}</b>
      </span>
      <span>
        <i class="key band" />
        {value(columns.lower[i])} … {value(columns.upper[i])}
      </span>
      <span>
        score <b>{score(columns.score[i])}</b>
        {columns.threshold[i] !== null && ` / ${score(columns.threshold[i])}`}
      </span>
      {state !== '' && <em class={state}>{state}</em>}
      {bucket && <span class="muted">buckets of {duration(columns.resolution)}</span>}
    </p>
  );
}

function Legend(): JSX.Element {
  return (
    <p class="legend" aria-hidden="true">
      <span>
        <i class="key anomaly" /> anomaly
      </span>
      <span>
        <i class="key diamond" /> late
      </span>
      <span>
        <i class="key gap" /> gap: no events
      </span>
    </p>
  );
}

export function Chart({ view, unit, compact = false, shade = null }: ChartProps): JSX.Element {
  const values = useRef<HTMLDivElement>(null);
  const scores = useRef<HTMLDivElement>(null);
  const [point, setPoint] = useState<number | null>(null);
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    let plot: Plot | undefined;
    let gone = false;
    const stops: (() => void)[] = [];
    const draw = (): void => plot?.update(drawn(view.columns.peek()), view.window.peek());
    const frames = throttleFrames(draw);
    const live = throttleFrames(() => view.publish());
    const begin = async (): Promise<void> => {
      const library = await import('./plot.ts');
      if (gone) return;
      const callbacks = { look: (from: number, to: number) => view.look(from, to), point: setPoint };
      plot = new library.Plot({ values: values.current!, scores: compact ? null : scores.current, unit, callbacks, shade });
      stops.push(
        effect(() => {
          void view.columns.value;
          void view.window.value;
          untracked(frames.request);
        }),
        effect(() => {
          void appearance.value;
          untracked(() => plot?.repaint());
        }),
        on('verdicts', (event) => view.take(event.verdicts) && live.request()),
      );
    };
    begin().catch(() => setFailed(true));
    return () => {
      gone = true;
      for (const stop of stops) stop();
      frames.cancel();
      live.cancel();
      plot?.destroy();
    };
  }, [view, unit, compact, shade?.from, shade?.to]);

  const columns = view.columns.value;
  const empty = columns.time.length === 0 && !view.loading.value;
  const count = columns.anomalous.reduce((sum, n) => sum + n, 0);
  const label = `Chart of ${view.series}: ${columns.time.length} points, ${count} anomalies. Drag to zoom, arrow keys to pan, plus and minus to zoom. The table below holds the same figures.`;

  const onKeyDown = (event: KeyboardEvent): void => {
    const keys: Record<string, () => void> = {
      ArrowLeft: () => view.pan(-0.25),
      ArrowRight: () => view.pan(0.25),
      '+': () => view.zoom(0.5),
      '=': () => view.zoom(0.5),
      '-': () => view.zoom(2),
      l: () => view.goLive(),
    };
    const does = keys[event.key];
    if (does === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    does();
  };

  return (
    <div class={compact ? 'chart compact' : 'chart'}>
      <div class="chart-top">
        <Readout columns={columns} at={point ?? view.window.value.to} unit={unit} />
        {!compact && <Legend />}
      </div>
      <div
        class="chart-body"
        role="group"
        aria-label={label}
        tabIndex={0}
        onKeyDown={onKeyDown}
        data-points={columns.time.length}
        data-resolution={columns.resolution}
      >
        <div ref={values} class="plot-values" />
        {!compact && <div ref={scores} class="plot-scores" />}
        {empty && <p class="chart-note">Nothing is stored for this time. Pan, or go back to live.</p>}
        {failed && <p class="chart-note">The chart could not be loaded. Reload the page.</p>}
      </div>
    </div>
  );
}
