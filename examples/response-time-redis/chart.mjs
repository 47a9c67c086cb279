/** A chart of letters: values over time, the expected band, anomalies. Pure: points in, lines out. */

/** @typedef {{ time: number, value: number | null, expected: number | null, lower: number | null, upper: number | null, anomalous: boolean }} Point */

const SIGNS = { value: '•', anomaly: '✖', expected: '─', band: '░' };
const COLOURS = { value: '32', anomaly: '1;31', expected: '36', band: '34', axis: '2' };
const AXIS = 9;

const painted = (text, what, colour) => (colour && text !== ' ' ? `\u001B[${COLOURS[what]}m${text}\u001B[0m` : text);

/** Of each column: the mean of the normal values and of the band, and the farthest anomaly. */
function columnsOf(points, from, to, count) {
  const columns = Array.from({ length: count }, () => ({ values: [], expected: [], lower: [], upper: [], anomaly: undefined }));
  for (const { time, value, expected, lower, upper, anomalous } of points) {
    const at = Math.floor(((time - from) / (to - from)) * count);
    if (at < 0 || at >= count || value === null) continue;
    const column = columns[at];
    if (!anomalous) column.values.push(value);
    else if (column.anomaly === undefined || value > column.anomaly) column.anomaly = value;
    if (lower === null || upper === null || expected === null) continue;
    column.lower.push(lower);
    column.upper.push(upper);
    column.expected.push(expected);
  }
  const mean = (list) => (list.length === 0 ? undefined : list.reduce((sum, x) => sum + x, 0) / list.length);
  return columns.map(({ values, expected, lower, upper, anomaly }) => ({
    value: mean(values),
    expected: mean(expected),
    lower: mean(lower),
    upper: mean(upper),
    anomaly,
  }));
}

function signAt(column, row, rowOf) {
  if (column.anomaly !== undefined && rowOf(column.anomaly) === row) return 'anomaly';
  if (column.value !== undefined && rowOf(column.value) === row) return 'value';
  if (column.expected === undefined) return undefined;
  if (rowOf(column.expected) === row) return 'expected';
  return row >= rowOf(column.upper) && row <= rowOf(column.lower) ? 'band' : undefined;
}

/**
 * Lines of a chart of the last `span` ms before `to`.
 * @param {readonly Point[]} points
 * @param {{ width: number, height: number, to: number, span: number, unit?: string, colour?: boolean }} how
 *   `width` and `height` in characters, the axis included
 * @returns {string[]}
 */
export function chart(points, { width, height, to, span, unit = '', colour = false }) {
  const rows = Math.max(3, height - 1);
  const from = to - span;
  const columns = columnsOf(points, from, to, Math.max(10, width - AXIS));
  const seen = columns.flatMap(({ value, lower, upper, anomaly }) => [value, lower, upper, anomaly]).filter((x) => x !== undefined);
  const [low, high] = seen.length === 0 ? [0, 1] : [Math.min(...seen), Math.max(...seen)];
  const room = (high - low || 1) * 0.05;
  const top = high + room;
  const step = (top - (low - room)) / rows;
  const rowOf = (x) => Math.min(rows - 1, Math.max(0, Math.floor((top - x) / step)));
  const lines = [];
  for (let row = 0; row < rows; row++) {
    const named = row % 4 === 0 || row === rows - 1 ? `${(top - (row + 0.5) * step).toFixed(0)}${unit && ` ${unit}`}` : '';
    const cells = columns.map((column) => {
      const what = signAt(column, row, rowOf);
      return what === undefined ? ' ' : painted(SIGNS[what], what, colour);
    });
    lines.push(`${painted(`${named.padStart(AXIS - 2)} │`, 'axis', colour)}${cells.join('')}`.trimEnd());
  }
  const left = `${(span / 1000).toFixed(0)} s ago`;
  lines.push(painted(`${' '.repeat(AXIS)}${left}${'now'.padStart(columns.length - left.length)}`, 'axis', colour));
  return lines;
}

/** What the signs mean. */
export function legend(colour) {
  return Object.entries(SIGNS)
    .map(([what, sign]) => `${painted(sign, what, colour)} ${what}`)
    .join('   ');
}
