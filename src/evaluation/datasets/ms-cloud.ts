import { probationaryRows } from '../nab/scorer.ts';
import { fieldsOf, intervalOf, SetFolder, timeOf, valuesOf, type DataSet, type LabelledSeries } from './set.ts';

const ABOUT = { name: 'ms_cloud', origin: 'https://github.com/microsoft/cloud-monitoring-dataset' };

function read(folder: SetFolder, family: string, file: string): LabelledSeries {
  const fields = fieldsOf(folder.text('data', family, file), ',');
  const time = Float64Array.from(fields.rows, (row) => timeOf(row[0]));
  return {
    set: ABOUT.name,
    name: file.replace('.csv', ''),
    family,
    width: 1,
    columns: ['Value'],
    time,
    values: valuesOf(fields, ['Value']),
    labels: Uint8Array.from(valuesOf(fields, ['Label']), (label) => (label > 0 ? 1 : 0)),
    evaluateFrom: probationaryRows(time.length),
    interval: intervalOf(time),
  };
}

export const msCloud: DataSet = {
  ...ABOUT,
  title: 'Cloud monitoring of Microsoft: crash rates, ingress, latencies, requests',
  licence: 'MIT',
  protocol: 'the first 15% of the rows, at most 750, warm up; the rows behind them of the series that have a label there; mean over series',
  measured: 'ranking',
  columns: 'one',
  list(data) {
    const folder = new SetFolder(data, ABOUT);
    return folder.names('', 'data').flatMap((family) =>
      folder.names('.csv', 'data', family).flatMap((file) => {
        const series = read(folder, family, file);
        // Without a label behind the warm-up there is no ranking to measure.
        return series.labels.includes(1, series.evaluateFrom) ? [{ name: series.name, family, read: () => series }] : [];
      }),
    );
  },
};
