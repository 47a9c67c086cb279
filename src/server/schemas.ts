/** TypeBox schemas of core/api.ts: the OpenAPI document is made of them, and the tests hold every answer against them. */
import { Type } from '../core/schema.ts';
import { VERDICT_KINDS } from '../core/verdicts.ts';
import { closed, labels, ms, nullable } from './schema-words.ts';
import { ANSWER_SCHEMAS } from './schemas-answers.ts';
import { INCIDENT_SCHEMAS } from './schemas-incidents.ts';
import { LOG_SCHEMAS } from './schemas-logs.ts';
import { SETTINGS_SCHEMAS } from './schemas-settings.ts';

const numbers = Type.Array(nullable(Type.Number()));

/** A named schema of the document; `T` is its type in core/api.ts. */
export function ref<T>(name: SchemaName) {
  return Type.Unsafe<T>({ $ref: `${name}#` });
}

const Condition = Type.Enum(['starting', 'ok', 'degraded', 'failed', 'finished', 'stopped']);

const Part = Type.Object(
  {
    part: Type.String({ description: 'source, engine, history, ledger, or a sink, receiver or worker with its number' }),
    condition: Condition,
    reason: Type.String({ description: 'Why; empty when ok' }),
    since: ms('Since when'),
  },
  { ...closed, description: 'How one part of a pipeline is' },
);

const Counts = Type.Object(
  {
    records: Type.Number(),
    events: Type.Number(),
    verdicts: Type.Number(),
    anomalies: Type.Number(),
    late: Type.Number(),
    deadLetters: Type.Number(),
    deadLettersDropped: Type.Number(),
    gaps: Type.Number(),
    bytes: Type.Number(),
  },
  { ...closed, description: 'Totals since the pipeline first ran' },
);

const Truth = Type.Object(
  {
    faults: Type.Number(),
    found: Type.Number(),
    alerts: Type.Number(),
    right: Type.Number({ description: 'Alerts about a fault' }),
    delayMs: nullable(Type.Number({ description: 'Mean time from the start of a fault to its first anomalous verdict' })),
    kinds: Type.Array(Type.Object({ kind: Type.String(), faults: Type.Number(), found: Type.Number() }, closed)),
  },
  { ...closed, description: 'How right the alerts are, where the truth comes with the data: precision is right / alerts, recall found / faults' },
);

const Pipeline = Type.Object(
  {
    name: Type.String(),
    condition: Condition,
    parts: Type.Array(Part),
    source: Type.String(),
    detector: Type.String(),
    threshold: Type.String(),
    config: Type.String({ description: 'Configuration hash in force' }),
    epoch: Type.Number({ description: 'Checkpoint since which it is in force' }),
    parallelism: Type.Number(),
    startedAt: ms('Start of this process’s run of it'),
    counts: Counts,
    eventsPerSecond: Type.Number(),
    verdictsPerSecond: Type.Number(),
    watermark: nullable(ms('Event time before which nothing more is expected')),
    lagMs: nullable(Type.Number({ description: 'How far behind the newest event it is, ms: clock less its time; 0 where nothing waits to be read' })),
    lagBytes: nullable(Type.Number({ description: 'Bytes that wait to be read; null where the source does not know' })),
    checkpoint: Type.Object({ number: Type.Number(), at: ms('When'), durationMs: Type.Number(), bytes: Type.Number(), intervalMs: Type.Number() }, closed),
    queues: Type.Array(Type.Object({ name: Type.String(), used: Type.Number(), limit: Type.Number() }, closed)),
    series: Type.Object({ known: Type.Number(), hot: Type.Number(), limit: Type.Number() }, closed),
    openIncidents: Type.Number(),
    recovery: nullable(Type.Object({ seconds: Type.Number(), checkpoint: Type.Number() }, closed)),
    report: Type.Array(Type.String(), { description: 'What the format chose, in words' }),
    backlogNotices: Type.Number({ description: 'Notices not sent because they were about the past' }),
    logs: Type.Boolean({ description: 'It reads log lines: the routes under logs answer for it' }),
    truth: nullable(Truth),
  },
  { ...closed, description: 'How a pipeline is' },
);

const Series = Type.Object(
  {
    pipeline: Type.String(),
    index: Type.Number(),
    key: Type.String(),
    labels,
    unit: Type.String(),
    time: nullable(ms('Newest event')),
    value: nullable(Type.Number()),
    score: nullable(Type.Number()),
    threshold: nullable(Type.Number()),
    anomalous: Type.Boolean(),
    warmup: Type.Boolean({ description: 'True while the detector has seen too little' }),
  },
  { ...closed, description: 'The latest state of a series' },
);

const Verdict = Type.Object(
  {
    id: Type.String(),
    kind: Type.Enum([...VERDICT_KINDS]),
    pipeline: Type.String(),
    series: Type.String(),
    labels,
    unit: Type.String(),
    time: Type.String({ description: 'ISO 8601, UTC, ms', format: 'date-time' }),
    values: numbers,
    score: nullable(Type.Number({ description: 'null while warming up' })),
    threshold: nullable(Type.Number()),
    anomalous: Type.Boolean(),
    onset: nullable(Type.Number({ description: '0 to 1: how strongly a new anomaly begins here' })),
    expected: nullable(Type.Number()),
    lower: nullable(Type.Number()),
    upper: nullable(Type.Number()),
    contributions: nullable(
      Type.Array(Type.Number(), { description: 'The share of each column in the score, together 1; null for one column or where unknown' }),
    ),
    member: nullable(Type.String({ description: 'The part of the detector that had the largest share in the score' })),
    detector: Type.String(),
    config: Type.String(),
    late: Type.Boolean(),
    subject: nullable(Type.String({ description: 'What it is about within its series (a session), or null' })),
    detail: Type.Unknown({ description: 'More about it, in a shape that its kind names, or null' }),
    revises: nullable(Type.String({ description: 'Id of the verdict that this one replaces' })),
    cause: Type.Object({ partition: Type.Number(), offset: Type.Number(), place: Type.Number() }, closed),
  },
  { ...closed, description: 'What a detector and a threshold say of an event' },
);

const Event = Type.Object({ time: ms('Event time'), values: numbers, late: Type.Boolean() }, { ...closed, description: 'A stored event' });

const Range = Type.Object(
  {
    resolution: Type.Number({ description: 'Width of a bucket in ms; 0 for raw rows' }),
    time: Type.Array(Type.Number(), { description: 'ms since 1970, ascending; start of the bucket' }),
    mean: numbers,
    min: numbers,
    max: numbers,
    expected: numbers,
    lower: numbers,
    upper: numbers,
    score: numbers,
    threshold: Type.Optional(Type.Array(nullable(Type.Number()), { description: 'Limit that the score was held against' })),
    anomalous: Type.Array(Type.Number(), { description: 'Anomalous rows per point' }),
    late: Type.Array(Type.Number(), { description: 'Late rows per point' }),
  },
  { ...closed, description: 'One series as columns side by side' },
);

const DeadLetter = Type.Object(
  {
    id: Type.Number(),
    pipeline: Type.String(),
    partition: Type.Number(),
    offset: Type.Number(),
    place: Type.Number(),
    code: Type.String(),
    detail: Type.String(),
    text: Type.String({ description: 'The record, at most 4 KiB of it' }),
    at: ms('When it was refused'),
    replayed: Type.Boolean(),
  },
  { ...closed, description: 'A record that could not become an event' },
);

const ComparedWay = Type.Object(
  {
    detector: Type.String(),
    threshold: Type.String(),
    alerts: Type.Array(ms('Where an alert begins')),
    alertsADay: Type.Number(),
    anomalous: Type.Number({ description: 'Anomalous rows' }),
    warmUp: Type.Number({ description: 'Rows before the first score' }),
    rowsPerSecond: Type.Number(),
    share: Type.Array(nullable(Type.Number()), { description: 'Per point the largest score as a share of its limit' }),
    agreement: Type.Array(nullable(Type.Number()), { description: 'Share of the alerts in common with each way; null where neither alerts' }),
    words: Type.Array(Type.String(), { description: 'What the detector found out' }),
  },
  closed,
);

/** Every schema that the document names. */
export const SCHEMAS = {
  ...LOG_SCHEMAS,
  ...SETTINGS_SCHEMAS,
  Component: Type.Object(
    { name: Type.String(), summary: Type.String(), finds: Type.String(), columns: Type.Enum(['one', 'many']) },
    { ...closed, description: 'A detector' },
  ),
  Detector: Type.Object(
    { detector: Type.String(), threshold: Type.String(), words: Type.Array(Type.String()) },
    { ...closed, description: 'What a detector has found out about its series' },
  ),
  Comparison: Type.Object(
    {
      rows: Type.Number({ description: 'Rows that were compared' }),
      from: ms('Of the first row'),
      to: ms('Of the last row'),
      resolution: Type.Number({ description: 'Width in ms of the buckets whose means were compared; 0 for the rows themselves' }),
      time: Type.Array(Type.Number(), { description: 'Points of the picture, ms since 1970' }),
      low: numbers,
      high: numbers,
      ways: Type.Array(ComparedWay),
    },
    { ...closed, description: 'Detectors side by side' },
  ),
  Part,
  Pipeline,
  Series,
  Verdict,
  Event,
  Range,
  ...INCIDENT_SCHEMAS,
  DeadLetter,
  ...ANSWER_SCHEMAS,
  Audit: Type.Object({ at: ms('When'), by: Type.String(), what: Type.String(), detail: Type.String() }, { ...closed, description: 'Who did what' }),
  Health: Type.Object(
    {
      condition: Condition,
      version: Type.String(),
      node: Type.String(),
      uptimeSeconds: Type.Number(),
      rssBytes: Type.Number(),
      eventLoopDelayMs: Type.Number({ description: 'p99 on the thread of the server, over the last seconds' }),
      ledgerBytes: Type.Number(),
      historyBytes: Type.Union([Type.Number(), Type.Null()], { description: 'null for a history that is kept elsewhere' }),
      pipelines: Type.Array(Type.Object({ name: Type.String(), condition: Condition, parts: Type.Array(Part) }, closed)),
    },
    { ...closed, description: 'Health of the process' },
  ),
  ReceiverTest: Type.Object(
    {
      pipeline: Type.String(),
      target: Type.String({ description: 'The receiver, as `slack#0`' }),
      ok: Type.Boolean({ description: 'It took the notice' }),
      detail: Type.String({ description: 'What it answered, or why it did not' }),
      ms: Type.Number({ description: 'How long it took, ms' }),
      mend: Type.String({ description: 'What to do; empty when it is ok' }),
    },
    { ...closed, description: 'How a receiver took a test notice' },
  ),
  Problem: Type.Object(
    {
      type: Type.String({ description: 'Where this kind of problem is explained' }),
      title: Type.String({ description: 'What it means' }),
      status: Type.Number(),
      detail: Type.String({ description: 'What happened' }),
      code: Type.String({ description: 'Code of the closed list of errors' }),
      mend: Type.String({ description: 'What to do' }),
    },
    { ...closed, description: 'RFC 9457 problem' },
  ),
};

type SchemaName = keyof typeof SCHEMAS;
