/** Small charts as SVG text: bars, lines, a distribution, sparklines. */
import { escaped } from '../markup.ts';
import { grouped, shortNumber } from '../text.ts';

const WIDTH = 1000;
const HEIGHT = 220;
const LEFT = 64;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 26;
const INNER = WIDTH - LEFT - RIGHT;
const DEEP = HEIGHT - TOP - BOTTOM;

export interface Line {
  /** For the legend, which the page writes. */
  name: string;
  /** Class of the line. */
  style: string;
  values: readonly (number | null)[];
}

function frame(label: string, body: string): string {
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(label)}">${body}</svg>`;
}

const px = (x: number): string => String(Math.round(x * 10) / 10);

/** Levels to draw a line at: a few round numbers up to `most`. */
export function levels(most: number): number[] {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough)!;
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => i * step);
}

function grid(at: readonly number[], y: (v: number) => number, text: (v: number) => string): string {
  return at
    .map(
      (v) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(y(v))}" y2="${px(y(v))}"/><text x="${LEFT - 8}" y="${px(y(v) + 4)}" text-anchor="end">${escaped(text(v))}</text>`,
    )
    .join('');
}

function ends(first: string, last: string): string {
  const y = HEIGHT - 7;
  return `<text x="${LEFT}" y="${y}">${escaped(first)}</text><text x="${WIDTH - RIGHT}" y="${y}" text-anchor="end">${escaped(last)}</text>`;
}

/** Of each stretch a bar, and the part of it that stands out. */
export function barChart(label: string, whole: readonly number[], part: readonly number[], first: string, last: string): string {
  const most = whole.reduce((a, b) => Math.max(a, b), 1);
  const y = (v: number): number => TOP + DEEP * (1 - v / most);
  const step = INNER / Math.max(1, whole.length);
  const bar = (style: string, v: number, i: number): string =>
    v === 0
      ? ''
      : `<rect class="${style}" x="${px(LEFT + i * step)}" y="${px(Math.min(y(v), TOP + DEEP - 1.5))}" width="${px(Math.max(0.8, step - 1))}" height="${px(Math.max(1.5, TOP + DEEP - y(v)))}"/>`;
  const bars = whole.map((v, i) => bar('bar', v, i) + bar('bad', part[i], i)).join('');
  return frame(label, `${grid(levels(most), y, grouped)}${bars}${ends(first, last)}`);
}

/** Lines from left to right, side by side in one scale from 0. */
export function lineChart(label: string, lines: readonly Line[], text: (v: number) => string, first: string, last: string): string {
  const most = lines.flatMap(({ values }) => values).reduce<number>((a, b) => (b !== null && b > a ? b : a), 0) || 1;
  const y = (v: number): number => TOP + DEEP * (1 - v / most);
  const paths = lines.map(({ style, values }) => {
    const x = (i: number): number => LEFT + (values.length < 2 ? 0.5 : i / (values.length - 1)) * INNER;
    let path = '';
    let drawing = false;
    values.forEach((v, i) => {
      // A point between gaps is a line without length, with its round ends.
      if (v !== null) path += drawing ? `L${px(x(i))} ${px(y(v))}` : `M${px(x(i))} ${px(y(v))}h0`;
      drawing = v !== null;
    });
    return `<path class="${style}" d="${path}"/>`;
  });
  return frame(label, `${grid(levels(most), y, text)}${paths.join('')}${ends(first, last)}`);
}

/** Counts by score, both scales logarithmic, with a line at each limit. `edges`: one more than `counts`, growing by a constant factor. */
export function distribution(label: string, edges: readonly number[], counts: readonly number[], limits: readonly { style: string; at: number }[]): string {
  const most = Math.log10(counts.reduce((a, b) => Math.max(a, b), 1)) + 0.3;
  const y = (v: number): number => TOP + DEEP * (1 - (v <= 0 ? 0 : (Math.log10(v) + 0.3) / (most + 0.3)));
  const from = Math.log10(edges[0]);
  const span = Math.log10(edges[edges.length - 1]) - from || 1;
  const x = (v: number): number => LEFT + Math.max(0, Math.min(1, (Math.log10(v) - from) / span)) * INNER;
  const bars = counts
    .map((n, i) =>
      n === 0
        ? ''
        : `<rect class="bar" x="${px(x(edges[i]))}" y="${px(y(n))}" width="${px(Math.max(1, x(edges[i + 1]) - x(edges[i]) - 1))}" height="${px(TOP + DEEP - y(n))}"/>`,
    )
    .join('');
  const marks = limits.map(({ style, at }) => `<line class="${style}" x1="${px(x(at))}" x2="${px(x(at))}" y1="${TOP}" y2="${TOP + DEEP}"/>`).join('');
  const powers = Array.from({ length: Math.floor(most) + 1 }, (_, i) => 10 ** i);
  return frame(label, `${grid(powers, y, grouped)}${bars}${marks}${scale(from, span, x)}`);
}

/** Scores written below: powers of ten, or the ends where there are fewer than two. */
function scale(from: number, span: number, x: (v: number) => number): string {
  const decades: number[] = [];
  for (let p = Math.ceil(from); p <= from + span + 1e-9; p++) decades.push(10 ** p);
  if (decades.length < 2) return ends(shortNumber(10 ** from), shortNumber(10 ** (from + span)));
  return decades.map((v) => `<text x="${px(x(v))}" y="${HEIGHT - 7}" text-anchor="middle">${escaped(shortNumber(v))}</text>`).join('');
}

/** A line as high as a line of text. */
export function sparkline(values: readonly number[]): string {
  const most = values.reduce((a, b) => Math.max(a, b), 1);
  const x = (i: number): number => (values.length < 2 ? 50 : 1 + (98 * i) / (values.length - 1));
  const path = values.map((v, i) => `${i === 0 ? 'M' : 'L'}${px(x(i))} ${px(19 - (18 * v) / most)}`).join('');
  return `<svg class="spark" viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true"><path class="line" d="${path}"/></svg>`;
}
