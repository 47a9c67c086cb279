/** TypeBox schemas of core/log-api.ts, and of what people say of templates. Times are ISO 8601, UTC. */
import { Type } from '../core/schema.ts';
import { closed, nullable } from './schema-words.ts';

const iso = (description: string) => Type.String({ description, format: 'date-time' });
const ref = <T>(name: string) => Type.Unsafe<T>({ $ref: `${name}#` });
const count = (description: string) => Type.Number({ description });

export const SaysOfSession = Type.Enum(['normal', 'anomalous'], { description: 'What sessions of this pattern are' });
const JobState = Type.Enum(['uploading', 'queued', 'running', 'done', 'failed', 'cancelled']);

const LogOverview = Type.Object(
  {
    layout: Type.Array(Type.String(), { description: 'What the format chose, in words' }),
    sessions: Type.Object({ by: Type.String(), evidence: Type.Array(Type.String()) }, { ...closed, description: 'How lines become sessions, and why' }),
    lines: count('Lines read'),
    bytes: count('Bytes read, unpacked'),
    templates: Type.Number(),
    sessionsJudged: Type.Number(),
    sessionsOpen: Type.Number(),
    anomalous: count('Sessions whose verdict in force is anomalous'),
    first: nullable(iso('Event time of the first line')),
    last: nullable(iso('Event time of the last line')),
    deadLetters: count('Lines that could not be read, or were cut'),
  },
  { ...closed, description: 'What was found out about the lines of a log, and how far the work is' },
);

const LogTemplate = Type.Object(
  {
    id: Type.Number(),
    text: Type.String({ description: 'Constant words with `<*>` where parameters stand' }),
    name: nullable(Type.String({ description: 'Given by a person' })),
    level: Type.String({ description: 'Most frequent level of its lines' }),
    count: Type.Number(),
    first: iso('First line'),
    last: iso('Last line'),
    pinned: Type.Boolean(),
    ignored: Type.Boolean(),
    example: Type.String({ description: 'A line of it, shortened' }),
    parameters: Type.Array(Type.Object({ type: Type.String(), examples: Type.Array(Type.String()) }, closed), { description: 'By place of `<*>`' }),
    trend: Type.Array(Type.Number(), { description: 'Lines per bucket over the whole span' }),
  },
  { ...closed, description: 'A kind of log line' },
);

const LogTemplates = Type.Object(
  {
    templates: Type.Array(ref('LogTemplate')),
    total: count('Templates that match, also beyond the limit'),
    bucket: count('Width of a bucket of the trends, ms'),
    from: nullable(iso('Start of the first bucket')),
  },
  { ...closed, description: 'Templates with their counts' },
);

const sessionFields = {
  session: Type.String({ description: 'Its identifier' }),
  verdict: Type.String({ description: 'Id of its verdict in force' }),
  time: iso('Event time of the verdict'),
  first: iso('First line'),
  last: iso('Last line'),
  lines: Type.Number(),
  score: nullable(Type.Number()),
  threshold: nullable(Type.Number()),
  anomalous: Type.Boolean(),
  reasons: Type.Array(Type.Object({ judge: Type.String(), text: Type.String() }, closed)),
  pattern: nullable(Type.String({ description: 'Name of its pattern, by which answers are kept' })),
  patternSeen: count('How often the pattern was met before'),
  patternFirst: nullable(iso('When it was first met')),
  answered: nullable(SaysOfSession),
};

const LogSession = Type.Object(sessionFields, { ...closed, description: 'A session and what was said of it' });

const LogSessionDetail = Type.Object(
  {
    ...sessionFields,
    lineList: Type.Array(
      Type.Object(
        {
          offset: count('Byte at which it begins in its source'),
          time: nullable(iso('Time that stands in the line')),
          level: Type.String(),
          template: Type.Number(),
          templateText: Type.String(),
          text: nullable(Type.String({ description: 'null where the line cannot be read any more' })),
          highlighted: Type.Boolean({ description: 'A reason names it' }),
        },
        closed,
      ),
      { description: 'At most 1,000' },
    ),
    nearest: nullable(
      Type.Array(Type.Object({ template: Type.Number(), templateText: Type.String(), here: Type.Number(), there: Type.Number() }, closed), {
        description: 'Its templates beside those of the nearest normal session',
      }),
    ),
  },
  { ...closed, description: 'A session with its lines' },
);

const LogScores = Type.Object(
  {
    edges: Type.Array(Type.Number(), { description: 'Bin i reaches from edges[i] to edges[i + 1]' }),
    counts: Type.Array(Type.Number(), { description: 'Sessions per bin of score' }),
    thresholds: Type.Array(
      Type.Object(
        { name: Type.String(), kind: Type.Enum(['dynamic', 'static']), limit: nullable(Type.Number()), flagged: Type.Number(), inForce: Type.Boolean() },
        closed,
      ),
    ),
    time: Type.Array(iso('Start of a stretch of event time')),
    sessions: Type.Array(Type.Number(), { description: 'Sessions judged per stretch' }),
    flagged: Type.Array(Type.Array(Type.Number()), { description: 'Per stretch, in the order of the thresholds' }),
    limits: Type.Array(Type.Array(nullable(Type.Number())), { description: 'At the end of each stretch, in the order of the thresholds' }),
  },
  { ...closed, description: 'Scores, and what a dynamic and a static threshold make of the same ones' },
);

const LogModel = Type.Object(
  {
    judge: Type.String(),
    card: Type.Array(Type.Unsafe<[string, string]>(Type.Array(Type.String(), { minItems: 2, maxItems: 2 })), { description: 'Name and value' }),
    loss: Type.Array(Type.Object({ epoch: Type.Number(), training: Type.Number(), validation: Type.Number() }, closed)),
  },
  { ...closed, description: 'A model that a judge has learnt' },
);

const LogAnswer = Type.Object(
  {
    id: Type.String(),
    pattern: Type.String(),
    says: SaysOfSession,
    reason: Type.String(),
    by: Type.String(),
    session: Type.String({ description: 'The session that was answered' }),
    at: iso('When'),
    undone: Type.Boolean(),
  },
  { ...closed, description: 'What somebody said of a pattern of sessions' },
);

const LogAnswerPreview = Type.Object(
  {
    pattern: Type.String(),
    days: Type.Number(),
    alerts: count('Alerts of this pattern in that time'),
    silenced: count('Of them, those that the answer would have silenced'),
    added: count('Sessions that it would have made alerts'),
    normal: count('Answers of this kind so far'),
    anomalous: count('Answers of this kind so far'),
    // oxlint-disable-next-line unicorn/no-thenable -- a schema, never awaited
    then: Type.Enum(['judged', 'silenced', 'flagged'], { description: 'What the pattern does once this one is given' }),
  },
  { ...closed, description: 'What an answer would have changed over the last days' },
);

const LogJob = Type.Object(
  {
    id: Type.String(),
    file: Type.String(),
    size: count('Bytes of the whole file'),
    uploaded: count('Bytes of it that arrived'),
    read: count('Bytes of it that were read'),
    state: JobState,
    lines: Type.Number(),
    linesPerSecond: Type.Number(),
    memory: count('Resident memory of the process, bytes'),
    secondsLeft: nullable(Type.Number()),
    anomalous: Type.Number(),
    createdAt: iso('When it was made'),
    finishedAt: nullable(iso('When it ended')),
    error: nullable(Type.Object({ code: Type.String(), message: Type.String() }, { ...closed, description: 'Why it failed, or stands still for now' })),
    position: nullable(Type.Number({ description: 'Place in the queue, 0 for the one that runs' })),
  },
  { ...closed, description: 'The work on an uploaded file' },
);

const template = Type.Integer({ description: 'Id of a template', minimum: 0, maximum: 0xffffffff });

/** What people may say of templates. */
export const TemplateEdit = Type.Union([
  Type.Object({ do: Type.Enum(['name']), template, name: Type.String({ maxLength: 200 }) }, closed),
  Type.Object({ do: Type.Enum(['pin']), template, pinned: Type.Boolean() }, closed),
  Type.Object({ do: Type.Enum(['ignore']), template, ignored: Type.Boolean() }, closed),
  Type.Object({ do: Type.Enum(['merge']), templates: Type.Array(template, { minItems: 1, maxItems: 100 }), into: template }, closed),
  Type.Object(
    {
      do: Type.Enum(['split']),
      template,
      word: Type.Integer({ description: 'From 0', minimum: 0, maximum: 10_000 }),
      values: Type.Array(Type.String({ minLength: 1, maxLength: 500 }), { minItems: 1, maxItems: 100 }),
    },
    closed,
  ),
]);

export const LOG_SCHEMAS = {
  LogOverview,
  LogTemplate,
  LogTemplates,
  LogSession,
  LogSessions: Type.Object(
    { sessions: Type.Array(ref('LogSession')), next: nullable(Type.String({ description: 'Cursor of the next page' })) },
    { ...closed, description: 'A page of sessions' },
  ),
  LogSessionDetail,
  LogScores,
  LogModel,
  LogAnswer,
  LogAnswerPreview,
  LogJob,
};
