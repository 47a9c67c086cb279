/** A process in memory for the tests of the server: everything that a `Running` offers, steered by the test. */
import type {
  AnswerPreview,
  AnswerView,
  Comparison,
  ComponentView,
  DeadLetterView,
  DetectorView,
  IncidentDetail,
  LiveEvent,
  OutboxView,
  PipelineStatus,
  ReceiverTest,
  SeriesStatus,
  SilenceView,
} from '../core/api.ts';
import type { ControlRecord, IncidentRecord, JournalWriter, PushRequest, Transition } from '../core/contracts.ts';
import { HomeostatError } from '../core/errors.ts';
import type { AnswerQuery, CompareQuery, DetectRequest, Reader, Running } from '../core/live.ts';
import type { Verdict } from '../core/verdicts.ts';
import { FixtureLogs } from './logs.fixture.ts';
import { FixtureSettings } from './settings.fixture.ts';

export const START = Date.UTC(2026, 0, 5, 10);

export function verdictFixture(i: number, series = 'latency', pipeline = 'checkout'): Verdict {
  return {
    id: i.toString(16).padStart(16, '0'),
    kind: 'point',
    pipeline,
    series,
    labels: { host: 'a' },
    unit: 'ms',
    time: new Date(START + i * 1000).toISOString(),
    values: [200 + i],
    score: i === 0 ? null : i / 10,
    threshold: 3,
    anomalous: i > 30,
    onset: i > 30 ? 1 : 0,
    expected: 200,
    lower: 190,
    upper: 210,
    contributions: null,
    member: null,
    detector: 'ema',
    config: '0a1b2c3d',
    late: false,
    subject: null,
    detail: null,
    revises: null,
    cause: { partition: 0, offset: i, place: 0 },
  };
}

export function statusFixture(name: string): PipelineStatus {
  return {
    name,
    condition: 'ok',
    parts: [{ part: 'source', condition: 'ok', reason: '', since: START }],
    source: 'http',
    detector: 'ema',
    threshold: 'sigma',
    config: '0a1b2c3d',
    epoch: 1,
    parallelism: 1,
    startedAt: START,
    counts: { records: 12, events: 11, verdicts: 10, anomalies: 3, late: 2, deadLetters: 1, deadLettersDropped: 0, gaps: 0, bytes: 4096 },
    eventsPerSecond: 10,
    verdictsPerSecond: 9,
    watermark: START + 40_000,
    lagMs: 1500,
    lagBytes: null,
    checkpoint: { number: 7, at: START, durationMs: 3, bytes: 900, intervalMs: 100 },
    queues: [{ name: 'decoded', used: 3, limit: 8 }],
    series: { known: 2, hot: 2, limit: 100_000 },
    openIncidents: 1,
    recovery: null,
    report: ['time in column "time", ISO 8601'],
    backlogNotices: 0,
    logs: false,
    truth: null,
  };
}

const delivery = (kind: OutboxView['kind']): OutboxView => ({
  key: `${kind}-1`,
  kind,
  target: `${kind}#0`,
  state: 'delivered',
  attempts: 1,
  detail: '',
  createdAt: START,
  doneAt: START + 5,
});

export function incidentFixture(id = 'feed0001'): IncidentRecord {
  return {
    id,
    pipeline: 'checkout',
    group: { host: 'a' },
    state: 'Alerting',
    severity: 'warning',
    series: ['latency'],
    startedAt: START + 31_000,
    updatedAt: START + 33_000,
    endedAt: null,
    anomalies: 3,
    peak: { series: 'latency', time: START + 33_000, value: 233, score: 3.3, expected: 200, unit: 'ms' },
    acknowledgedBy: null,
    silenced: false,
    summary: 'latency is 233 ms instead of 200 ms',
  };
}

export function answerFixture(id = 'a1', active = true): AnswerView {
  return {
    id,
    pipeline: 'checkout',
    says: 'false-alarm',
    when: 'always',
    until: null,
    incident: 'feed0001',
    by: 'ann',
    comment: 'backup',
    at: START + 50_000,
    since: START + 39_000,
    parts: [{ series: 'latency', from: START + 31_000, to: START + 33_000, limitFactor: 1.16, onsetFactor: 1, ended: active ? null : START + 39_500 }],
    undone: active ? null : { by: 'bob', at: START + 60_000 },
    active,
  };
}

export function transitionFixture(): Transition {
  return { incident: 'feed0001', sequence: 1, from: 'Pending', to: 'Alerting', at: START + 33_000, cause: '3 of 5 verdicts were anomalous' };
}

/** Cuts a list into pages whose cursor is the place of the next item. */
function paged<T>(items: readonly T[], query: { limit: number; cursor?: string }): { items: T[]; next: string | null } {
  const at = Number(query.cursor ?? 0);
  const end = at + query.limit;
  return { items: items.slice(at, end), next: end < items.length ? String(end) : null };
}

/** A journal in memory that knows the keys it has seen. */
class Journal implements JournalWriter {
  readonly kept: PushRequest[] = [];
  readonly newest = undefined;
  /** What the next append is refused with. */
  failure: HomeostatError | undefined;
  /** Awaited before each append. */
  gate: Promise<void> = Promise.resolve();
  readonly #keys = new Map<string, number>();

  async append(request: PushRequest): Promise<{ offset: number; repeated: boolean }> {
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    const known = request.idempotencyKey === undefined ? undefined : this.#keys.get(request.idempotencyKey);
    if (known !== undefined) return { offset: known, repeated: true };
    const offset = this.kept.push({ ...request, body: Uint8Array.from(request.body) }) - 1;
    if (request.idempotencyKey !== undefined) this.#keys.set(request.idempotencyKey, offset);
    return { offset, repeated: false };
  }

  async appendAll(requests: readonly PushRequest[]): Promise<void> {
    for (const request of requests) await this.append(request);
  }

  release(): void {}
  async close(): Promise<void> {}
}

export class FixtureRunning implements Running {
  readonly logs = new FixtureLogs();
  readonly settings = new FixtureSettings();
  statuses: PipelineStatus[] = [statusFixture('checkout'), { ...statusFixture('host'), source: 'host' }];
  verdicts: Verdict[] = Array.from({ length: 40 }, (_, i) => verdictFixture(i));
  silences: SilenceView[] = [{ id: 's1', pipeline: 'checkout', matchers: { host: 'a' }, until: START, by: 'ann', comment: 'maintenance' }];
  answers: AnswerView[] = [answerFixture('a2', false), answerFixture()];
  letters: DeadLetterView[] = [1, 2, 3].map((id) => ({
    id,
    pipeline: id === 3 ? 'host' : 'checkout',
    partition: 0,
    offset: id,
    place: 0,
    code: 'RECORD_MALFORMED',
    detail: 'not JSON',
    text: '{',
    at: START,
    replayed: false,
  }));
  readonly said: { pipeline: string; record: ControlRecord }[] = [];
  readonly journals = { checkout: new Journal() };
  /** How often the history was asked for a range. */
  rangesRead = 0;
  /** What `verdictsOf` answers; by default the first verdict. */
  answer: () => Promise<Verdict[]> = async () => [verdictFixture(1)];
  readonly listeners = new Set<(event: LiveEvent) => void>();

  readonly reader: Reader = {
    incidents: (query) => paged(query.open === false ? [] : [incidentFixture(), incidentFixture('feed0002')], query),
    incident: (id): IncidentDetail | undefined =>
      id === 'feed0001'
        ? { ...incidentFixture(), transitions: [transitionFixture()], notices: [delivery('notice')], actions: [delivery('action')] }
        : undefined,
    deadLetters: (query) => paged(this.letters, query),
    silences: (pipeline) => this.silences.filter((each) => pipeline === undefined || each.pipeline === pipeline),
    answers: ({ series, active, pipeline, ...query }) => {
      const isWanted = (each: AnswerView): boolean =>
        (pipeline ?? each.pipeline) === each.pipeline && (active ?? each.active) === each.active && (series ?? 'latency') === 'latency';
      return paged(this.answers.filter(isWanted), query);
    },
    answer: (id) => this.answers.find((each) => each.id === id),
    judged: () => [],
    audit: (query) => paged([{ at: START, by: 'ann', what: 'acknowledge', detail: 'feed0001' }], query),
    outbox: (query) => paged([delivery('notice'), delivery('action')], query),
    verdicts: (query) => {
      const wanted = this.verdicts.filter((each) => {
        const time = Date.parse(each.time);
        return (
          (query.series === undefined || each.series === query.series) && time >= query.from && time <= query.to && (each.anomalous || !query.anomalousOnly)
        );
      });
      return paged(wanted, query);
    },
    range: (_pipeline, _series, from, to, points) => {
      this.rangesRead++;
      const time = this.verdicts.map((each) => Date.parse(each.time)).filter((each) => each >= from && each <= to);
      const column = time.slice(0, points);
      const filled = column.map(() => 1);
      return {
        resolution: 0,
        time: column,
        mean: filled,
        min: filled,
        max: filled,
        expected: filled,
        lower: filled,
        upper: filled,
        score: filled,
        anomalous: filled,
        late: filled,
      };
    },
    span: (_pipeline, series) => (series === 0 ? { from: START, to: START + 39_000 } : null),
    sizes: () => ({ ledger: 1000, history: 2000 }),
  };

  pipelines(): PipelineStatus[] {
    return this.statuses;
  }

  series(query: { pipeline?: string; search?: string; sort: 'score' | 'key'; limit: number; cursor?: string }): { items: SeriesStatus[]; next: string | null } {
    const all = ['latency', 'rate'].map((key, index): SeriesStatus => ({
      pipeline: 'checkout',
      index,
      key,
      labels: {},
      unit: '',
      time: START,
      value: 1,
      score: index,
      threshold: 3,
      anomalous: false,
      warmup: false,
    }));
    if (query.sort === 'score') all.reverse();
    return paged(
      all.filter((each) => each.key.includes(query.search ?? '')),
      query,
    );
  }

  seriesIndex(pipeline: string, key: string): number {
    return pipeline === 'checkout' ? ['latency', 'rate'].indexOf(key) : -1;
  }

  async control(pipeline: string, record: ControlRecord): Promise<number> {
    return this.said.push({ pipeline, record });
  }

  async testReceiver(pipeline: string, target: string): Promise<ReceiverTest> {
    if (target !== 'slack#0') throw new HomeostatError('NOT_FOUND', { what: `receiver of ${pipeline}`, name: target });
    return {
      pipeline,
      target,
      ok: false,
      detail: 'HTTP 404 Not Found: no_service',
      ms: 12,
      mend: 'It refuses what it was sent: check address, credentials and rights.',
    };
  }

  journal(pipeline: string): JournalWriter | undefined {
    return pipeline === 'checkout' ? this.journals.checkout : undefined;
  }

  /** How many requests have said that they will ask for verdicts. */
  expecting = 0;

  expectVerdicts(): () => void {
    this.expecting++;
    return () => void this.expecting--;
  }

  verdictsOf(): Promise<Verdict[]> {
    return this.answer();
  }

  detect(request: DetectRequest): Verdict[] {
    const name = Object.keys(request.detector ?? { ema: {} })[0];
    if (name !== 'ema')
      throw new HomeostatError('CONFIG_UNKNOWN_KEY', { file: 'request', line: 1, column: 1, key: name ?? '', where: 'detector', hint: '', known: 'ema' });
    return request.values.map((_, i) => verdictFixture(i));
  }

  detectors(): ComponentView[] {
    return [{ name: 'ema', summary: 'A mean', finds: 'Spikes.', columns: 'many' }];
  }

  async compare({ from, to, detectors }: CompareQuery): Promise<Comparison> {
    const way = { threshold: 'sigma', alerts: [from], alertsADay: 1, anomalous: 1, warmUp: 20, rowsPerSecond: 1e6, share: [0.5, null], words: [] };
    const ways = detectors.map((name) => ({ ...way, detector: String(name), agreement: detectors.map(() => null) }));
    return { rows: 2, from, to, resolution: 0, time: [from, to], low: [1, 2], high: [1, 2], ways };
  }

  detectorOf(): DetectorView {
    return { detector: 'ema', threshold: 'sigma', words: ['one a second'] };
  }

  /** Questions about answers, as they were asked. */
  readonly asked: AnswerQuery[] = [];

  async previewAnswer(query: AnswerQuery): Promise<AnswerPreview> {
    this.asked.push(query);
    const changed = { series: 'latency', time: START + 31_000, score: 3.1, limit: 3, limitWith: 3.5, was: 'alert', becomes: 'normal' } as const;
    return {
      parts: [{ series: 'latency', from: START + 31_000, to: START + 33_000, limitFactor: 1.16, onsetFactor: 1 }],
      from: START,
      to: START + 39_000,
      verdicts: 40,
      complete: true,
      enough: true,
      anomalous: { without: 9, with: 6 },
      alerts: { without: 1, with: 1 },
      changed: 3,
      first: [changed],
    };
  }

  subscribe(listener: (event: LiveEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells every listener, as the process does after a commit. */
  emit(event: LiveEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}
