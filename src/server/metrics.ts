/** Prometheus metrics. Pipelines are looked at when somebody scrapes, so that they cost nothing between. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { PipelineStatus, SeriesStatus } from '../core/api.ts';
import type { Running } from '../core/live.ts';
import type { Hub } from './stream/hub.ts';

/** Something bounded: what is used of it, and how much there is. */
export interface Bound {
  name: string;
  help: string;
  used(): number;
  limit: number;
}

type Reading = [suffix: string, help: string, read: (status: PipelineStatus) => number | null];

/** Totals since the pipeline first ran. */
const COUNTERS: Reading[] = [
  ['records_total', 'Records read', (s) => s.counts.records],
  ['events_total', 'Events decoded', (s) => s.counts.events],
  ['verdicts_total', 'Verdicts committed', (s) => s.counts.verdicts],
  ['anomalies_total', 'Anomalous verdicts committed', (s) => s.counts.anomalies],
  ['late_total', 'Events behind the watermark', (s) => s.counts.late],
  ['dead_letters_total', 'Records that could not become events', (s) => s.counts.deadLetters],
  ['gaps_total', 'Times that something was lost before the journal could keep it', (s) => s.counts.gaps],
  ['dead_letters_dropped_total', 'Dead letters not kept because there were too many', (s) => s.counts.deadLettersDropped],
  ['read_bytes_total', 'Bytes read', (s) => s.counts.bytes],
  ['backlog_notices_total', 'Notices not sent because they were about the past', (s) => s.backlogNotices],
];

const GAUGES: Reading[] = [
  ['events_per_second', 'Events over the last seconds', (s) => s.eventsPerSecond],
  ['verdicts_per_second', 'Verdicts over the last seconds', (s) => s.verdictsPerSecond],
  ['watermark_seconds', 'Event time before which nothing more is expected', (s) => inSeconds(s.watermark)],
  ['lag_seconds', 'How far behind the newest event: clock less its time, 0 where nothing waits to be read', (s) => inSeconds(s.lagMs)],
  ['lag_bytes', 'Bytes not yet read', (s) => s.lagBytes],
  ['checkpoint_number', 'Last checkpoint', (s) => s.checkpoint.number],
  ['checkpoint_timestamp_seconds', 'When the last checkpoint was made', (s) => s.checkpoint.at / 1000],
  ['checkpoint_duration_seconds', 'Time that the last checkpoint took', (s) => s.checkpoint.durationMs / 1000],
  ['checkpoint_bytes', 'Bytes of the last checkpoint', (s) => s.checkpoint.bytes],
  ['checkpoint_interval_seconds', 'Time between two checkpoints', (s) => s.checkpoint.intervalMs / 1000],
  ['series', 'Known series', (s) => s.series.known],
  ['series_hot', 'Series whose state is in memory', (s) => s.series.hot],
  ['series_limit', 'Most series that may be known', (s) => s.series.limit],
  ['open_incidents', 'Incidents that are open', (s) => s.openIncidents],
  ['recovery_seconds', 'Time that the last recovery took', (s) => s.recovery?.seconds ?? null],
  ['truth_faults', 'Faults that the data say there were', (s) => s.truth?.faults ?? null],
  ['truth_faults_found', 'Of them, those with an anomalous verdict', (s) => s.truth?.found ?? null],
  ['truth_alerts', 'Stretches of anomalous verdicts since faults are marked', (s) => s.truth?.alerts ?? null],
  ['truth_alerts_right', 'Of them, those about a fault', (s) => s.truth?.right ?? null],
  ['workers', 'Workers that share the series', (s) => s.parallelism],
];

const CONDITIONS = ['starting', 'ok', 'degraded', 'failed', 'finished', 'stopped'] as const;

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

function pipelineMetrics(registry: Registry, running: Running): void {
  const registers = [registry];
  for (const [suffix, help, read] of COUNTERS) {
    const counter = new Counter({
      name: `homeostat_${suffix}`,
      help,
      labelNames: ['pipeline'],
      registers,
      collect() {
        counter.reset();
        for (const status of running.pipelines()) counter.inc({ pipeline: status.name }, read(status) ?? 0);
      },
    });
  }
  for (const [suffix, help, read] of GAUGES) {
    const gauge = new Gauge({
      name: `homeostat_${suffix}`,
      help,
      labelNames: ['pipeline'],
      registers,
      collect() {
        gauge.reset();
        for (const status of running.pipelines()) {
          const value = read(status);
          if (value !== null && Number.isFinite(value)) gauge.set({ pipeline: status.name }, value);
        }
      },
    });
  }
}

type SeriesReading = [suffix: string, help: string, read: (series: SeriesStatus) => number | null];

const SERIES_GAUGES: SeriesReading[] = [
  ['series_value', 'Newest value of a series', (s) => s.value],
  ['series_score', 'Newest score of a series: higher is more unusual', (s) => s.score],
  ['series_threshold', 'Limit that the newest score was held against', (s) => s.threshold],
  ['series_anomalous', '1 where the newest verdict of a series is anomalous', (s) => (s.time === null ? null : Number(s.anomalous))],
  ['series_timestamp_seconds', 'Event time of the newest verdict of a series', (s) => inSeconds(s.time)],
];

/** The first `most` series of each pipeline by key, so that they stay the same ones from scrape to scrape; one look at them serves all gauges. */
function seriesMetrics(registry: Registry, running: Running, most: number): void {
  if (most === 0) return;
  const registers = [registry];
  // Registered first, so that it is collected first and fills the others.
  const over: Gauge = new Gauge({
    name: 'homeostat_series_not_shown',
    help: 'Series beyond server.metrics_series, which have no metrics of their own',
    labelNames: ['pipeline'],
    registers,
    collect() {
      for (const { gauge } of gauges) gauge.reset();
      over.reset();
      for (const { name: pipeline } of running.pipelines()) {
        const { items, total = items.length } = running.series({ pipeline, sort: 'key', limit: most });
        over.set({ pipeline }, total - items.length);
        for (const status of items) {
          for (const { read, gauge } of gauges) {
            const value = read(status);
            if (value !== null && Number.isFinite(value)) gauge.set({ pipeline, series: status.key }, value);
          }
        }
      }
    },
  });
  const gauges = SERIES_GAUGES.map(([suffix, help, read]) => {
    const gauge = new Gauge({ name: `homeostat_${suffix}`, help, labelNames: ['pipeline', 'series'], registers });
    return { read, gauge };
  });
}

function partMetrics(registry: Registry, running: Running): void {
  const registers = [registry];
  const queue = (name: string, help: string, read: (each: { used: number; limit: number }) => number) => {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['pipeline', 'queue'],
      registers,
      collect() {
        gauge.reset();
        for (const status of running.pipelines()) for (const each of status.queues) gauge.set({ pipeline: status.name, queue: each.name }, read(each));
      },
    });
  };
  queue('homeostat_queue_used', 'What waits in a queue', (each) => each.used);
  queue('homeostat_queue_limit', 'Bound of a queue', (each) => each.limit);
  const condition = new Gauge({
    name: 'homeostat_condition',
    help: '1 for the condition that a pipeline is in',
    labelNames: ['pipeline', 'condition'],
    registers,
    collect() {
      condition.reset();
      for (const status of running.pipelines()) {
        for (const each of CONDITIONS) condition.set({ pipeline: status.name, condition: each }, each === status.condition ? 1 : 0);
      }
    },
  });
  const stored = new Gauge({
    name: 'homeostat_stored_bytes',
    help: 'Bytes on the disk',
    labelNames: ['store'],
    registers,
    collect() {
      const sizes = running.reader.sizes();
      stored.set({ store: 'ledger' }, sizes.ledger);
      if (sizes.history !== null) stored.set({ store: 'history' }, sizes.history);
    },
  });
}

function serverMetrics(registry: Registry, hub: Hub, bounds: readonly Bound[]): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) => {
    const made: Gauge = new Gauge({
      name,
      help,
      registers,
      collect() {
        made.set(read());
      },
    });
  };
  const counter = (name: string, help: string, read: () => number) => {
    const made = new Counter({
      name,
      help,
      registers,
      collect() {
        made.reset();
        made.inc(read());
      },
    });
  };
  counter('homeostat_stream_dropped_total', 'Events left out for slow streams', () => hub.counts.dropped);
  counter('homeostat_stream_resets_total', 'Resets sent to streams', () => hub.counts.resets);
  for (const { name, help, used, limit } of bounds) {
    gauge(`homeostat_${name}`, help, used);
    gauge(`homeostat_${name}_limit`, `Bound: ${help.toLowerCase()}`, () => limit);
  }
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<'method' | 'route' | 'status'>;

  /** `series`: how many of each pipeline have metrics of their own. */
  constructor(running: Running, hub: Hub, bounds: readonly Bound[], series: number) {
    collectDefaultMetrics({ register: this.#registry });
    pipelineMetrics(this.#registry, running);
    partMetrics(this.#registry, running);
    seriesMetrics(this.#registry, running, series);
    serverMetrics(this.#registry, hub, bounds);
    this.#requests = new Histogram({
      name: 'homeostat_http_request_seconds',
      help: 'Time from a request to its answer',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
      registers: [this.#registry],
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Notes an answered request under the pattern of its route, so that addresses cannot make ever new labels. */
  answered(request: FastifyRequest, reply: FastifyReply): void {
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    this.#requests.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
  }
}
