/** What REST shows of answers to verdicts, and of what one would change. */
import { LIMIT_FACTORS, ONSET_FACTORS } from '../core/contracts.ts';
import { Type } from '../core/schema.ts';
import { closed, ms, nullable } from './schema-words.ts';

export const Says = Type.Enum(['false-alarm', 'missed'], { description: 'There was nothing, or there was something' });
export const AnswerWhen = Type.Enum(['always', 'hour-of-day', 'hour-of-week'], {
  description: 'Where it counts: always, or within an hour of the same time of the day or of the week (UTC)',
});

const partFields = {
  series: Type.String({ minLength: 1, maxLength: 2000 }),
  from: ms('First event time of what was answered'),
  to: ms('Last event time of what was answered'),
  limitFactor: Type.Number({ minimum: LIMIT_FACTORS.least, maximum: LIMIT_FACTORS.most, description: 'What the limit is moved by' }),
  onsetFactor: Type.Number({ minimum: ONSET_FACTORS.least, maximum: ONSET_FACTORS.most, description: 'What the odds of the onset are divided by' }),
};

export const AnswerPart = Type.Object(partFields, { ...closed, description: 'What an answer does to one series' });

const Answer = Type.Object(
  {
    id: Type.String(),
    pipeline: Type.String(),
    says: Says,
    when: AnswerWhen,
    until: nullable(ms('Event time from which on it counts no more')),
    incident: nullable(Type.String({ description: 'The incident that was answered' })),
    by: Type.String(),
    comment: Type.String(),
    at: ms('When it was taken in'),
    since: nullable(ms('Event time from which on it counts')),
    parts: Type.Array(
      Type.Object({ ...partFields, ended: nullable(ms('Event time from which on this part counts no more')) }, { ...closed, description: 'Of one series' }),
    ),
    undone: nullable(Type.Object({ by: Type.String(), at: ms('When') }, closed)),
    active: Type.Boolean({ description: 'In force for at least one of its series' }),
  },
  { ...closed, description: 'What somebody said of verdicts' },
);

const beforeAndAfter = (description: string) => Type.Object({ without: Type.Number(), with: Type.Number() }, { ...closed, description });
const Standing = Type.Enum(['normal', 'anomalous', 'alert']);

const AnswerPreview = Type.Object(
  {
    parts: Type.Array(AnswerPart),
    from: ms('First verdict that was looked at'),
    to: ms('Last verdict that was looked at'),
    verdicts: Type.Number({ description: 'Verdicts that were looked at' }),
    complete: Type.Boolean({ description: 'False where only anomalous verdicts are stored: what was normal cannot be judged anew' }),
    enough: Type.Boolean({ description: 'False where a factor may not go as far as it would take to make what was answered right' }),
    anomalous: beforeAndAfter('Anomalous verdicts'),
    alerts: beforeAndAfter('Where an anomaly begins'),
    changed: Type.Number({ description: 'Verdicts that would have been others' }),
    first: Type.Array(
      Type.Object(
        {
          series: Type.String(),
          time: ms('Event time'),
          score: Type.Number(),
          limit: Type.Number(),
          limitWith: Type.Number({ description: 'Limit with the answer' }),
          was: Standing,
          becomes: Standing,
        },
        { ...closed, description: 'A verdict that would have been another' },
      ),
    ),
  },
  { ...closed, description: 'What an answer would have changed' },
);

export const ANSWER_SCHEMAS = { Answer, AnswerPreview };
