/** Answers in force for a series or about an incident, each with the way to take it back. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { AnswerView, Page } from '../../../src/core/api.ts';
import type { AnswerWhen } from '../../../src/core/contracts.ts';
import { get, remove } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { score, time } from '../format.ts';
import { attempt } from '../state/toasts.ts';
import { TITLES } from './answer-words.ts';
import { Badge } from './badges.tsx';
import { Time } from './time.tsx';

/** As often as a commit may take to show what was said. */
const EVERY = 3000;
const SHOWN = 100;
const WHEN: Record<AnswerWhen, string> = { always: '', 'hour-of-day': ', near this hour of the day', 'hour-of-week': ', near this hour of the week' };

function Answer({ of, reload }: { of: AnswerView; reload: () => void }): JSX.Element {
  const { id, says, when, until, parts, by, at, comment } = of;
  const undo = async (): Promise<void> => {
    if (await attempt(() => remove(`answers/${encodeURIComponent(id)}`), 'Taken back. From now on it is as if it had never been said.')) reload();
  };
  return (
    <li class="answer">
      <span>
        <Badge tone={says === 'missed' ? 'warn' : 'good'}>{TITLES[says]}</Badge> <b>limit × {score(parts[0].limitFactor)}</b>{' '}
        <span class="muted">
          for {time(parts[0].from)}
          {parts[0].to > parts[0].from && ` – ${time(parts[0].to)}`}
          {WHEN[when]}
          {until !== null && `, until ${time(until)}`}
        </span>
        <small class="muted">
          {by} · <Time at={at} />
          {comment !== '' && ` · ${comment}`}
        </small>
      </span>
      <button
        type="button"
        class="button small"
        aria-label={`Take back the answer of ${by}: ${TITLES[says]}, ${time(parts[0].from)}`}
        onClick={() => void undo()}
      >
        Take back
      </button>
    </li>
  );
}

/** Shows nothing while there are none. `generation` rises when one was given from here. */
export function Answers({
  series,
  incident,
  pipeline,
  generation,
}: {
  pipeline: string;
  series: string;
  incident?: string;
  generation: number;
}): JSX.Element | null {
  const query = { pipeline, series, active: true, limit: SHOWN };
  const { data, reload } = useResource(`answers ${pipeline} ${series} ${incident ?? ''}`, (signal) => get<Page<AnswerView>>('answers', query, signal), EVERY);
  useEffect(() => {
    if (generation > 0) reload();
  }, [generation]);
  const items = (data?.items ?? []).filter((answer) => incident === undefined || answer.incident === incident);
  if (items.length === 0) return null;
  return (
    <section class={incident === undefined ? 'card' : 'answers'} aria-labelledby="answers-title">
      {incident === undefined ? (
        <header class="card-head">
          <h2 id="answers-title">Answers in force</h2>
        </header>
      ) : (
        <h3 id="answers-title">Answers in force</h3>
      )}
      <ul class={incident === undefined ? 'rows' : ''}>
        {items.map((answer) => (
          <Answer key={answer.id} of={answer} reload={reload} />
        ))}
      </ul>
    </section>
  );
}
