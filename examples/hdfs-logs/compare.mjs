#!/usr/bin/env node
/**
 * Beside the truth: how many blocks went wrong, how many of them were found, and how many of what was flagged were right; of both pipelines while the
 * example runs, or of files that `homeostat logs detect` wrote.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values: given, positionals: files } = parseArgs({
  allowPositionals: true,
  options: { url: { type: 'string', default: 'http://127.0.0.1:7070' }, truth: { type: 'string', default: 'data/truth.csv' }, help: { type: 'boolean' } },
});
if (given.help) {
  console.log(`node compare.mjs [--url http://127.0.0.1:7070] [--truth data/truth.csv]     while the example runs
node compare.mjs [--truth data/truth.csv] FILE.ndjson…     what homeostat logs detect found in data/made.log`);
  process.exit(0);
}
const get = async (path) => {
  const answer = await fetch(`${given.url}/api/v1/${path}`);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};
const rows = readFileSync(given.truth, 'utf8').trimEnd().split('\n').slice(1);
const wrong = new Set(rows.map((row) => row.split(',')[0]));

async function sessionsOf(pipeline) {
  const all = [];
  for (let cursor = ''; cursor !== null;) {
    const page = await get(`pipelines/${pipeline}/logs/sessions?limit=500${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    all.push(...page.sessions);
    cursor = page.next;
  }
  return all;
}

const percent = (part, whole) => (whole === 0 ? '–' : `${Math.round((100 * part) / whole)}%`);

/** A session that is judged again has a further line; the last one counts. */
for (const file of files) {
  const verdicts = readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const last = new Map(verdicts.filter(({ kind }) => kind === 'session').map(({ subject, anomalous }) => [subject, anomalous]));
  const flagged = [...last].filter(([, anomalous]) => anomalous).map(([session]) => session);
  const right = flagged.filter((session) => wrong.has(session)).length;
  console.log(
    `${file}: ${wrong.size} blocks had gone wrong; ${flagged.length} were flagged, ${right} of these rightly: precision ${percent(right, flagged.length)}, recall ${percent(right, wrong.size)}`,
  );
}

for (const pipeline of files.length > 0 ? [] : ['hdfs-kafka', 'hdfs-file']) {
  const overview = await get(`pipelines/${pipeline}/logs`);
  const status = await get(`pipelines/${pipeline}`);
  const sessions = (await sessionsOf(pipeline)).filter(({ score }) => score !== null);
  // What was judged: of the others nobody has said anything yet.
  const judged = sessions.filter(({ session }) => wrong.has(session)).length;
  const flagged = sessions.filter(({ anomalous }) => anomalous);
  const right = flagged.filter(({ session }) => wrong.has(session)).length;
  const { thresholds } = await get(`pipelines/${pipeline}/logs/scores`);
  console.log(
    `${pipeline}: ${status.detector}; ${overview.lines.toLocaleString('en')} lines, ${overview.templates} templates, ${sessions.length} sessions judged`,
  );
  console.log(
    `  ${judged} of them had gone wrong; ${flagged.length} were flagged, ${right} of these rightly: precision ${percent(right, flagged.length)}, recall ${percent(right, judged)}`,
  );
  for (const { name, kind, limit, flagged: times, inForce } of thresholds) {
    console.log(
      `  ${kind.padEnd(7)} ${name}: limit now ${limit === null ? '–' : limit.toFixed(2)}, flagged ${times} judgements${inForce ? ' (in force)' : ''}`,
    );
  }
}
