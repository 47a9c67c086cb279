import { fieldsOf, intervalOf, SetFolder, timeOf, valuesOf, type DataSet, type LabelledSeries } from './set.ts';

const ABOUT = { name: 'skab', origin: 'https://github.com/waico/SKAB' };
const FAMILIES = ['valve1', 'valve2', 'other'];
const WARM_UP = 400;
const BESIDE = ['datetime', 'anomaly', 'changepoint'];

function read(folder: SetFolder, family: string, file: string): LabelledSeries {
  const fields = fieldsOf(folder.text('data', family, file), ';');
  const columns = fields.head.filter((name) => !BESIDE.includes(name));
  const time = Float64Array.from(fields.rows, (row) => timeOf(row[0]));
  return {
    set: ABOUT.name,
    name: `${family}/${file.replace('.csv', '')}`,
    family,
    width: columns.length,
    columns,
    time,
    values: valuesOf(fields, columns),
    labels: Uint8Array.from(valuesOf(fields, ['anomaly']), (label) => (label > 0 ? 1 : 0)),
    evaluateFrom: WARM_UP,
    interval: intervalOf(time),
  };
}

export const skab: DataSet = {
  ...ABOUT,
  title: 'Skoltech: a water circulation testbed, 8 sensors at 1 Hz',
  licence: 'GPL-3',
  protocol: 'each file by itself; the first 400 rows warm up and are not measured; mean over files',
  measured: 'ranking',
  columns: 'many',
  list(data) {
    const folder = new SetFolder(data, ABOUT);
    return FAMILIES.flatMap((family) =>
      folder.names('.csv', 'data', family).map((file) => ({ name: `${family}/${file.replace('.csv', '')}`, family, read: () => read(folder, family, file) })),
    );
  },
};
