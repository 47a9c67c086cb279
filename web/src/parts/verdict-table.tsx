/** The chart's figures as a table, newest first; or only the anomalous verdicts of the window, from the history. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { untracked } from '@preact/signals';
import type { Page } from '../../../src/core/api.ts';
import type { Verdict } from '../../../src/core/verdicts.ts';
import { get, messageOf } from '../api/client.ts';
import { useResource, type Resource } from '../api/resource.ts';
import { addVerdicts, emptyColumns, type Columns } from '../chart/columns.ts';
import type { StreamView } from '../chart/stream-view.ts';
import { areFine, duration, score, time, value } from '../format.ts';
import type { Question } from './answer-words.ts';
import { Badge } from './badges.tsx';

const ROWS = 40;
const EVERY = 1000;

/** A new picture of the columns once a second, so that the table can be read while the chart moves. */
function useCalm(view: StreamView): { columns: Columns; window: { from: number; to: number; live: boolean } } {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), EVERY);
    return () => clearInterval(timer);
  }, []);
  return untracked(() => ({ columns: view.columns.value, window: view.window.value }));
}

function useAnomalies(view: StreamView, asked: boolean, window: { from: number; to: number; live: boolean }): Resource<Columns> {
  const { from, to, live } = window;
  const question = live ? `live ${view.span}` : `${from} ${to}`;
  const load = async (signal: AbortSignal): Promise<Columns> => {
    const now = view.window.peek();
    const query = { pipeline: view.pipeline, series: view.series, from: Math.floor(now.from), to: Math.ceil(now.to) + 1, anomalous: true, limit: 200 };
    const found = await get<Page<Verdict>>('verdicts', query, signal);
    const columns = emptyColumns();
    addVerdicts(columns, found.items, -Infinity);
    return columns;
  };
  return useResource(asked && to > 0 ? question : null, load, live ? 3000 : undefined);
}

interface RowProps {
  of: Columns;
  i: number;
  unit: string;
  /** Its time to the millisecond. */
  fine: boolean;
  ask: (says: Question['says'], from: number, to: number) => void;
}

function Row({ of, i, unit, fine, ask }: RowProps): JSX.Element {
  const at = time(of.time[i], Date.now(), fine);
  const late = of.late[i] > 0;
  const anomalous = of.anomalous[i] > 0;
  const warm = of.score[i] === null && !late;
  return (
    <tr class={anomalous ? 'anomalous' : ''}>
      <td>{at}</td>
      <td class="number">{value(of.value[i], unit)}</td>
      <td class="number wide">{value(of.expected[i])}</td>
      <td class="number wide">{of.lower[i] === null ? '–' : `${value(of.lower[i])} … ${value(of.upper[i])}`}</td>
      <td class="number">{score(of.score[i])}</td>
      <td class="number wide">{score(of.threshold[i])}</td>
      <td>
        {anomalous && (
          <Badge tone="bad" icon="warn">
            {of.resolution > 0 && of.anomalous[i] > 1 ? `${of.anomalous[i]} anomalies` : 'anomalous'}
          </Badge>
        )}
        {late && <Badge tone="warn">late</Badge>}
        {warm && <Badge tone="quiet">warm-up</Badge>}
      </td>
      <td class="row-answer">
        {!late && !warm && (
          <button
            type="button"
            class="button quiet small"
            aria-label={`${anomalous ? 'False alarm' : 'Missed'} at ${at}`}
            onClick={() => ask(anomalous ? 'false-alarm' : 'missed', of.time[i], of.time[i] + Math.max(0, of.resolution - 1))}
          >
            {anomalous ? 'False alarm' : 'Missed'}
          </button>
        )}
      </td>
    </tr>
  );
}

/** `ask` is told what somebody wants to answer. */
export function VerdictTable({ view, unit, ask }: { view: StreamView; unit: string; ask: (question: Question) => void }): JSX.Element {
  const { columns, window } = useCalm(view);
  const [only, setOnly] = useState(false);
  const anomalies = useAnomalies(view, only, window);
  const failed = only ? anomalies.error : columns.time.length === 0 ? view.error.value : undefined;
  const shown = only ? (anomalies.data ?? emptyColumns()) : columns;
  const rows: number[] = [];
  for (let i = shown.time.length - 1; i >= 0 && rows.length < ROWS; i--) if (shown.time[i] >= window.from && shown.time[i] <= window.to) rows.push(i);
  const fine = shown.resolution === 0 && areFine(rows.map((i) => shown.time[i]));
  const { pipeline, series } = view;
  const answer = (says: Question['says'], from: number, to: number): void =>
    ask({ says, of: { pipeline, series, from, to }, about: `${series}, ${time(from)}${to > from ? ` – ${time(to)}` : ''}.` });
  const whole = (says: Question['says']): void => answer(says, Math.floor(window.from), Math.ceil(window.to));
  return (
    <>
      <div class="toolbar pad">
        <label class="check">
          <input type="checkbox" checked={only} onChange={(event) => setOnly(event.currentTarget.checked)} /> Only anomalies
        </label>
        <span class="spacer" />
        <span class="muted">All in view:</span>
        <button type="button" class="button small" onClick={() => whole('false-alarm')}>
          False alarm
        </button>
        <button type="button" class="button small" onClick={() => whole('missed')}>
          Missed
        </button>
      </div>
      <div class="table-scroll">
        <table class="table">
          <caption class="hidden">
            Verdicts of {view.series}, newest first{shown.resolution > 0 && `, in buckets of ${duration(shown.resolution)}`}
          </caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col" class="number">
                {shown.resolution > 0 ? 'Mean' : 'Value'}
              </th>
              <th scope="col" class="number wide">
                Expected
              </th>
              <th scope="col" class="number wide">
                Band
              </th>
              <th scope="col" class="number">
                Score
              </th>
              <th scope="col" class="number wide">
                Threshold
              </th>
              <th scope="col">State</th>
              <th scope="col">
                <span class="hidden">Answer</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((i) => (
              <Row key={`${shown.time[i]} ${i}`} of={shown} i={i} unit={unit} fine={fine} ask={answer} />
            ))}
          </tbody>
        </table>
        {failed !== undefined && (
          <p class="pad" role="alert">
            The table lacks what is stored. {messageOf(failed)}
          </p>
        )}
        {rows.length === 0 && failed === undefined && <p class="muted pad">{only ? 'No anomaly in the time shown.' : 'No verdict in the time shown.'}</p>}
      </div>
    </>
  );
}
