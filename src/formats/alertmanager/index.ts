/** The format `alertmanager`: what Alertmanager posts to a webhook (version 4). */
import type { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { Type, defineFormat, quantity, type Static } from '../../core/schema.ts';
import { bomLength, textOf } from '../bytes.ts';
import { FramedDecoder, type RecordReader } from '../framing.ts';
import { ValueFramer } from '../json/values.ts';
import { seriesKey } from '../keys.ts';

const options = Type.Object({
  time: Type.Union([Type.Literal('arrival'), Type.Literal('alert')], {
    description:
      'When an alert counts: when the notice came, or when it says that it began (or ended). The second may lie behind newer ones: raise order.allowed_lateness.',
    default: 'arrival',
  }),
  labels: Type.Array(Type.String({ minLength: 1 }), {
    maxItems: 64,
    description: 'Labels of an alert that make its series; empty: all but the ignored ones.',
    default: [],
  }),
  ignore: Type.Array(Type.String(), {
    maxItems: 64,
    description: 'Labels that make no series, because they change while an alert lasts.',
    default: ['severity'],
  }),
  max_labels: Type.Integer({ minimum: 1, maximum: 64, description: 'Labels of an alert that are kept at most, in the order of their names.', default: 32 }),
  max_record: quantity('size', 'Longest notice; a longer one goes to the dead letters.', '4MiB'),
});

type Options = Static<typeof options>;
const DEFAULTS: Options = { time: 'arrival', labels: [], ignore: ['severity'], max_labels: 32, max_record: 4 * 2 ** 20 };

const NAME = 'alertname';
const LONGEST_LABEL = 256;

interface Alert {
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  startsAt: string;
  endsAt: string;
}

class NoticeReader implements RecordReader {
  readonly #options: Options;
  readonly #dictionary: SeriesDictionary;

  constructor(given: Options, dictionary: SeriesDictionary) {
    this.#options = given;
    this.#dictionary = dictionary;
  }

  read(bytes: Uint8Array, partition: number, offset: number, arrival: number, out: EventBuilder): void {
    const refuse = (place: number, code: string, detail: string, of: Uint8Array = bytes): void => out.refuse(partition, offset, place, code, detail, of);
    const alerts = bytes.length > this.#options.max_record ? undefined : alertsIn(bytes);
    if (alerts === undefined)
      return refuse(0, 'RECORD_TOO_LARGE', `a notice of ${bytes.length} bytes is longer than max_record ${this.#options.max_record} bytes`);
    if (typeof alerts === 'string') return refuse(0, 'RECORD_MALFORMED', alerts);
    const rows: { time: number; series: number; value: number }[] = [];
    let refused = 0;
    for (const alert of alerts) {
      const reason = this.#row(alert, arrival, out.width, rows);
      if (reason !== undefined) refuse(alerts.length + refused++, ...reason, Buffer.from(JSON.stringify(alert)));
    }
    rows.sort((a, b) => a.time - b.time);
    for (const [place, { time, series, value }] of rows.entries()) out.add(series, time, value, partition, offset, place);
  }

  /** Adds the row of an alert, or says why there is none. */
  #row(given: unknown, arrival: number, width: number, rows: { time: number; series: number; value: number }[]): [code: string, detail: string] | undefined {
    const alert = asAlert(given);
    if (alert === undefined) return ['RECORD_MALFORMED', 'no alert with status and labels'];
    if (width > 1) return ['RECORD_MALFORMED', `1 value where there are ${width} columns`];
    const stated = Date.parse(alert.status === 'firing' ? alert.startsAt : alert.endsAt);
    const time = this.#options.time === 'arrival' && arrival === arrival ? arrival : stated;
    if (!Number.isFinite(time))
      return ['RECORD_NO_TIME', `the alert says ${JSON.stringify(alert.startsAt)} and ${JSON.stringify(alert.endsAt)}, which is no time`];
    const labels = this.#labels(alert.labels);
    const key = seriesKey(alert.labels[NAME] ?? 'alert', labels);
    const series = this.#dictionary.intern(key, labels);
    if (series < 0) return ['SERIES_LIMIT', this.#dictionary.refusal(key)];
    rows.push({ time, series, value: alert.status === 'firing' ? 1 : 0 });
    return undefined;
  }

  #labels(all: Record<string, string>): Record<string, string> {
    const { labels: chosen, ignore, max_labels: most } = this.#options;
    const names = (chosen.length > 0 ? chosen.filter((name) => name in all) : Object.keys(all).filter((name) => !ignore.includes(name))).filter(
      (name) => name !== NAME,
    );
    const kept = names.sort().slice(0, most);
    return Object.fromEntries(kept.map((name) => [name, all[name].slice(0, LONGEST_LABEL)]));
  }
}

/** The alerts of a notice, or what is wrong with it. */
function alertsIn(bytes: Uint8Array): unknown[] | string {
  try {
    const notice: unknown = JSON.parse(textOf(bytes, bomLength(bytes), bytes.length));
    const alerts = (notice as { alerts?: unknown } | null)?.alerts;
    return Array.isArray(alerts) ? alerts : 'no notice of Alertmanager: it has no list of alerts';
  } catch (thrown) {
    return `no JSON: ${(thrown as Error).message}`;
  }
}

function asAlert(given: unknown): Alert | undefined {
  const { status, labels, startsAt, endsAt } = (given ?? {}) as Record<string, unknown>;
  if ((status !== 'firing' && status !== 'resolved') || typeof labels !== 'object' || labels === null || Array.isArray(labels)) return undefined;
  const texts = Object.entries(labels as Record<string, unknown>).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return { status, labels: Object.fromEntries(texts), startsAt: String(startsAt), endsAt: String(endsAt) };
}

export const alertmanager = defineFormat({
  name: 'alertmanager',
  summary: 'Notices that Alertmanager posts to a webhook: each alert is the value 1 while it fires and 0 once it is resolved.',
  options,
  sample: { ignore: ['severity', 'prometheus'] },
  create(given, dictionary, state) {
    const all = { ...DEFAULTS, ...given };
    return new FramedDecoder(() => new ValueFramer(), new NoticeReader(all, dictionary), all.max_record, state);
  },
});
