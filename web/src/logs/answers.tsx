/** What people said of patterns, each with the way to take it back. */
import type { JSX } from 'preact';
import type { LogAnswerShown } from '../../../src/core/api.ts';
import { remove } from '../api/client.ts';
import { Badge } from '../parts/badges.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { Time } from '../parts/time.tsx';
import { attempt } from '../state/toasts.ts';
import { useResult } from './live.ts';
import { ms, resultsLink, routeOf, sessionLink, type Source } from './source.ts';
import { Downloads } from './words.tsx';

const COMMIT = 1200;

function Answer({ of, source, undo }: { of: LogAnswerShown; source: Source; undo: (() => void) | null }): JSX.Element {
  return (
    <li class="answer">
      <span>
        <Badge tone={of.says === 'normal' ? 'good' : 'bad'}>{of.says}</Badge> <a href={sessionLink(source, of.session)}>{of.session}</a> {of.reason}
        <small class="muted">
          {of.by}, <Time at={ms(of.at)} /> · <a href={resultsLink(source, 'sessions', { pattern: of.pattern, all: '1' })}>its pattern</a>
        </small>
      </span>
      {of.undone && <Badge tone="quiet">taken back</Badge>}
      {!of.undone && undo !== null && (
        <button type="button" class="button small" aria-label={`Take back the answer to ${of.session}`} onClick={undo}>
          Take back
        </button>
      )}
    </li>
  );
}

export function Answers({ source, pulse, answerable }: { source: Source; pulse: number; answerable: boolean }): JSX.Element {
  const { data, error, reload } = useResult<LogAnswerShown[]>(source, 'answers', pulse);
  if (data === undefined) return error === undefined ? <Loading rows={3} label="answers" /> : <Failed error={error} what="The answers" retry={reload} />;
  const undo = async ({ id }: LogAnswerShown): Promise<void> => {
    const done = await attempt(
      () => remove(routeOf(source, `answers/${encodeURIComponent(id)}`)),
      'Taken back. From now on it is as if it had never been said.',
    );
    if (done) setTimeout(reload, COMMIT);
  };
  if (data.length === 0) {
    return (
      <Empty icon="check" title="Nothing was answered yet">
        <p>
          {answerable
            ? 'Open a session and say whether it is normal or anomalous: what you say counts for all sessions of its pattern, and what it changes is shown first.'
            : 'Only a job that runs or is done takes answers.'}
        </p>
      </Empty>
    );
  }
  return (
    <section class="card" aria-labelledby="answers-title">
      <header class="card-head">
        <h2 id="answers-title">Answers</h2>
        <span class="spacer" />
        <Downloads source={source} what="answers" />
      </header>
      <ul class="rows">
        {data.map((answer) => (
          <Answer key={answer.id} of={answer} source={source} undo={answerable ? () => void undo(answer) : null} />
        ))}
      </ul>
    </section>
  );
}
