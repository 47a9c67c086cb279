/** Several detectors side by side over what is stored of a stream. Loaded when it is opened. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ComparedWay, Comparison, ComponentView } from '../../../src/core/api.ts';
import { get, post } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import type { StreamView } from '../chart/stream-view.ts';
import { duration, time, value } from '../format.ts';
import { Failed } from './states.tsx';

/** Ticked at first, where there are such. */
const USUAL = ['auto', 'ema', 'robust', 'seasonal'];
const MOST = 8;

const WIDTH = 1000;
const TOP = 90;
const STRIP = 34;
const GAP = 6;

const percent = (x: number | null): string => (x === null ? '–' : `${Math.round(x * 100)}%`);
const rate = (x: number): string => (x === 0 ? '0' : x < 10 ? x.toPrecision(2) : Math.round(x).toString());

export function Compare({ view }: { view: StreamView }): JSX.Element {
  const known = useResource('detectors', (signal) => get<ComponentView[]>('detectors', {}, signal));
  const [chosen, setChosen] = useState<readonly string[]>(USUAL);
  const [whole, setWhole] = useState(true);
  const [state, setState] = useState<{ running: boolean; data?: Comparison; error?: unknown }>({ running: false });
  const names = (known.data ?? []).map(({ name }) => name);
  const asked = chosen.filter((name) => names.includes(name));
  const toggle = (name: string): void => setChosen((before) => (before.includes(name) ? before.filter((one) => one !== name) : [...before, name]));
  const run = async (): Promise<void> => {
    setState((before) => ({ ...before, running: true, error: undefined }));
    const { from, to } = view.window.peek();
    const part = whole ? {} : { from: String(Math.floor(from)), to: String(Math.ceil(to)) };
    try {
      const data = await post<Comparison>(`series/${encodeURIComponent(view.pipeline)}/compare`, { key: view.series, detectors: asked, ...part });
      setState({ running: false, data });
    } catch (error) {
      setState({ running: false, error });
    }
  };
  if (known.error !== undefined) return <Failed error={known.error} what="The list of detectors" retry={known.reload} />;
  return (
    <div class="compare">
      <fieldset class="chips">
        <legend class="hidden">Detectors to compare</legend>
        {(known.data ?? []).map(({ name, finds }) => (
          <label key={name} class={chosen.includes(name) ? 'chip on' : 'chip'} title={finds}>
            <input type="checkbox" class="hidden" checked={chosen.includes(name)} onChange={() => toggle(name)} />
            {name}
          </label>
        ))}
      </fieldset>
      <div class="toolbar">
        <label class="check">
          <input type="checkbox" checked={!whole} onChange={(event) => setWhole(!event.currentTarget.checked)} /> Only the time in view
        </label>
        <button type="button" class="button primary" disabled={state.running || asked.length === 0 || asked.length > MOST} onClick={() => void run()}>
          {state.running ? 'Comparing …' : 'Compare'}
        </button>
        <span class="muted">{asked.length > MOST ? `at most ${MOST} at a time` : 'each begins with nothing learnt; nothing is changed'}</span>
      </div>
      <div aria-live="polite">
        {state.error !== undefined && <Failed error={state.error} what="The comparison" retry={() => void run()} />}
        {state.data !== undefined && <Result of={state.data} />}
      </div>
    </div>
  );
}

function Result({ of }: { of: Comparison }): JSX.Element {
  const what = of.resolution === 0 ? `${of.rows} rows` : `${of.rows} means of ${duration(of.resolution)}`;
  return (
    <>
      <p class="muted">
        {what}, {time(of.from)} – {time(of.to)}. Below the values, of each detector: its score as a share of its limit (dashed), and its alerts as dots.
      </p>
      <Drawing of={of} />
      <div class="table-scroll">
        <table class="table">
          <caption class="hidden">What each detector said of the same rows</caption>
          <thead>
            <tr>
              <th scope="col">Detector</th>
              <th scope="col">Threshold</th>
              <th scope="col" class="number">
                Alerts
              </th>
              <th scope="col" class="number">
                A day
              </th>
              <th scope="col" class="number">
                Anomalous rows
              </th>
              <th scope="col" class="number">
                Warm-up rows
              </th>
              <th scope="col" class="number">
                Rows a second
              </th>
              {of.ways.map(({ detector }) => (
                <th key={detector} scope="col" class="number" title={`Share of the alerts that both have within 10 rows`}>
                  = {detector}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {of.ways.map((way) => (
              <tr key={way.detector}>
                <td>{way.detector}</td>
                <td>{way.threshold}</td>
                <td class="number">{way.alerts.length}</td>
                <td class="number">{rate(way.alertsADay)}</td>
                <td class="number">{way.anomalous}</td>
                <td class="number">{way.warmUp}</td>
                <td class="number">{Math.round(way.rowsPerSecond).toLocaleString('en')}</td>
                {way.agreement.map((share, i) => (
                  <td key={of.ways[i].detector} class="number">
                    {of.ways[i] === way ? '·' : percent(share)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {of.ways.map(({ detector, words }) =>
        words.length === 0 ? null : (
          <ul key={detector} class="words">
            {words.map((line) => (
              <li key={line}>
                {detector}: {line}
              </li>
            ))}
          </ul>
        ),
      )}
    </>
  );
}

function Drawing({ of }: { of: Comparison }): JSX.Element {
  const height = TOP + of.ways.length * (STRIP + GAP) + GAP;
  const span = of.to - of.from || 1;
  const x = (t: number): number => ((t - of.from) / span) * WIDTH;
  const lows = of.low.filter((v) => v !== null);
  const highs = of.high.filter((v) => v !== null);
  const [least, most] = [Math.min(...lows), Math.max(...highs)];
  const y = (v: number): number => 4 + (1 - (v - least) / (most - least || 1)) * (TOP - 8);
  let path = '';
  of.time.forEach((t, i) => {
    const [low, high] = [of.low[i] ?? null, of.high[i] ?? null];
    if (low === null || high === null) return;
    path += `${path === '' ? 'M' : 'L'}${x(t).toFixed(1)} ${y(low).toFixed(1)}L${x(t).toFixed(1)} ${y(high).toFixed(1)}`;
  });
  return (
    <div class="compare-drawing">
      <div class="compare-names" aria-hidden="true">
        <span class="compare-scale" style={{ height: `${TOP}px` }}>
          <span>{value(most)}</span>
          <span>{value(least)}</span>
        </span>
        {of.ways.map(({ detector }) => (
          <span key={detector} style={{ height: `${STRIP + GAP}px` }}>
            {detector}
          </span>
        ))}
      </div>
      <svg
        viewBox={`0 0 ${WIDTH} ${height}`}
        height={height}
        preserveAspectRatio="none"
        role="img"
        aria-label="Values, and the scores of each detector below them"
      >
        <path class="compare-line" d={path} />
        {of.ways.map((way, k) => (
          <Strip key={way.detector} way={way} times={of.time} x={x} top={TOP + GAP + k * (STRIP + GAP)} />
        ))}
      </svg>
    </div>
  );
}

/** Up to twice the limit. */
function Strip({ way, times, x, top }: { way: ComparedWay; times: readonly number[]; x: (t: number) => number; top: number }): JSX.Element {
  const bottom = top + STRIP;
  const y = (share: number): number => bottom - (STRIP * Math.min(2, share)) / 2;
  const points = way.share.map((share, i) => `L${x(times[i]).toFixed(1)} ${y(share ?? 0).toFixed(1)}`).join('');
  return (
    <g>
      <path class="compare-area" d={`M0 ${bottom}${points}L${WIDTH} ${bottom}Z`} />
      <line class="compare-limit" x1={0} x2={WIDTH} y1={y(1)} y2={y(1)} />
      {way.alerts.map((at) => (
        <line key={at} class="compare-alert" x1={x(at)} x2={x(at)} y1={top + 4} y2={top + 4.1} />
      ))}
    </g>
  );
}
