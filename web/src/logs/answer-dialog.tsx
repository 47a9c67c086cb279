/** Says of a session's pattern that it is normal or anomalous, once it was shown what that would have changed. */
import type { JSX } from 'preact';
import type { LogAnswerPreview } from '../../../src/core/api.ts';
import { messageOf, post } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { count, plural } from '../format.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Loading } from '../parts/states.tsx';
import { attempt } from '../state/toasts.ts';
import { routeOf, type Source } from './source.ts';

interface AnswerDialogProps {
  source: Source;
  says: 'normal' | 'anomalous';
  pattern: string;
  session: string;
  close: () => void;
  done: () => void;
}

/** A commit later the page tells of it. */
const COMMIT = 1200;

const THEN: Record<LogAnswerPreview['then'], string> = {
  silenced: 'From then on sessions of this pattern raise no alert.',
  flagged: 'From then on every session of this pattern is flagged at once.',
  judged: 'Sessions of this pattern are judged as before: it takes more answers that agree.',
};

function Preview({ of }: { of: LogAnswerPreview }): JSX.Element {
  return (
    <div class="answer-preview">
      <dl class="answer-totals">
        <div>
          <dt>Alerts of this pattern, last {plural(of.days, 'day')}</dt>
          <dd>
            {count(of.alerts)} → {count(of.alerts - of.silenced + of.added)}
          </dd>
        </div>
        <div>
          <dt>Answers about it so far</dt>
          <dd>
            {count(of.normal)} normal, {count(of.anomalous)} anomalous
          </dd>
        </div>
      </dl>
      <p>{THEN[of.then]}</p>
    </div>
  );
}

export function AnswerDialog({ source, says, pattern, session, close, done }: AnswerDialogProps): JSX.Element {
  const question = { pattern, says };
  const { data, error, loading } = useResource(JSON.stringify(question), () => post<LogAnswerPreview>(routeOf(source, 'answers/preview'), question));
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget as HTMLFormElement).get('reason') ?? '').trim();
    if (!(await attempt(() => post(routeOf(source, 'answers'), { ...question, reason, session }), 'Answered. It counts from now on.'))) return;
    close();
    setTimeout(done, COMMIT);
  };
  return (
    <Dialog title={says === 'normal' ? 'This is normal' : 'This is anomalous'} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <p class="muted">
          {says === 'normal' ? 'Nothing was wrong in' : 'Something was wrong in'} {session}. The answer counts for all sessions of its pattern.
        </p>
        <div aria-live="polite" aria-busy={loading}>
          {data !== undefined && <Preview of={data} />}
          {data === undefined && error === undefined && <Loading rows={2} label="what it would have changed" />}
          {data === undefined && error !== undefined && <p class="problem">{messageOf(error)}</p>}
        </div>
        <label>
          Reason
          <textarea name="reason" rows={2} maxLength={2000} placeholder="Why, for others" />
        </label>
        <footer>
          <button type="button" class="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={data === undefined}>
            {says === 'normal' ? 'It is normal' : 'It is anomalous'}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
