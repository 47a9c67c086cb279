/** Bodies written by a person: `{{field}}` is replaced by what the notice says there. */
import type { JsonValue, Notice } from '../core/contracts.ts';
import { nearest } from '../core/nearest.ts';
import { lastedOf, linkOf, stateOf, titleOf } from './notice-words.ts';

type Fields = Readonly<Record<string, JsonValue>>;

/** What a template can name. Times are ISO 8601; what is not known is null. */
export function fieldsOf(notice: Notice, receiver: string, externalUrl: string | undefined): Fields {
  const { incident, labels, key, status, at, repeated, test } = notice;
  const { peak } = incident;
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  return {
    key,
    status,
    state: stateOf(notice),
    title: titleOf(notice),
    summary: incident.summary,
    severity: incident.severity,
    pipeline: incident.pipeline,
    receiver,
    at: iso(at),
    lasted: lastedOf(notice),
    link: linkOf(notice, externalUrl) ?? null,
    repeated,
    test: test === true,
    labels,
    group: incident.group,
    incident: {
      id: incident.id,
      state: incident.state,
      started_at: iso(incident.startedAt),
      ended_at: iso(incident.endedAt),
      anomalies: incident.anomalies,
      series: incident.series,
    },
    peak: {
      series: peak?.series ?? null,
      value: peak?.value ?? null,
      expected: peak?.expected ?? null,
      score: peak?.score ?? null,
      unit: peak?.unit ?? null,
      time: iso(peak?.time ?? null),
    },
  };
}

const FIELD = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Maps whose names the data decide. */
const OPEN = ['labels.', 'group.'];

/** Puts the fields into the template; texts are written so that they stay one value in a body of this media type. */
export function render(template: string, fields: Fields, contentType: string): string {
  return template.replace(FIELD, (_, path: string) => written(at(fields, path), contentType));
}

function at(fields: Fields, path: string): JsonValue {
  // A label may hold dots in its name.
  const [head, ...rest] = path.split('.');
  const value = fields[head];
  if (rest.length === 0) return value ?? null;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const name = rest.join('.');
  return Object.hasOwn(value, name) ? value[name] : OPEN.includes(`${head}.`) ? '' : null;
}

function written(value: JsonValue, contentType: string): string {
  if (contentType.includes('json')) return typeof value === 'string' ? JSON.stringify(value).slice(1, -1) : JSON.stringify(value);
  const text = value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  return contentType.startsWith('application/x-www-form-urlencoded') ? encodeURIComponent(text) : text;
}

/** What is wrong with a template, in words that follow the name of its option; undefined where nothing is. */
export function templateProblem(template: string, contentType: string): string | undefined {
  const fields = fieldsOf(EXAMPLE, 'webhook#0', 'http://127.0.0.1:7070');
  const known = namesOf(fields);
  for (const [, path] of template.matchAll(FIELD)) {
    if (known.includes(path) || OPEN.some((prefix) => path.startsWith(prefix) && path.length > prefix.length)) continue;
    const near = nearest(path, known);
    return `names the unknown field "${path}"${near === undefined ? '' : `; did you mean "${near}"?`} Known: ${known.join(', ')}, labels.NAME, group.NAME`;
  }
  if (template.replace(FIELD, '').includes('{{')) return 'holds "{{" without a field and "}}" behind it';
  if (!contentType.includes('json')) return undefined;
  try {
    JSON.parse(render(template, fields, contentType));
    return undefined;
  } catch (thrown) {
    return `does not become JSON (${(thrown as Error).message}); texts stand in quotes, numbers and true or false without`;
  }
}

/** Every path of the fields, of maps both the whole and what is in it. */
function namesOf(fields: Fields, prefix = ''): string[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    const path = prefix + name;
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return [path];
    return OPEN.includes(`${path}.`) ? [path] : [path, ...namesOf(value, `${path}.`)];
  });
}

const EXAMPLE: Notice = {
  key: 'example',
  status: 'firing',
  incident: {
    id: '0123456789abcdef',
    pipeline: 'example',
    group: {},
    state: 'Alerting',
    severity: 'warning',
    series: ['example'],
    startedAt: 0,
    updatedAt: 0,
    endedAt: null,
    anomalies: 1,
    peak: { series: 'example', time: 0, value: 1, score: 1, expected: 1, unit: 's' },
    acknowledgedBy: null,
    silenced: false,
    summary: 'a text with "quotes"\nand lines',
  },
  labels: {},
  at: 0,
  repeated: false,
};
