/** The engine from a CSV file to the ledger and history, exactly-once on, measured as a whole process would run it. */
import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startHomeostat } from '../dist/pipeline/host.js';
import { parseConfig } from '../dist/pipeline/load.js';
import { inFolder, million, thousand } from './support.mjs';

const SERIES = 1000;

/** `time,series,value`: noise, and one value in 5,000 far off. */
export async function writeCsv(path, rows, series = SERIES) {
  const out = createWriteStream(path);
  out.write('time,series,value\n');
  let seed = 1;
  let text = '';
  for (let n = 0; n < rows; n++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const value = seed % 5000 === 0 ? 500 : 100 + (seed % 1000) / 50;
    text += `${1_700_000_000_000 + Math.floor(n / series) * 1000},s${n % series},${value}\n`;
    if (text.length > 1 << 20) {
      if (!out.write(text)) await once(out, 'drain');
      text = '';
    }
  }
  out.end(text);
  await once(out, 'finish');
}

/** Events per second from the first byte read to the last commit. */
async function throughput(folder, store) {
  const yaml = `
data: ./data-${store}
pipelines:
  bench:
    source: { file: { path: events.csv } }
    detect: { detector: ema }
    store: ${store}
    incident: { max_alert_age: 1h }
`;
  const config = parseConfig(yaml, join(folder, 'homeostat.yaml'));
  const began = performance.now();
  const { running, finished, stop } = await startHomeostat(config, { log: () => {} });
  await finished;
  const seconds = (performance.now() - began) / 1000;
  const { events } = running.pipelines()[0].counts;
  await stop();
  return { events, perSecond: events / seconds };
}

/** What people write first: readline, split, a map of exponential means, nothing stored. */
async function plainScript(path) {
  const began = performance.now();
  const series = new Map();
  let rows = -1;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (++rows === 0) continue;
    const [, key, text] = line.split(',');
    const x = Number(text);
    const state = series.get(key) ?? { mean: x, variance: 0 };
    const d = x - state.mean;
    state.anomalous = Math.abs(d) > 3 * Math.sqrt(state.variance);
    state.mean += 0.1 * d;
    state.variance = 0.9 * (state.variance + 0.1 * d * d);
    series.set(key, state);
  }
  return (rows / (performance.now() - began)) * 1000;
}

function benchmark(store, rows, print) {
  return () =>
    inFolder(async (folder) => {
      await writeCsv(join(folder, 'events.csv'), rows);
      const { events, perSecond } = await throughput(folder, store);
      if (events !== rows) throw new Error(`${events} events instead of ${rows}`);
      const plain = await plainScript(join(folder, 'events.csv'));
      return {
        figure: `${print(perSecond)} events/s`,
        peer: `plain readline script, nothing stored: ${print(plain)} rows/s (ours is ${(perSecond / plain).toFixed(1)} times that)`,
      };
    });
}

export const benchmarks = [
  {
    id: 'engine-file-anomalies',
    what: 'file (CSV, 10 M rows, 1,000 series) to ledger, anomalies stored',
    target: '>= 1 M events/s',
    run: benchmark('anomalies', 10_000_000, million),
  },
  {
    id: 'engine-file-all',
    what: 'file (CSV, 2 M rows, 1,000 series) to ledger, every verdict stored',
    target: '>= 150 k events/s',
    run: benchmark('all', 2_000_000, thousand),
  },
];
