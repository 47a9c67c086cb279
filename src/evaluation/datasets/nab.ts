import { readNab } from '../nab/corpus.ts';
import { probationaryRows, type NabSeries } from '../nab/scorer.ts';
import { intervalOf, SetFolder, type DataSet, type LabelledSeries } from './set.ts';

const ABOUT = { name: 'nab', origin: 'https://github.com/numenta/NAB' };

function labelled({ name, times, values, windows }: NabSeries): LabelledSeries {
  return {
    set: ABOUT.name,
    name,
    family: name.split('/')[0],
    width: 1,
    columns: ['value'],
    time: times,
    values,
    labels: Uint8Array.from(times, (time) => (windows.some(([from, to]) => time >= from && time <= to) ? 1 : 0)),
    evaluateFrom: probationaryRows(times.length),
    interval: intervalOf(times),
  };
}

/** The folder of the corpus. Throws BENCH_DATA_MISSING. */
export function nabFolder(data: string): string {
  const folder = new SetFolder(data, ABOUT);
  folder.path('labels', 'combined_windows.json');
  folder.path('config', 'profiles.json');
  folder.path('data');
  return folder.path();
}

export const nab: DataSet = {
  ...ABOUT,
  title: 'Numenta Anomaly Benchmark v1.1: 58 series of servers, advertising, traffic, tweets',
  licence: 'MIT',
  protocol: "the benchmark's own scorer over the onsets; ranking of the rows behind the probationary part, windows as labels, series with a label",
  measured: 'ranking',
  columns: 'one',
  list(data) {
    return readNab(nabFolder(data)).map((series) => ({ name: series.name, family: series.name.split('/')[0], read: () => labelled(series) }));
  },
};
