import { fieldsOf, intervalOf, SetFolder, timeOf, valuesOf, MINUTE_MS, type DataSet, type LabelledSeries, type SeriesEntry } from './set.ts';

const ABOUT = { name: 'nezha', origin: 'https://github.com/IntelligentDDS/Nezha' };
const DAYS = ['2022-08-22', '2023-01-29'];
const BESIDE = ['Time', 'TimeStamp', 'PodName'];
const ENDING = '_metric.csv';
/** Rows that warm up. */
const WARM_UP = 60;
/** How long an injected fault counts as anomalous: the list gives only its begin. */
const FAULT_MS = 5 * MINUTE_MS;

interface Fault {
  inject_time: string;
  inject_pod: string;
}

function faultsOf(folder: SetFolder, day: string): Fault[] {
  const byHour = JSON.parse(folder.text(day, `${day}-fault_list.json`)) as Record<string, Fault[]>;
  return Object.values(byHour).flat();
}

function read(folder: SetFolder, day: string, pod: string, faults: readonly number[]): LabelledSeries {
  const fields = fieldsOf(folder.text(day, 'metric', `${pod}${ENDING}`), ',');
  const columns = fields.head.filter((name) => !BESIDE.includes(name));
  // The column of time stamps is wrong for one pod; the text before the fraction of a second is not.
  const time = Float64Array.from(fields.rows, (row) => timeOf(row[0].slice(0, 19)));
  return {
    set: ABOUT.name,
    name: pod,
    family: day,
    width: columns.length,
    columns,
    time,
    values: valuesOf(fields, columns),
    labels: Uint8Array.from(time, (at) => (faults.some((from) => at >= from && at < from + FAULT_MS) ? 1 : 0)),
    evaluateFrom: WARM_UP,
    interval: intervalOf(time),
  };
}

function podsOf(folder: SetFolder, day: string): SeriesEntry[] {
  const faults = faultsOf(folder, day);
  return folder.names(ENDING, day, 'metric').flatMap((file) => {
    const pod = file.slice(0, -ENDING.length);
    const its = faults.filter(({ inject_pod }) => inject_pod === pod).map(({ inject_time }) => timeOf(inject_time));
    if (its.length === 0) return [];
    const series = read(folder, day, pod, its);
    // Without a fault behind the warm-up there is no ranking to measure.
    return series.labels.includes(1, WARM_UP) ? [{ name: pod, family: day, read: () => series }] : [];
  });
}

export const nezha: DataSet = {
  ...ABOUT,
  title: 'Nezha: two microservice systems with injected faults, 19 metrics a pod and minute',
  licence: 'MIT',
  protocol: 'each pod by itself; a fault counts for five minutes from its injection on; the first 60 rows warm up; mean over the pods with a fault behind them',
  measured: 'ranking',
  columns: 'many',
  list(data) {
    const folder = new SetFolder(data, ABOUT);
    return DAYS.flatMap((day) => podsOf(folder, day));
  },
};
