/** Asks before an answer is given: what it would do, what it would have changed, where it counts, and why. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { AnswerPreview, ChangedVerdict, Standing } from '../../../src/core/api.ts';
import type { AnswerWhen } from '../../../src/core/contracts.ts';
import { post } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { count, plural, score, time } from '../format.ts';
import { TITLES, type Question } from './answer-words.ts';
import { Badge } from './badges.tsx';
import { FormDialog, WouldChange } from './form-dialog.tsx';

const WHEN: [AnswerWhen, string][] = [
  ['always', 'Always'],
  ['hour-of-day', 'Near this hour of the day (UTC)'],
  ['hour-of-week', 'Near this hour of the week (UTC)'],
];
const TONES = { normal: 'quiet', anomalous: 'warn', alert: 'bad' } as const;

const bodyOf = ({ says, of }: Question, when: AnswerWhen) => ({
  says,
  when,
  ...('incident' in of ? of : { pipeline: of.pipeline, series: of.series, from: String(of.from), to: String(of.to) }),
});

function Standings({ was, becomes }: { was: Standing; becomes: Standing }): JSX.Element {
  return (
    <>
      <span class="answer-was">
        <Badge tone={TONES[was]}>{was}</Badge> <span aria-hidden="true">→</span>
        <span class="hidden"> becomes </span>
      </span>{' '}
      <Badge tone={TONES[becomes]}>{becomes}</Badge>
    </>
  );
}

function Changes({ of, several }: { of: ChangedVerdict[]; several: boolean }): JSX.Element {
  return (
    <div class="table-scroll answer-changes" tabIndex={0} role="region" aria-label="The first verdicts that would have been others">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {several && <th scope="col">Series</th>}
            <th scope="col" class="number wide">
              Score
            </th>
            <th scope="col" class="number">
              Limit
            </th>
            <th scope="col">Change</th>
          </tr>
        </thead>
        <tbody>
          {of.map((verdict) => (
            <tr key={`${verdict.series} ${verdict.time}`}>
              <td>{time(verdict.time)}</td>
              {several && <td>{verdict.series}</td>}
              <td class="number wide">{score(verdict.score)}</td>
              <td class="number">
                {score(verdict.limit)} → {score(verdict.limitWith)}
              </td>
              <td>
                <Standings was={verdict.was} becomes={verdict.becomes} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How far the limits move: of one series, or from the least to the most. */
function movedText({ parts }: AnswerPreview): string {
  const factors = parts.map(({ limitFactor }) => limitFactor).toSorted((a, b) => a - b);
  const [least, most] = [score(factors[0]), score(factors.at(-1))];
  const limits = least === most ? `${least} times as far` : `${least} to ${most} times as far`;
  const onset = parts.find(({ onsetFactor }) => onsetFactor !== 1)?.onsetFactor ?? 1;
  const onsets = onset === 1 ? '' : onset > 1 ? ', and only a stronger onset is an alert' : ', and a weaker onset is an alert';
  return parts.length === 1 ? `The limit lies ${limits}${onsets}.` : `The limits of ${parts.length} series lie ${limits}${onsets}.`;
}

function Preview({ of }: { of: AnswerPreview }): JSX.Element {
  const { anomalous, alerts, changed, first, verdicts, complete, enough, parts } = of;
  return (
    <div class="answer-preview">
      <p>{movedText(of)}</p>
      {!enough && <p class="problem">It is not enough: an answer moves a limit by at most 10 times, so this would be judged as before.</p>}
      <dl class="answer-totals">
        <div>
          <dt>Alerts</dt>
          <dd>
            {count(alerts.without)} → {count(alerts.with)}
          </dd>
        </div>
        <div>
          <dt>Anomalous verdicts</dt>
          <dd>
            {count(anomalous.without)} → {count(anomalous.with)}
          </dd>
        </div>
      </dl>
      <p class="muted">
        Had it been given before: {count(changed)} of {plural(verdicts, 'verdict')} from {time(of.from)} to {time(of.to)} would have been others
        {changed > first.length && `, first these ${first.length}`}.{' '}
        {!complete && 'Only anomalous verdicts are stored, so normal ones that would have become anomalous are not counted.'}
      </p>
      {first.length > 0 && <Changes of={first} several={parts.length > 1} />}
    </div>
  );
}

export function AnswerDialog({ question, close, done }: { question: Question; close: () => void; done: () => void }): JSX.Element {
  const [when, setWhen] = useState<AnswerWhen>('always');
  const body = bodyOf(question, when);
  const change = useResource(JSON.stringify(body), () => post<AnswerPreview>('answers/preview', body));
  const isMissed = question.says === 'missed';
  return (
    <FormDialog
      title={TITLES[question.says]}
      label={isMissed ? 'It was missed' : 'It was a false alarm'}
      told="Answered. It counts from now on."
      ready={change.data !== undefined}
      words={{ label: 'Comment', placeholder: 'Why, for others' }}
      send={(comment) => post('answers', { ...body, comment })}
      close={close}
      done={done}
    >
      <p class="muted">
        {isMissed ? 'Something was wrong here, and no alert said so: the limit narrows.' : 'Nothing was wrong here: the limit widens.'} {question.about}
      </p>
      <label>
        Counts
        <select name="when" value={when} onChange={(event) => setWhen(event.currentTarget.value as AnswerWhen)}>
          {WHEN.map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <WouldChange of={change} rows={3} show={(preview) => <Preview of={preview} />} />
    </FormDialog>
  );
}
