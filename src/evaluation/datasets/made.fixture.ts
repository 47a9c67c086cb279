/** A small made folder in the layout of every labelled set. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CounterRandom } from '../../core/random.ts';

const random = new CounterRandom(11);
const noise = (stream: number, row: number): number => Number((10 + random.at(stream, row).normal()).toFixed(4));
const lines = (head: string, rows: number, line: (i: number) => string): string => `${[head, ...Array.from({ length: rows }, (_, i) => line(i))].join('\n')}\n`;
const at = (begin: string, seconds: number): string => new Date(Date.parse(`${begin}Z`) + seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
const columnsOf = (width: number, stream: number, row: number, off: number): string =>
  Array.from({ length: width }, (_, c) => noise(100 * stream + c, row) + (c < 2 ? off : 0)).join(',');

function files(): Record<string, string> {
  const odd = (i: number): number => (i >= 500 && i < 520 ? 1 : 0);
  const sensors = 'datetime;a;b;c;anomaly;changepoint';
  const skab = lines(sensors, 600, (i) => `${at('2026-01-05T00:00:00', i)};${columnsOf(3, 3, i, 8 * odd(i)).replaceAll(',', ';')};${odd(i)}.0;0.0`);
  const metrics = lines('Time,TimeStamp,PodName,Cpu,Memory,Latency', 300, (i) => {
    const off = i >= 200 && i < 205 ? 9 : 0;
    return `${at('2022-08-22T03:51:19', i * 60)}.607158889 +0000 UTC m=+0.1,17,cart-1,${columnsOf(3, 5, i, off)}`;
  });
  const faults = JSON.stringify({ '07': [{ inject_time: '2022-08-22 07:11:19', inject_pod: 'cart-1' }] });
  const later = JSON.stringify({ '08': [{ inject_time: '2023-01-29 08:43:04', inject_pod: 'ts-1' }] });
  const profile = { CostMatrix: { tpWeight: 1, fnWeight: 1, fpWeight: 0.11 } };
  const windows = [['2026-01-07 12:00:00.000000', '2026-01-07 14:00:00.000000']];
  return {
    'nab/data/realMade/a.csv': lines('timestamp,value', 1000, (i) => `${at('2026-01-05T00:00:00', i * 300)},${noise(0, i) + (i === 730 ? 20 : 0)}`),
    'nab/labels/combined_windows.json': JSON.stringify({ 'realMade/a.csv': windows }),
    'nab/config/profiles.json': JSON.stringify({ standard: profile, reward_low_FP_rate: profile, reward_low_FN_rate: profile }),
    'ms_cloud/data/rates/rate-01.csv': lines(
      'TimeStamp,Value,Label',
      600,
      (i) => `"${at('2026-01-05T00:00:00', i * 60)}",${i === 3 ? '' : noise(1, i) + 8 * odd(i)},${odd(i)}`,
    ),
    'ms_cloud/data/rates/rate-02.csv': lines('TimeStamp,Value,Label', 50, (i) => `${at('2026-01-05T00:00:00', i * 60)},${i},0`),
    'ucr/001_UCR_Anomaly_made_400_501_520.txt': `${Array.from({ length: 600 }, (_, i) => noise(2, i) + 8 * odd(i)).join('\n')}\n`,
    'skab/data/valve1/0.csv': skab,
    'skab/data/valve2/0.csv': skab,
    'skab/data/other/10.csv': skab,
    'skab/data/other/9.csv': skab,
    'smd/machine-1-2_train.csv': lines('m0,m1,m2,m3', 400, (i) => columnsOf(4, 4, i, 0)),
    'smd/machine-1-2_test.csv': lines('m0,m1,m2,m3,label', 200, (i) => `${columnsOf(4, 4, 400 + i, 8 * odd(400 + i))},${odd(400 + i)}`),
    'nezha/2022-08-22/2022-08-22-fault_list.json': faults,
    'nezha/2022-08-22/metric/cart-1_metric.csv': metrics,
    'nezha/2022-08-22/metric/other-1_metric.csv': metrics,
    'nezha/2023-01-29/2023-01-29-fault_list.json': later,
    'nezha/2023-01-29/metric/ts-1_metric.csv': metrics,
  };
}

/** Writes them into a new folder, and returns it. */
export function madeData(): string {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-sets-'));
  for (const [name, text] of Object.entries(files())) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
