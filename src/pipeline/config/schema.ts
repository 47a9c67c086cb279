/** The shape of a configuration file. Components and the sections of other rooms come from the registry. */
import type { JsonValue } from '../../core/contracts.ts';
import { quantity, Type, type Static } from '../../core/schema.ts';
import { heartbeatOptions } from '../../incidents/heartbeat.ts';
import { cassandraOptions } from '../../stores/cassandra/options.ts';
import type { ComponentKind, LogSection, Registry } from './registry.ts';

/** A component of the configuration with its options validated and filled; options keep the names of their schema. */
export interface Component {
  name: string;
  options: Record<string, JsonValue>;
}

/** A place where `{ name: options }`, or the name alone, is written. */
function component(kind: ComponentKind, description: string, fallback?: string) {
  return Type.Unsafe<Component>({ component: kind, description, ...(fallback === undefined ? {} : { default: fallback }) });
}

const strict = { additionalProperties: false };
const text = (description: string, more = {}) => Type.String({ description, ...more });
const labelMap = (description: string) => Type.Record(Type.String(), Type.String(), { description, default: {}, scalars: true });

const order = Type.Object(
  {
    allowed_lateness: quantity('duration', 'How far an event may lie behind the newest of its partition before it counts as late.', '0s'),
    max_future: quantity('duration', 'How far an event may lie ahead of the clock; beyond it goes to dead letters. 0s: any time is taken.', '1h'),
    idle: quantity('duration', 'A partition that is silent for so long no longer holds the others back.', '5s'),
    max_buffer: Type.Integer({
      description: 'Events that wait to be put in order; at the bound all are released and what is older becomes late.',
      minimum: 1,
      maximum: 10_000_000,
      default: 100_000,
    }),
  },
  { ...strict, description: 'Order by event time.', default: {} },
);

const aggregate = Type.Object(
  {
    every: quantity('duration', 'Length of an interval.', '1m'),
    function: Type.Enum(['mean', 'sum', 'min', 'max', 'count', 'p50', 'p95', 'p99', 'rate'], {
      description: 'What becomes of the events of an interval; `rate` is the growth per second of a counter.',
      default: 'mean',
    }),
    filter: labelMap('Only series with these labels.'),
    unit: Type.Optional(text('Unit of the result.')),
    max_values: Type.Integer({
      description: 'Values of one interval held for a quantile; beyond it, a sample of so many.',
      minimum: 10,
      maximum: 1_000_000,
      default: 1_000,
    }),
  },
  { ...strict, description: 'One event per series and interval.' },
);

const align = Type.Object(
  {
    by: text('Label that names the entity; series that share its value make one row.', { minLength: 1 }),
    columns: Type.Array(Type.String({ minLength: 1 }), {
      description: 'Columns in the order of the row: values of column_label, or names of series that have no such label.',
      minItems: 1,
      maxItems: 256,
      uniqueItems: true,
    }),
    column_label: text('Label that tells which column a series is.', { minLength: 1, default: 'metric' }),
    every: quantity('duration', 'Time between two rows.', '1m'),
    fill: Type.Enum(['last', 'none', 'zero'], { description: 'What stands where a column has no value.', default: 'last' }),
    max_age: quantity('duration', 'How long `last` repeats a value.', '5m'),
  },
  { ...strict, description: 'One row of several columns per entity and interval.' },
);

/** The judge of a pipeline over logs that names none. */
export const DEFAULT_JUDGE = 'auto';

/** The detector used where none is named. */
export const DEFAULT_DETECTOR = 'auto';

const detect = Type.Object(
  {
    detector: component('detector', 'Turns events into scores.', DEFAULT_DETECTOR),
    threshold: Type.Optional(component('threshold', 'Turns scores into yes or no; the one that suits the detector when absent.')),
    learn: Type.Enum(['always', 'never', 'down-weighted'], {
      description:
        'What is learnt of anomalous events until they have lasted for adapt_after: all (always), none (never), or one in learn_one_in (down-weighted).',
      default: 'always',
    }),
    learn_one_in: Type.Integer({
      description: 'For `learn: down-weighted`: one anomalous event in so many is learnt.',
      minimum: 2,
      maximum: 1_000_000,
      default: 10,
    }),
    adapt_after: quantity('duration', 'A change that stays for so much event time becomes the new normal; for `learn: never` and `down-weighted`.', '10m'),
  },
  { ...strict, description: 'What finds anomalies.', default: {} },
);

const actionStep = Type.Object(
  {
    run: component('action', 'What to do.'),
    on: Type.Enum(['alerting', 'no-data'], { description: 'State of the incident that starts it.', default: 'alerting' }),
    cooldown: quantity('duration', 'Least time between two runs of it.', '10m'),
  },
  strict,
);

const pipelineProperties = {
  source: component('source', 'Where events come from.'),
  format: Type.Optional(component('format', 'How records are decoded; by source when absent.')),
  labels: labelMap('Added to every series.'),
  unit: text('Unit of the values where the source names none.', { default: '' }),
  order,
  max_series: Type.Integer({
    description: 'Series known at once; events of further ones go to dead letters.',
    minimum: 1,
    maximum: 100_000_000,
    default: 100_000,
  }),
  aggregate: Type.Optional(aggregate),
  align: Type.Optional(align),
  detect,
  notify: Type.Array(component('notifier', 'Who is told about incidents.'), { description: 'Receivers of alerts.', default: [] }),
  actions: Type.Array(actionStep, { description: 'What is done about incidents.', default: [] }),
  sinks: Type.Array(component('sink', 'Where verdicts go.'), { description: 'Receivers of verdicts.', default: [] }),
  truth: Type.Optional(
    Type.Object(
      { grace: quantity('duration', 'Marked events no further apart are one fault, and an alert so soon after a fault is still about it.', '30s') },
      {
        ...strict,
        description: 'Holds alerts against the truth that comes with the data (a simulator, `truth` of the format json) and shows precision and recall.',
      },
    ),
  ),
  store: Type.Enum(['all', 'anomalies'], { description: 'Verdicts kept in the history.', default: 'all' }),
  rollup: quantity('duration', 'Bucket of the downsampled values kept for charts.', '1m'),
  checkpoint: Type.Object(
    {
      min_interval: quantity('duration', 'A commit comes so often while it is cheap.', '100ms'),
      max_interval: quantity('duration', 'A commit comes at least so often while there is something to commit.', '1s'),
    },
    { ...strict, description: 'When state, positions and outputs are made durable.', default: {} },
  ),
  state: Type.Object(
    {
      cache: Type.Integer({
        description: 'Series whose state is held in memory; the others are in the ledger.',
        minimum: 1,
        maximum: 100_000_000,
        default: 20_000,
      }),
    },
    { ...strict, default: {} },
  ),
  journal: Type.Object(
    {
      max_size: quantity('size', 'Pushes are answered 507 when more than this waits to be processed.', '1GiB'),
      max_age: quantity('duration', 'What was processed is kept for so long.', '7d'),
    },
    { ...strict, description: 'Durable log in front of a source that is pushed to.', default: {} },
  ),
  restart: Type.Object(
    {
      backoff: quantity('duration', 'Wait before the first restart of a failed part; doubles each time.', '500ms'),
      max_backoff: quantity('duration', 'Longest wait.', '30s'),
      attempts: Type.Integer({
        description: 'Restarts in a row before the pipeline counts as failed and is only tried every 5 minutes.',
        minimum: 0,
        maximum: 1_000_000,
        default: 10,
      }),
    },
    { ...strict, description: 'What happens after a failure.', default: {} },
  ),
};

const pipeline = Type.Object(pipelineProperties, strict);

const top = {
  data: text('Data folder; relative to this file.', { minLength: 1, default: './data' }),
  log: Type.Object(
    {
      level: Type.Enum(['debug', 'info', 'warn', 'error'], { description: 'Least level that is written.', default: 'info' }),
      format: Type.Enum(['text', 'json'], { description: 'How a line is written.', default: 'text' }),
    },
    { ...strict, default: {} },
  ),
  parallelism: Type.Integer({ description: 'Threads that detect; verdicts do not depend on it.', minimum: 1, maximum: 64, default: 1 }),
  ledger: Type.Object(
    {
      synchronous: Type.Enum(['full', 'normal'], {
        description: 'normal: a power cut may take back the last commits (a crash of the process does not).',
        default: 'full',
      }),
      savepoint_every: quantity('duration', 'A whole copy of the ledger is made so often, for `homeostat ledger repair`; two are kept.', '1h'),
    },
    { ...strict, default: {} },
  ),
  history: Type.Object(
    {
      period: quantity('duration', 'Span of one file.', '7d'),
      keep: quantity('duration', 'Files older than this are removed.', '90d'),
      max_size: quantity('size', 'The oldest files are removed beyond it.', '10GiB'),
      cassandra: Type.Optional(cassandraOptions),
    },
    { ...strict, description: 'Where verdicts are kept: files in the data folder, or Cassandra.', default: {} },
  ),
  heartbeat: Type.Optional(heartbeatOptions),
};

/** Names end up in paths and addresses. */
export const PIPELINE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

const topObject = Type.Object(top);
export type PipelineTree = Static<typeof pipeline> & Partial<Record<LogSection, Record<string, JsonValue>>> & { judge?: Component };
export type FileTree = Static<typeof topObject>;

/** The section `judging`: what the judging room states, and the threshold, which is a component. */
export function judgingSchema({ logs }: Registry) {
  const threshold = Type.Optional(component('threshold', 'The threshold that follows the scores; the one that suits the judge when absent.'));
  return Type.Object({ ...logs.judging.properties, threshold }, { ...strict, description: 'How sessions are judged.' });
}

/** The schema of a whole file. */
export function fileSchema(registry: Registry) {
  const { source, format, labels, unit, order, max_series, aggregate, align, detect, ...rest } = pipelineProperties;
  const logs = {
    parse: Type.Optional(registry.logs.parse),
    rate: Type.Optional(registry.logs.rate),
    session: Type.Optional(registry.logs.session),
    judge: Type.Optional(component('judge', 'What says how odd a session is.')),
    judging: Type.Optional(judgingSchema(registry)),
  };
  const incident = { ...registry.incident, default: registry.incident['default' as keyof typeof registry.incident] ?? {} };
  const one = Type.Object({ source, format, labels, unit, order, max_series, aggregate, align, detect, ...logs, incident: incident, ...rest }, strict);
  const server = Type.Unsafe<Record<string, JsonValue>>({ ...(registry.server ?? Type.Record(Type.String(), Type.Unknown())), default: {} });
  const pipelines = Type.Record(Type.String(), one, { description: 'Pipelines by name.', minProperties: 1, names: PIPELINE_NAME.source });
  return Type.Object(
    { data: top.data, server, log: top.log, parallelism: top.parallelism, ledger: top.ledger, history: top.history, heartbeat: top.heartbeat, pipelines },
    strict,
  );
}
