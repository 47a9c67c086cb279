/** The history in Cassandra: from a CSV file over 10,000 series through the detectors into a real node, as a whole process would run it. */
import { join } from 'node:path';
import { startService } from '../scripts/services/start.mjs';
import { startHomeostat } from '../dist/pipeline/host.js';
import { parseConfig } from '../dist/pipeline/load.js';
import { writeCsv } from './engine.mjs';
import { inFolder, thousand } from './support.mjs';

const SERIES = 10_000;
const ROWS = 900_000;
const PLAIN_ROWS = 100_000;

/** Verdicts per second from the first byte read to the last commit. */
async function throughput(folder, node, name) {
  const yaml = `
data: ./data-${name}
history: { cassandra: { contact_points: [${node.host}], port: ${node.port} } }
pipelines:
  bench:
    source: { file: { path: events.csv } }
    detect: { detector: ema }
    incident: { max_alert_age: 1h }
    checkpoint: { max_interval: 3s }
`;
  const began = performance.now();
  const { running, finished, stop } = await startHomeostat(parseConfig(yaml, join(folder, 'homeostat.yaml')), { log: () => {} });
  await finished;
  const seconds = (performance.now() - began) / 1000;
  const { verdicts } = running.pipelines()[0].counts;
  await stop();
  if (verdicts !== ROWS) throw new Error(`${verdicts} verdicts instead of ${ROWS}`);
  return verdicts / seconds;
}

/** What people write first: one prepared insert a row, 256 at once, nothing detected. */
async function plainInserts({ host, port }) {
  const { default: cassandra } = await import('cassandra-driver');
  const client = new cassandra.Client({ contactPoints: [`${host}:${port}`], localDataCenter: 'datacenter1' });
  try {
    await client.connect();
    await client.execute("CREATE KEYSPACE plain WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
    await client.execute(
      'CREATE TABLE plain.scores (series text, day int, time double, id text, value double, score double, anomalous boolean, PRIMARY KEY ((series, day), time, id))',
    );
    const cql = 'INSERT INTO plain.scores (series, day, time, id, value, score, anomalous) VALUES (?, ?, ?, ?, ?, ?, ?)';
    let next = 0;
    const lane = async () => {
      for (let n = next++; n < PLAIN_ROWS; n = next++) {
        await client.execute(cql, [`s${n % SERIES}`, 19675, 1_700_000_000_000 + Math.floor(n / SERIES) * 1000, String(n), 100, 0.5, false], { prepare: true });
      }
    };
    const began = performance.now();
    await Promise.all(Array.from({ length: 256 }, lane));
    return (PLAIN_ROWS / (performance.now() - began)) * 1000;
  } finally {
    await client.shutdown();
  }
}

async function measured(folder, commitlog) {
  const node = await startService('cassandra', { commitlog, fullSpeed: true });
  try {
    const figure = await throughput(folder, node, commitlog);
    return { figure, plain: commitlog === 'batch' ? await plainInserts(node) : 0 };
  } finally {
    await node.stop();
  }
}

export const benchmarks = [
  {
    id: 'cassandra-history',
    what: 'file (CSV, 900 k rows, 10,000 series) through the detectors into Cassandra, every verdict stored, each synced to the disk before it counts (commitlog_sync: batch)',
    target: '>= 15 k verdicts/s',
    run: () =>
      inFolder(async (folder) => {
        await writeCsv(join(folder, 'events.csv'), ROWS, SERIES);
        const { figure, plain } = await measured(folder, 'batch');
        const periodic = await measured(folder, 'periodic');
        return {
          figure: `${thousand(figure)} verdicts/s (commitlog_sync: periodic, which may lose what it acknowledged: ${thousand(periodic.figure)})`,
          peer: `plain prepared inserts of 7 columns, 256 in flight, nothing detected: ${thousand(plain)} rows/s`,
        };
      }),
  },
];
