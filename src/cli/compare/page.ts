/** The comparison as one HTML file that needs nothing but itself. */
import type { Rows, Said } from '../../pipeline/compare.ts';
import type { Stretch } from '../../evaluation/compare/labels.ts';
import { escaped } from '../markup.ts';
import { shortNumber, shortTime } from '../text.ts';
import { labelColumns, saidColumns, valueColumns } from './buckets.ts';

export interface PageSeries {
  rows: Rows;
  labels: readonly Stretch[] | undefined;
  ways: readonly { name: string; said: Said; words: readonly string[] }[];
}

export interface ComparePage {
  title: string;
  note: string;
  /** The tables, cells as text. */
  tables: readonly { caption: string; head: readonly string[]; rows: readonly (readonly string[])[] }[];
  series: readonly PageSeries[];
  unshown: number;
}

const WIDTH = 1100;
const LEFT = 150;
const COLUMNS = WIDTH - LEFT;
const VALUE_HEIGHT = 150;
const STRIP = 44;
const GAP = 8;
/** Of a name, beside its strip. */
const MOST_LETTERS = 22;

const STYLE_OF_DRAWING = `
text { fill: var(--dim); font: 12px system-ui, sans-serif; }
.line { fill: none; stroke: var(--line); stroke-width: 1; } .area { fill: var(--area); } .limit { stroke: var(--dim); stroke-dasharray: 3 3; }
.mark { fill: var(--mark); } .alert { fill: var(--bad); } .odd { fill: var(--warn); } .base { stroke: var(--grid); }
`;

const COLOURS = `
:root { color-scheme: light dark; --back: #fcfcfb; --text: #1b1d1f; --dim: #62676d; --grid: #e3e5e8; --line: #1f5fa8; --area: #1f5fa855; --bad: #c62828; --mark: #e6a10040; --warn: #b26a00; }
@media (prefers-color-scheme: dark) { :root { --back: #131517; --text: #e8eaed; --dim: #9aa0a6; --grid: #2a2e33; --line: #7fb2ee; --area: #7fb2ee55; --bad: #ff6b60; --mark: #ffca5c33; --warn: #ffb74d; } }
`;

const STYLE = `${COLOURS}${STYLE_OF_DRAWING}
body { margin: 0 auto; max-width: 1200px; padding: 1.5rem clamp(0.75rem, 3vw, 2.5rem); background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.05rem; margin: 1.8rem 0 0.2rem; overflow-wrap: anywhere; }
p, li { color: var(--dim); } p { margin: 0.2rem 0 0.8rem; } ul { margin: 0.3rem 0 1rem; padding-left: 1.2rem; font-size: 0.9rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; margin: 0.5rem 0 1rem; font-size: 0.92rem; } caption { text-align: left; color: var(--dim); padding-bottom: 0.3rem; max-width: calc(100vw - 1.5rem); }
th, td { padding: 0.2rem 0.8rem 0.2rem 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--grid); } th:first-child, td:first-child { text-align: left; }
th { font-weight: 500; color: var(--dim); }
svg { display: block; width: 100%; min-width: 640px; height: auto; }
`;

export function comparePage({ title, note, tables, series, unshown }: ComparePage): string {
  const left = unshown === 0 ? '' : `<p>${unshown} further series are not drawn.</p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)} · Homeostat</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1><p>${escaped(note)}</p></header>
<main>
${tables.map(tableOf).join('\n')}
${series.map(sectionOf).join('\n')}
${left}
</main>
</body>
</html>
`;
}

function tableOf({ caption, head, rows }: ComparePage['tables'][number]): string {
  const cells = (row: readonly string[], tag: string): string => `<tr>${row.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll"><table><caption>${escaped(caption)}</caption><thead>${cells(head, 'th')}</thead><tbody>${rows.map((row) => cells(row, 'td')).join('')}</tbody></table></div>`;
}

function sectionOf(series: PageSeries): string {
  const { rows, ways } = series;
  const { time } = rows;
  const words = ways.flatMap(({ name, words: said }) => said.map((line) => `<li>${escaped(`${name}: ${line}`)}</li>`)).join('');
  return `<section><h2>${escaped(rows.key)}</h2><p>${shortTime(time[0])} to ${shortTime(time[time.length - 1])}, ${time.length} rows</p><div class="scroll">${drawing(series)}</div>${words === '' ? '' : `<ul>${words}</ul>`}</section>`;
}

/** One series as a picture of its own, for light and dark surroundings. */
export function compareSvg(series: PageSeries): string {
  return drawing(series, `<style>${COLOURS}${STYLE_OF_DRAWING}</style><rect width="100%" height="100%" style="fill: var(--back)"/>`);
}

function drawing({ rows, ways, labels }: PageSeries, head = ''): string {
  const height = VALUE_HEIGHT + ways.length * (STRIP + GAP) + 24;
  const parts = [marks(rows, labels, height - 24), ...values(rows)];
  ways.forEach(({ name, said }, k) => parts.push(strip(rows.time, name, said, VALUE_HEIGHT + GAP + k * (STRIP + GAP))));
  parts.push(`<text x="${LEFT}" y="${height - 6}">${shortTime(rows.time[0])}</text>`);
  parts.push(`<text x="${WIDTH}" y="${height - 6}" text-anchor="end">${shortTime(rows.time[rows.time.length - 1])}</text>`);
  const label = `${rows.key}, and the score of ${ways.map(({ name }) => name).join(', ')} below it`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(label)}">${head}${parts.join('')}</svg>`;
}

/** Labelled stretches behind everything. */
function marks({ time }: Rows, labels: readonly Stretch[] | undefined, height: number): string {
  if (labels === undefined) return '';
  const marked = labelColumns(time, labels, COLUMNS);
  return bars('mark', marked, 0, height);
}

/** A bar over each run of columns that are 1. */
function bars(name: string, marked: Uint8Array, top: number, height: number): string {
  let text = '';
  for (let x = 0; x < COLUMNS; x++) {
    if (marked[x] === 0) continue;
    const from = x;
    while (x + 1 < COLUMNS && marked[x + 1] === 1) x++;
    text += `<rect class="${name}" x="${LEFT + from}" y="${top}" width="${x - from + 1}" height="${height}"/>`;
  }
  return text;
}

function values(rows: Rows): string[] {
  const columns = valueColumns(rows, COLUMNS);
  const lines = columns.map(({ low, high, least, most }) => {
    const y = (v: number): number => 4 + (1 - (v - least) / (most - least || 1)) * (VALUE_HEIGHT - 8);
    const path = new Path();
    for (let x = 0; x < COLUMNS; x++) {
      if (Number.isNaN(low[x])) continue;
      path.to(LEFT + x, y(low[x]));
      if (low[x] !== high[x]) path.to(LEFT + x, y(high[x]));
    }
    return `<path class="line" d="${path.text}"/>`;
  });
  const [{ least, most }] = columns;
  const scale =
    rows.width === 1 && least <= most
      ? [[most, 14] as const, [least, VALUE_HEIGHT - 2] as const].map(([v, at]) => `<text x="${LEFT - 8}" y="${at}" text-anchor="end">${shortNumber(v)}</text>`)
      : [];
  return [...lines, ...scale];
}

/** Score as a share of its limit up to twice the limit, the limit as a dashed line, alerts as dots. */
function strip(time: Float64Array, name: string, said: Said, top: number): string {
  const { share, anomalous, alert } = saidColumns(time, said, COLUMNS);
  const y = (v: number): number => top + STRIP * (1 - Math.max(0, Math.min(2, v)) / 2);
  const area = new Path();
  area.to(LEFT, y(0));
  let above = bars('odd', anomalous, top + STRIP - 3, 3);
  for (let x = 0; x < COLUMNS; x++) {
    area.to(LEFT + x, y(Number.isNaN(share[x]) ? 0 : share[x]));
    if (alert[x] === 1) above += `<circle class="alert" cx="${LEFT + x}" cy="${top + 4}" r="4"/>`;
  }
  const frame = `<line class="base" x1="${LEFT}" x2="${WIDTH}" y1="${top + STRIP}" y2="${top + STRIP}"/><line class="limit" x1="${LEFT}" x2="${WIDTH}" y1="${y(1)}" y2="${y(1)}"/>`;
  return `${named(name, top + STRIP / 2 + 4)}${frame}<path class="area" d="${area.text}V${y(0)}Z"/>${above}`;
}

/** A detector, its options on a line of their own; cut where there is no room. */
function named(name: string, y: number): string {
  const colon = name.indexOf(':');
  const lines = colon < 0 ? [name] : [name.slice(0, colon), name.slice(colon + 1)];
  const cut = (text: string): string => (text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS - 1)}…` : text);
  return lines.map((text, i) => `<text x="${LEFT - 8}" y="${y + (2 * i + 1 - lines.length) * 7}" text-anchor="end">${escaped(cut(text))}</text>`).join('');
}

/** A line as steps from point to point in halves of a pixel, which are short to write. */
class Path {
  text = '';
  #x = 0;
  #y = 0;

  to(x: number, y: number): void {
    const to = Math.round(2 * y) / 2;
    if (this.text === '') this.text = `M${x} ${to}l`;
    else this.text += `${parted(x - this.#x, this.text)}${parted(to - this.#y)}`;
    this.#x = x;
    this.#y = to;
  }
}

/** A number of a path: behind another one it needs a space unless it has a sign. */
function parted(value: number, before?: string): string {
  const text = String(value).replace(/^(-?)0\./, '$1.');
  return value < 0 || before?.endsWith('l') === true ? text : ` ${text}`;
}
