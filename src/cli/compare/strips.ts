/** A line of blocks a detector under the plot of the values: how near to its limit it was, and where it alerted. */
import type { Rows, Said } from '../../pipeline/compare.ts';
import type { Stretch } from '../../evaluation/compare/labels.ts';
import { plot } from '../detect/plot.ts';
import { Trace } from '../detect/trace.ts';
import type { Colours } from '../terminal.ts';
import { labelColumns, saidColumns } from './buckets.ts';

const BLOCKS = ' ▁▂▃▄▅▆▇█';
const PLOT_ROWS = 10;

export interface Strip {
  name: string;
  said: Said;
}

export function stripsText(rows: Rows, strips: readonly Strip[], labels: readonly Stretch[] | undefined, width: number, colours: Colours): string {
  const margin = Math.max(...strips.map(({ name }) => name.length), 'labels'.length) + 1;
  const columns = Math.max(20, width - margin - 1);
  const lines = strips.map(({ name, said }) => `${colours.dim(name.padStart(margin - 1))} ${blocks(rows.time, said, columns, colours)}`);
  if (labels !== undefined) {
    const marked = [...labelColumns(rows.time, labels, columns)].map((one) => (one === 1 ? colours.yellow('▬') : ' ')).join('');
    lines.unshift(`${colours.dim('labels'.padStart(margin - 1))} ${marked}`);
  }
  return `${plot(valueTrace(rows), width, PLOT_ROWS, colours, false)}${lines.join('\n')}\n`;
}

/** The values of the first column. */
function valueTrace({ key, unit, time, values, width }: Rows): Trace {
  const trace = new Trace(key, unit);
  for (let i = 0; i < time.length; i++) trace.push(time[i], values[i * width], NaN, NaN, 0, false);
  return trace;
}

function blocks(time: Float64Array, said: Said, columns: number, colours: Colours): string {
  const { share, anomalous, alert } = saidColumns(time, said, columns);
  let text = '';
  for (let x = 0; x < columns; x++) {
    const block = BLOCKS[Number.isNaN(share[x]) ? 0 : Math.max(1, Math.min(8, Math.ceil(share[x] * 6)))];
    text += alert[x] === 1 ? colours.red('●') : anomalous[x] === 1 ? colours.yellow(block) : colours.dim(block);
  }
  return text;
}
