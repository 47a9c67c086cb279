/**
 * Runs benchmarks by their permanent ids: `npm run bench` for all, `npm run bench -- ID …` for some.
 * Results go to a section of bench/RESULTS.md, one row an id; rows of benchmarks that were not run stay as they are. Other sections: `homeostat bench`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { machine } from '../dist/evaluation/report/machine.js';
import { writeSection } from '../dist/evaluation/report/results.js';
import { benchmarks as cassandra } from './cassandra.mjs';
import { benchmarks as dashboard } from './dashboard.mjs';
import { benchmarks as detect } from './detect.mjs';
import { benchmarks as engine } from './engine.mjs';
import { benchmarks as mqtt } from './mqtt.mjs';
import { benchmarks as kafka } from './kafka.mjs';
import { benchmarks as push } from './push.mjs';
import { benchmarks as recovery } from './recovery.mjs';
import { benchmarks as redis } from './redis.mjs';

const all = [...detect, ...engine, ...push, ...recovery, ...mqtt, ...dashboard, ...redis, ...cassandra, ...kafka];
const wanted = process.argv.slice(2);
const unknown = wanted.filter((id) => !all.some((benchmark) => benchmark.id === id));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; there are ${all.map(({ id }) => id).join(', ')}`);
  process.exit(2);
}

const path = new URL('./RESULTS.md', import.meta.url);
const rows = new Map();
if (existsSync(path)) {
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const id = /^\| `([\w-]+)` \|/.exec(line)?.[1];
    if (id !== undefined) rows.set(id, line);
  }
}

for (const { id, what, target, run } of all.filter((benchmark) => wanted.length === 0 || wanted.includes(benchmark.id))) {
  console.error(`${id}: ${what} …`);
  const began = performance.now();
  const { figure, peer } = await run().catch((thrown) => ({ figure: `not measured: ${thrown.message.split('\n')[0]}` }));
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`${id}: ${figure}${target === '' ? '' : ` (${target})`}${peer === undefined ? '' : `; ${peer}`} [${seconds} s]`);
  rows.set(id, `| \`${id}\` | ${what} | ${figure} | ${target} | ${peer ?? 'not measured'} | ${new Date().toISOString().slice(0, 10)}, ${machine()} |`);
}

const table = `## The system

\`npm run bench\`: each row is what \`npm run bench -- ID\` printed last.

| id | what is measured | figure | asked for | peer, in the same run | when and where |
| --- | --- | --- | --- | --- | --- |
${all.flatMap(({ id }) => rows.get(id) ?? []).join('\n')}
`;
writeSection(fileURLToPath(path), 'system', table);
process.exit(0);
