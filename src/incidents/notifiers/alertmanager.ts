/** Incidents as alerts of a Prometheus Alertmanager, API version 2 (POST /api/v2/alerts, prometheus.io/docs/alerting/latest/clients). */
import type { Notice, Notifier, Outcome } from '../../core/contracts.ts';
import { LONGEST_TIMER, defineNotifier, quantity, Type } from '../../core/schema.ts';
import { keyOf, linkOf } from '../notice-words.ts';
import { post } from '../post.ts';
import { reachUrl } from '../reach.ts';

const options = Type.Object(
  {
    url: Type.String({ pattern: '^https?://', description: 'Address of the Alertmanager, without /api/v2/alerts.' }),
    headers: Type.Record(Type.String(), Type.String({ secret: true }), { description: 'Further headers, such as Authorization.', default: {} }),
    timeout: quantity('duration', 'Longest wait for the answer to one attempt.', '10s', { minimum: 100, maximum: LONGEST_TIMER }),
    repeat: quantity('duration', 'An alert that goes on is sent again so often; without that, Alertmanager would take it for over.', '1m', {
      minimum: 100,
      maximum: 86_400_000,
    }),
    alertname: Type.String({ description: 'Label `alertname`.', default: 'HomeostatIncident', minLength: 1 }),
    labels: Type.Record(Type.String(), Type.String(), { description: 'Further labels of every alert.', default: {}, scalars: true }),
    external_url: Type.Optional(Type.String({ pattern: '^https?://', description: 'Address of this process as people reach it, for generatorURL.' })),
  },
  { additionalProperties: false },
);

/** What the API takes. */
export interface PostedAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** RFC 3339. */
  startsAt: string;
  endsAt: string;
  generatorURL?: string;
}

/** An alert without news is over after so many repeats: some may be lost on the way. */
const REPEATS = 4;

/** So long does the alert of a test last, ms. */
const TEST = 60_000;

/** Alerts that are kept alive at once, and alerts in one request. */
const MOST = 10_000;
const TOGETHER = 500;

/** Label names as Prometheus takes them; values that are empty would be no labels. */
function labelsOf(labels: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(labels).filter(([, value]) => value !== '');
  return Object.fromEntries(kept.map(([name, value]) => [name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_'), value]));
}

export const alertmanager = defineNotifier({
  name: 'alertmanager',
  summary: 'Raises each incident as an alert of a Prometheus Alertmanager, keeps it alive while it lasts, and ends it.',
  options,
  sample: { url: 'http://127.0.0.1:9093' },
  reach: ({ url }) => reachUrl('alertmanager', url),
  create({ url, headers, timeout, repeat, alertname, labels, external_url }, { log }): Notifier {
    const to = { url: `${url.replace(/\/+$/, '')}/api/v2/alerts`, secret: '', timeout, headers };
    const alertOf = (notice: Notice): PostedAlert => {
      const { incident, repeated, test } = notice;
      const link = linkOf(notice, external_url);
      const annotations = {
        summary: incident.summary,
        incident: incident.id,
        state: incident.state,
        series: incident.series.join(', '),
        anomalies: String(incident.anomalies),
      };
      return {
        labels: { alertname, ...labelsOf(notice.labels), ...labels },
        annotations: { ...annotations, ...(repeated ? { repeated: 'true' } : {}), ...(test === true ? { test: 'true' } : {}) },
        startsAt: new Date(Math.min(incident.startedAt, Date.now())).toISOString(),
        endsAt: new Date(Date.now() + (notice.status === 'resolved' ? 0 : test === true ? TEST : REPEATS * repeat)).toISOString(),
        ...(link === undefined ? {} : { generatorURL: link }),
      };
    };
    const raise = (key: string, alerts: readonly PostedAlert[], signal: AbortSignal): Promise<Outcome> => post(to, key, JSON.stringify(alerts), signal);
    const kept = new KeptAlive(repeat, alertOf, (alerts, signal) => raise('repeat', alerts, signal), log);
    const together = async (notices: readonly Notice[], signal: AbortSignal): Promise<Outcome> => {
      const over = notices.filter((notice) => notice.status === 'resolved');
      const ended = new Map(notices.map((notice) => [notice, kept.endedBy(notice)]));
      // A reminder that arrives behind the end would raise the alert again.
      if (over.length > 0) await kept.drop(over);
      const alerts = notices.flatMap((notice) => [...ended.get(notice)!, alertOf(notice)]);
      const outcome = await raise(keyOf(notices), alerts, signal);
      // Not before: an attempt that is repeated must end again what the one before was to end.
      if (outcome.ok) for (const notice of notices) kept.take(notice);
      return outcome;
    };
    return {
      name: 'alertmanager',
      send: (notice, signal) => together([notice], signal),
      sendTogether: together,
      resume: (told) => told.forEach((notice) => kept.take(notice)),
      close: () => kept.close(),
    };
  },
});

/** Sends again what goes on. */
class KeptAlive {
  readonly #told = new Map<string, Notice>();
  readonly #repeat: number;
  readonly #alertOf: (notice: Notice) => PostedAlert;
  readonly #send: (alerts: readonly PostedAlert[], signal: AbortSignal) => Promise<Outcome>;
  readonly #log: (level: 'info' | 'warn', message: string) => void;
  readonly #end = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** The reminder that is on its way. */
  #sending: Promise<Outcome> | undefined;
  #isWell = true;

  constructor(
    repeat: number,
    alertOf: (notice: Notice) => PostedAlert,
    send: (alerts: readonly PostedAlert[], signal: AbortSignal) => Promise<Outcome>,
    log: (level: 'info' | 'warn', message: string) => void,
  ) {
    this.#repeat = repeat;
    this.#alertOf = alertOf;
    this.#send = send;
    this.#log = log;
  }

  /** An incident whose labels have changed since is another alert there: the one before ends with it. */
  endedBy(notice: Notice): PostedAlert[] {
    const before = this.#told.get(notice.incident.id);
    if (before === undefined || JSON.stringify(before.labels) === JSON.stringify(notice.labels)) return [];
    return [this.#alertOf({ ...notice, status: 'resolved', labels: before.labels })];
  }

  /** No reminder of these comes any more when it resolves. */
  async drop(over: readonly Notice[]): Promise<void> {
    for (const { incident } of over) this.#told.delete(incident.id);
    await this.#sending;
  }

  /** Nothing is kept of tests, nor beyond the bound: those end by themselves. */
  take(notice: Notice): void {
    const { id } = notice.incident;
    if (notice.status === 'resolved') this.#told.delete(id);
    else if (notice.test !== true && (this.#told.has(id) || this.#told.size < MOST)) this.#told.set(id, { ...notice, repeated: false });
    if (this.#told.size > 0 && this.#timer === undefined && !this.#end.signal.aborted) this.#later();
  }

  close(): void {
    this.#end.abort();
    clearTimeout(this.#timer);
  }

  #later(): void {
    this.#timer = setTimeout(() => void this.#again(), this.#repeat);
    this.#timer.unref();
  }

  async #again(): Promise<void> {
    const notices = [...this.#told.values()];
    for (let i = 0; i < notices.length && !this.#end.signal.aborted; i += TOGETHER) {
      const still = notices.slice(i, i + TOGETHER).filter((notice) => this.#told.get(notice.incident.id) === notice);
      if (still.length === 0) continue;
      this.#sending = this.#send(still.map(this.#alertOf), this.#end.signal);
      const outcome = await this.#sending;
      this.#sending = undefined;
      if (this.#end.signal.aborted) return;
      if (!outcome.ok && this.#isWell) this.#log('warn', `open alerts cannot be kept alive: ${outcome.detail}`);
      if (outcome.ok && !this.#isWell) this.#log('info', 'open alerts are kept alive again');
      this.#isWell = outcome.ok;
    }
    this.#timer = undefined;
    if (this.#told.size > 0 && !this.#end.signal.aborted) this.#later();
  }
}
