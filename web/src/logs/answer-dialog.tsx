/** Says of a session's pattern that it is normal or anomalous, once it was shown what that would have changed. */
import type { JSX } from 'preact';
import type { LogAnswerPreview } from '../../../src/core/api.ts';
import { post } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { count, plural } from '../format.ts';
import { FormDialog, WouldChange } from '../parts/form-dialog.tsx';
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
  const change = useResource(JSON.stringify(question), () => post<LogAnswerPreview>(routeOf(source, 'answers/preview'), question));
  const isNormal = says === 'normal';
  return (
    <FormDialog
      title={isNormal ? 'This is normal' : 'This is anomalous'}
      label={isNormal ? 'It is normal' : 'It is anomalous'}
      told="Answered. It counts from now on."
      ready={change.data !== undefined}
      words={{ label: 'Reason', placeholder: 'Why, for others' }}
      send={(reason) => post(routeOf(source, 'answers'), { ...question, reason, session })}
      close={close}
      done={() => setTimeout(done, COMMIT)}
    >
      <p class="muted">
        {isNormal ? 'Nothing was wrong in' : 'Something was wrong in'} {session}. The answer counts for all sessions of its pattern.
      </p>
      <WouldChange of={change} rows={2} show={(preview) => <Preview of={preview} />} />
    </FormDialog>
  );
}
