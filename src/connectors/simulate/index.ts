/** Simulated streams with known anomalies. */
import { Type, defineSource, quantity, type Static } from '../../core/schema.ts';
import { cloud, cloudOptions } from './cloud.ts';
import { responseTime, responseTimeOptions } from './response-time.ts';
import { hdfs, hdfsOptions } from './hdfs.ts';
import { SimulatedLog } from './log-source.ts';
import type { Clockwork, Scenario } from './scenario.ts';
import { sensors, sensorsOptions } from './sensors.ts';
import { SimulateSource } from './source.ts';

const options = Type.Object(
  {
    scenario: Type.Union([Type.Literal('response-time'), Type.Literal('sensors'), Type.Literal('cloud'), Type.Literal('hdfs')], {
      description: 'What is simulated.',
      default: 'response-time',
    }),
    seed: Type.Integer({ description: 'The same seed gives the same values.', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 1 }),
    rate: Type.Optional(quantity('rate', 'Events per second, all series together; of log lines on average. Absent: as fast as they are taken.')),
    interval: Type.Optional(
      quantity(
        'duration',
        'Event time between two values of a series, between the beginnings of two blocks (hdfs, on average). Absent: what makes event time pass as the clock does when there is a rate, else 100ms (response-time), 1s (sensors, hdfs), 10s (cloud).',
      ),
    ),
    start: Type.Optional(
      Type.String({
        description: 'Event time of the first values, UTC. Absent: the clock when there is a rate, else 2024-01-01T00:00:00Z.',
        pattern: '^\\d{4}-\\d\\d-\\d\\d(T\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,3})?Z)?$',
      }),
    ),
    count: Type.Integer({ description: 'Events in all, those that drop out among them; 0: no end.', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 }),
    response_time: responseTimeOptions,
    sensors: sensorsOptions,
    cloud: cloudOptions,
    hdfs: hdfsOptions,
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;
type Numbers = Exclude<Options['scenario'], 'hdfs'>;

const FIXED_START = Date.UTC(2024, 0, 1);

const SCENARIOS: Record<Numbers, { interval: number; make(chosen: Options, clockwork: Clockwork): Scenario }> = {
  'response-time': { interval: 100, make: (chosen, clockwork) => responseTime(chosen.response_time, chosen.seed, clockwork) },
  sensors: { interval: 1000, make: (chosen, clockwork) => sensors(chosen.sensors, chosen.seed, clockwork) },
  cloud: { interval: 10_000, make: (chosen, clockwork) => cloud(chosen.cloud, chosen.seed, clockwork) },
};

const SERIES: Record<Numbers, (chosen: Options) => number> = {
  'response-time': () => 1,
  sensors: (chosen) => 3 * chosen.sensors.machines,
  cloud: (chosen) => 5 * chosen.cloud.hosts,
};

/** Emits ready events with their truth beside; its position holds start, interval and the ordinal of the next event. The truth of log lines names sessions. */
export const simulate = defineSource({
  name: 'simulate',
  summary: 'Simulated streams with known anomalies: a response time, sensors of machines, hosts of a cloud, the log of a distributed file system.',
  options,
  sample: { scenario: 'response-time', rate: '10/s', seed: 7 },
  delivers: 'events',
  create(chosen, context) {
    const { scenario, rate, count } = chosen;
    const start = chosen.start === undefined ? (rate === undefined ? FIXED_START : undefined) : Date.parse(chosen.start);
    if (scenario === 'hdfs') {
      const plan = { scenario, make: (clockwork: Clockwork) => hdfs(chosen.hdfs, chosen.seed, clockwork), rate, interval: chosen.interval, start, count };
      return new SimulatedLog(plan, context.dictionary, context.now);
    }
    const { interval, make } = SCENARIOS[scenario];
    const paced = rate === undefined ? interval : (SERIES[scenario](chosen) * 1000) / rate;
    const plan = { scenario, make: (clockwork: Clockwork) => make(chosen, clockwork), rate, interval: chosen.interval ?? paced, start, count };
    return new SimulateSource(plan, context.dictionary, context.now);
  },
});
