import { everyMinute, MINUTE_MS, SetFolder, type DataSet, type LabelledSeries } from './set.ts';

const ABOUT = { name: 'ucr', origin: 'https://www.cs.ucr.edu/~eamonn/time_series_data_2018/UCR_TimeSeriesAnomalyDatasets2021.zip' };

/** `…_trainEnd_anomalyStart_anomalyEnd.txt`: rows from 1 on. */
const NAME = /^(\d+)_UCR_Anomaly_(.+)_(\d+)_(\d+)_(\d+)\.txt$/;

function read(folder: SetFolder, file: string): LabelledSeries {
  const [, number, title, trainEnd, from, to] = NAME.exec(file)!;
  const values = Float64Array.from(folder.text(file).trim().split(/\s+/), Number);
  const labels = new Uint8Array(values.length);
  labels.fill(1, Number(from) - 1, Number(to));
  return {
    set: ABOUT.name,
    name: `${number}-${title}`,
    family: ABOUT.name,
    width: 1,
    columns: ['value'],
    time: everyMinute(values.length),
    values,
    labels,
    evaluateFrom: Number(trainEnd),
    interval: MINUTE_MS,
  };
}

/** Rows by which the highest score may lie beside the anomaly. */
const NEAR = 100;

/** Whether the highest score of the measured rows lies within 100 rows of the anomaly; of equal scores the first counts. */
export function isHighestNear({ labels, evaluateFrom }: LabelledSeries, scores: ArrayLike<number>): boolean {
  let highest = -1;
  for (let i = evaluateFrom; i < scores.length; i++) if (!Number.isNaN(scores[i]) && (highest < 0 || scores[i] > scores[highest])) highest = i;
  return highest >= 0 && highest >= labels.indexOf(1) - NEAR && highest <= labels.lastIndexOf(1) + NEAR;
}

export const ucr: DataSet = {
  ...ABOUT,
  title: 'UCR time series anomaly archive: one anomaly each, often of shape',
  licence: 'none stated: measured only',
  protocol: 'hit when the highest score behind the training part lies within 100 rows of the anomaly; times made up, a minute apart',
  measured: 'highest',
  columns: 'one',
  list(data) {
    const folder = new SetFolder(data, ABOUT);
    return folder
      .names('.txt')
      .filter((file) => NAME.test(file))
      .map((file) => ({ name: file.replace(NAME, '$1-$2'), family: ABOUT.name, read: () => read(folder, file) }));
  },
};
