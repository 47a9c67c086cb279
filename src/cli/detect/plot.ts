/** A chart in braille dots, two by four to a character: the series, its expected band dotted, anomalies as bullets. */
import type { Colours } from '../terminal.ts';
import { cutTo } from '../terminal.ts';
import { count, percent, shortNumber, shortTime } from '../text.ts';
import type { Point, Trace } from './trace.ts';

/** Bit of each dot of a braille character, by column and row. */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const BAND = 1;
const LINE = 2;
const ANOMALY = 3;
/** A distance this many times the usual one is a gap: no line is drawn over it. */
const GAP = 8;

/** Dots on a grid of characters; each character has the colour of the most important thing in it. */
class Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly #dots: Uint8Array;
  readonly #kind: Uint8Array;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.#dots = new Uint8Array(columns * rows);
    this.#kind = new Uint8Array(columns * rows);
  }

  dot(x: number, y: number, kind: number): void {
    const column = x >> 1;
    const row = y >> 2;
    if (x < 0 || y < 0 || column >= this.columns || row >= this.rows) return;
    const cell = row * this.columns + column;
    if (kind === LINE && this.#kind[cell] === BAND) this.#dots[cell] = 0;
    if (kind < this.#kind[cell]) return;
    this.#dots[cell] |= DOTS[x & 1][y & 3];
    this.#kind[cell] = kind;
  }

  text(row: number, colours: Colours): string {
    let text = '';
    for (let column = 0; column < this.columns; column++) {
      const cell = row * this.columns + column;
      const character = this.#kind[cell] === ANOMALY ? '●' : this.#dots[cell] === 0 ? ' ' : String.fromCodePoint(0x2800 + this.#dots[cell]);
      text += [plain, colours.dim, colours.cyan, colours.red][this.#kind[cell]](character);
    }
    return text;
  }
}

const plain = (text: string): string => text;

/** Lines of a chart `width` characters wide with `rows` rows of dots, headed by what it shows. Not `judged`: values alone, of which nothing is said. */
export function plot(trace: Trace, width: number, rows: number, colours: Colours, judged = true): string {
  const { points } = trace;
  const found = `, ${count(trace.anomalies, 'anomaly', 'anomalies')} (${percent(trace.anomalies, trace.rows)})`;
  const share = `${count(trace.rows, 'row')}${judged ? found : ''}`;
  const head = `${colours.bold(cutTo(trace.key, Math.max(10, width - share.length - 2)))}  ${colours.dim(share)}\n`;
  if (points.length === 0) return `${head}${colours.dim('no values')}\n`;
  const [low, high] = rangeOf(points);
  const labels = [high, (low + high) / 2, low].map(shortNumber);
  const margin = Math.max(...labels.map((label) => label.length)) + 1;
  const canvas = new Canvas(Math.max(10, width - margin - 1), rows);
  draw(canvas, points, low, high);
  const lines = Array.from({ length: rows }, (_, row) => {
    const label = row === 0 ? labels[0] : row === rows - 1 ? labels[2] : row === Math.floor(rows / 2) ? labels[1] : '';
    return `${colours.dim(`${label.padStart(margin - 1)} ${label === '' ? '│' : '┤'}`)}${canvas.text(row, colours)}`;
  });
  return `${head}${lines.join('\n')}\n${colours.dim(axis(points, margin, canvas.columns))}\n`;
}

/** From the smallest to the largest value, and as much of the band as fits beside them. */
function rangeOf(points: readonly Point[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const point of points) {
    low = Math.min(low, point.min);
    high = Math.max(high, point.max);
  }
  const room = (high - low) * 0.1 || Math.abs(high) * 0.1 || 1;
  let [bottom, top] = [low, high];
  for (const { lower, upper } of points) {
    if (lower < bottom) bottom = Math.max(lower, low - room);
    if (upper > top) top = Math.min(upper, high + room);
  }
  return bottom === top ? [bottom - room, top + room] : [bottom, top];
}

function draw(canvas: Canvas, points: readonly Point[], low: number, high: number): void {
  const width = canvas.columns * 2 - 1;
  const height = canvas.rows * 4 - 1;
  const x = placer(points, width);
  const y = (value: number): number => Math.round(((high - value) / (high - low)) * height);
  for (const [i, { lower, upper }] of points.entries()) {
    // Every third column, so that the band reads as dotted beside the solid line.
    if (x(i) % 3 !== 0) continue;
    if (lower >= low) canvas.dot(x(i), y(lower), BAND);
    if (upper <= high) canvas.dot(x(i), y(upper), BAND);
  }
  const gap = GAP * medianStep(points);
  for (const [i, point] of points.entries()) {
    stroke(canvas, x(i), y(point.max), x(i), y(point.min));
    const next = points[i + 1];
    if (next && next.from - point.to <= gap) stroke(canvas, x(i), y(middle(point)), x(i + 1), y(middle(next)));
  }
  for (const [i, point] of points.entries()) if (point.anomalies > 0) canvas.dot(x(i), y(point.value), ANOMALY);
}

/** Column of dots of a point: by its time, or by its number where all have the same time. */
function placer(points: readonly Point[], width: number): (i: number) => number {
  const from = points.reduce((least, point) => Math.min(least, point.from), Infinity);
  const to = points.reduce((most, point) => Math.max(most, point.to), -Infinity);
  if (to > from) return (i) => Math.round(((points[i].time - from) / (to - from)) * width);
  return (i) => (points.length === 1 ? width >> 1 : Math.round((i / (points.length - 1)) * width));
}

function middle(point: Point): number {
  return (point.min + point.max) / 2;
}

function medianStep(points: readonly Point[]): number {
  const steps = points.slice(1).map((point, i) => point.from - points[i].to);
  return steps.sort((a, b) => a - b)[steps.length >> 1] || Infinity;
}

/** A straight line of dots. */
function stroke(canvas: Canvas, x0: number, y0: number, x1: number, y1: number): void {
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
  for (let i = 0; i <= steps; i++) canvas.dot(Math.round(x0 + ((x1 - x0) * i) / steps), Math.round(y0 + ((y1 - y0) * i) / steps), LINE);
}

function axis(points: readonly Point[], margin: number, columns: number): string {
  const from = shortTime(points[0].from);
  const to = shortTime(points.at(-1)!.to);
  const gap = columns - from.length - to.length;
  return `${' '.repeat(margin)}└${'─'.repeat(columns)}\n${' '.repeat(margin + 1)}${gap < 2 ? from : from + ' '.repeat(gap) + to}`;
}
