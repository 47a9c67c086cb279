/** One line of an exposition, as Prometheus (text format 0.0.4) and OpenMetrics 1.0 write samples. */

export interface Sample {
  name: string;
  labels: Record<string, string>;
}

/** A line of an exposition: where its series ends, and what stands behind. */
export interface SampleLine {
  /** Name and labels as they are written. */
  series: string;
  value: number;
  /** As it is written, in the unit of the exposition; NaN for none. */
  timestamp: number;
}

/** Thrown for a line that is no sample. */
export class NoSample extends Error {}

/** Splits a line into series, value and timestamp; exemplars are left out. Throws NoSample. */
export function splitLine(line: string): SampleLine {
  const end = seriesEnd(line);
  const series = line.slice(0, end);
  if (series.trim() === '') throw new NoSample('no name');
  const [text, stamp] = fieldsOf(line, end);
  const value = numberOf(text);
  if (value === undefined) throw new NoSample(`${shown(text)} is no value`);
  if (stamp === '') return { series, value, timestamp: NaN };
  const timestamp = Number(stamp);
  if (!Number.isFinite(timestamp)) throw new NoSample(`${shown(stamp)} is no timestamp`);
  return { series, value, timestamp };
}

/** Index behind the name and the labels: braces within quotation marks do not count. */
function seriesEnd(line: string): number {
  let i = 0;
  while (i < line.length && line[i] !== '{' && line[i] !== ' ' && line[i] !== '\t') i++;
  let k = i;
  while (line[k] === ' ' || line[k] === '\t') k++;
  if (line[k] !== '{') return i;
  let isQuoted = false;
  for (i = k + 1; i < line.length; i++) {
    const c = line[i];
    if (isQuoted && c === '\\') i++;
    else if (c === '"') isQuoted = !isQuoted;
    else if (c === '}' && !isQuoted) return i + 1;
  }
  throw new NoSample('the labels do not end');
}

/** The value and the timestamp behind a series; what follows ` # ` is an exemplar. */
function fieldsOf(line: string, from: number): [value: string, timestamp: string] {
  const rest = line.slice(from);
  const exemplar = rest.indexOf(' # ');
  const fields = (exemplar < 0 ? rest : rest.slice(0, exemplar)).split(/[ \t]+/).filter(Boolean);
  if (fields.length === 0) throw new NoSample('no value');
  if (fields.length > 2) throw new NoSample(`more than a value and a timestamp: ${shown(rest.trim())}`);
  return [fields[0], fields[1] ?? ''];
}

/** NaN for a value that is missing or not finite; undefined for what is no number. */
function numberOf(text: string): number | undefined {
  if (/^[+-]?(nan|inf(inity)?)$/i.test(text)) return NaN;
  const value = /^[+-]?[\d.]/.test(text) && !/^[+-]?0[xob]/i.test(text) ? Number(text) : NaN;
  return Number.isNaN(value) ? undefined : Number.isFinite(value) ? value : NaN;
}

/** Name and labels of a series as they are written: `name{label="value"}`, or `{"name",label="value"}`. Throws NoSample. */
export function parseSeries(series: string): Sample {
  const brace = series.indexOf('{');
  const labels: Record<string, string> = {};
  let name = (brace < 0 ? series : series.slice(0, brace)).trim();
  if (brace >= 0) {
    for (const [label, value] of labelsOf(series.slice(brace + 1, series.lastIndexOf('}')))) {
      if (label !== '') labels[label] = value;
      else if (name === '') name = value;
      else throw new NoSample('a second name');
    }
  }
  if (name === '') throw new NoSample('no name');
  if (brace !== 0 && !/^[\p{L}_:][\p{L}\p{N}_:.]*$/u.test(name)) throw new NoSample(`${shown(name)} is no name`);
  return { name, labels };
}

/** Pairs of label and value; the label '' holds a name in quotation marks. */
function labelsOf(text: string): [string, string][] {
  const found: [string, string][] = [];
  const part = /\s*(?:([a-zA-Z_]\w*)\s*=\s*|("(?:[^"\\]|\\.)*")\s*=\s*)?"((?:[^"\\]|\\.)*)"\s*(?:,|$)/sy;
  while (part.lastIndex < text.length) {
    const at = part.lastIndex;
    if (text.slice(at).trim() === '') break;
    const match = part.exec(text);
    if (match === null) throw new NoSample(`no labels: ${shown(text.slice(at))}`);
    const label = match[1] ?? (match[2] === undefined ? '' : unescaped(match[2].slice(1, -1)));
    found.push([label, unescaped(match[3])]);
  }
  return found;
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(.)/gs, (whole, c: string) => (c === 'n' ? '\n' : c === '\\' || c === '"' ? c : whole));
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

const UNITS: Readonly<Record<string, string>> = {
  seconds: 's',
  bytes: 'B',
  celsius: '°C',
  meters: 'm',
  volts: 'V',
  amperes: 'A',
  joules: 'J',
  grams: 'g',
  percent: '%',
};

/** The unit that a name ends with (`_seconds`, `_bytes_total`), as the naming rules of Prometheus ask for. */
export function unitOf(name: string): string {
  if (/_(count|bucket)$/.test(name)) return '';
  const base = name.replace(/_(total|sum)$/, '');
  return UNITS[base.slice(base.lastIndexOf('_') + 1)] ?? '';
}
