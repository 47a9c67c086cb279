import { everyMinute, MINUTE_MS, SetFolder, type DataSet, type LabelledSeries } from './set.ts';

const COMMA = 44;
const LF = 10;
const ABOUT = { name: 'smd', origin: 'https://github.com/NetManAIOps/OmniAnomaly (ServerMachineDataset)' };

/** Numbers under a line of headings, row after row; split into fields as text they would take minutes. */
function numbersOf(text: string): { columns: string[]; rows: number; values: Float64Array } {
  const begin = text.indexOf('\n') + 1;
  const columns = text.slice(0, begin).trim().split(',');
  const values: number[] = [];
  for (let from = begin; from < text.length;) {
    let to = from;
    for (let code = 0; to < text.length && (code = text.charCodeAt(to)) !== COMMA && code !== LF;) to++;
    if (to > from) values.push(Number(text.slice(from, to)));
    from = to + 1;
  }
  return { columns, rows: values.length / columns.length, values: Float64Array.from(values) };
}

function read(folder: SetFolder, machine: string): LabelledSeries {
  const train = numbersOf(folder.text(`${machine}_train.csv`));
  const test = numbersOf(folder.text(`${machine}_test.csv`));
  const { columns } = train;
  const rows = train.rows + test.rows;
  const values = new Float64Array(rows * columns.length);
  values.set(train.values);
  const labels = new Uint8Array(rows);
  for (let i = 0; i < test.rows; i++) {
    const at = i * test.columns.length;
    values.set(test.values.subarray(at, at + columns.length), (train.rows + i) * columns.length);
    labels[train.rows + i] = test.values[at + columns.length] > 0 ? 1 : 0;
  }
  return {
    set: ABOUT.name,
    name: machine,
    family: machine.replace(/-\d+$/, ''),
    width: columns.length,
    columns,
    time: everyMinute(rows),
    values,
    labels,
    evaluateFrom: train.rows,
    interval: MINUTE_MS,
  };
}

export const smd: DataSet = {
  ...ABOUT,
  title: 'Server Machine Dataset: 38 metrics a machine',
  licence: 'MIT',
  protocol: 'training part, then test part as one stream; the test part is measured; mean over machines; times made up, a minute apart',
  measured: 'ranking',
  columns: 'many',
  list(data) {
    const folder = new SetFolder(data, ABOUT);
    return folder.names('_test.csv').map((file) => {
      const machine = file.replace('_test.csv', '');
      return { name: machine, family: machine.replace(/-\d+$/, ''), read: () => read(folder, machine) };
    });
  },
};
