#!/usr/bin/env node
/**
 * The factory's own software, as small as can be: has a batch of measurements judged, and reads what Homeostat has said of a machine.
 * node factory-client.mjs [MACHINE]     HOMEOSTAT_URL and HOMEOSTAT_TOKEN_FILE say where and who
 */
import { readFileSync } from 'node:fs';

const url = process.env.HOMEOSTAT_URL || 'http://127.0.0.1:7070';
const tokenFile = process.env.HOMEOSTAT_TOKEN_FILE;
const headers = { 'content-type': 'application/json', ...(tokenFile ? { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` } : {}) };
const machine = process.argv[2] ?? 'milling-2';

async function ask(path, body) {
  const answer = await fetch(`${url}/api/v1${path}`, body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) });
  const answered = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${answered.title ?? answer.status}. ${answered.detail ?? ''}`);
  return answered;
}

/** The columns of a machine's row, as in homeostat.yaml. */
const COLUMNS = ['temperature', 'humidity', 'sound'];

const shown = (value) => (value === null || value === undefined ? '–' : value.toFixed(1));

/** 1. A batch of measurements from the test bench: a bearing's sound, 80 values of which one is too loud. Nothing of it is kept. */
async function judgeBatch() {
  const values = Array.from({ length: 80 }, (_, i) => 74 + 0.4 * Math.sin(i * 1.7) + 0.3 * Math.cos(i * 0.9));
  values[61] += 6;
  const { verdicts } = await ask('/detect', { values, detector: { robust: { window: 40 } }, threshold: { sigma: { k: 6 } } });
  const odd = [...verdicts.entries()].filter(([, { anomalous }]) => anomalous);
  console.log(`POST /api/v1/detect: ${values.length} measurements, ${odd.length} anomalous`);
  for (const [place, { values: measured, expected, score }] of odd) {
    console.log(`  number ${place + 1}: ${shown(measured[0])} dB, expected ${shown(expected)} dB, score ${shown(score)}`);
  }
}

/** 2. What was said of a machine: the last ten minutes of each of its series, from the history in Cassandra. */
async function readMachine() {
  for (const pipeline of ['sensors', 'machines', 'signals']) {
    const { items } = await ask(`/series?pipeline=${pipeline}&search=${encodeURIComponent(machine)}&sort=key`);
    // What comes in by itself and is judged in rows has no verdicts of its own.
    for (const { key, time } of items.filter((each) => each.time !== null)) {
      const from = new Date(time - 600_000).toISOString();
      const { items: verdicts } = await ask(`/verdicts?pipeline=${pipeline}&series=${encodeURIComponent(key)}&from=${from}&limit=1000`);
      const odd = verdicts.filter(({ anomalous }) => anomalous);
      console.log(`GET /api/v1/verdicts, ${pipeline}, ${key}: ${verdicts.length} verdicts, ${odd.length} anomalous`);
      const worst = odd.toSorted((a, b) => b.score - a.score)[0];
      if (worst !== undefined) console.log(`  ${wordsOf(worst)}`);
    }
  }
}

/** A verdict in one line; of a row also which column has the largest share in the score. */
function wordsOf({ time, values, unit, score, threshold, contributions }) {
  const said = `most unusual at ${time.slice(11, 19)} UTC: ${values.map(shown).join(', ')}${unit ? ` ${unit}` : ''}, score ${shown(score)}, limit ${shown(threshold)}`;
  if (contributions === null || values.length === 1) return said;
  const most = contributions.indexOf(Math.max(...contributions));
  return `${said}; ${Math.round(contributions[most] * 100)} % of it is ${COLUMNS[most]}`;
}

try {
  await judgeBatch();
  await readMachine();
} catch (error) {
  console.error(`factory-client: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
