/**
 * Runs benchmarks by their permanent ids: `npm run bench` for all, `npm run bench -- ID …` for some.
 * Results go to bench/RESULTS.md, one row an id; rows of benchmarks that were not run stay as they are.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { benchmarks as dashboard } from './dashboard.mjs';
import { benchmarks as detect } from './detect.mjs';
import { benchmarks as engine } from './engine.mjs';
import { benchmarks as push } from './push.mjs';
import { benchmarks as recovery } from './recovery.mjs';

const all = [...detect, ...engine, ...push, ...recovery, ...dashboard];
const wanted = process.argv.slice(2);
const unknown = wanted.filter((id) => !all.some((benchmark) => benchmark.id === id));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; there are ${all.map(({ id }) => id).join(', ')}`);
  process.exit(2);
}

const path = new URL('./RESULTS.md', import.meta.url);
const machine = `${cpus().length} cores ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`;
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
  rows.set(id, `| \`${id}\` | ${what} | ${figure} | ${target} | ${peer ?? 'not measured'} | ${new Date().toISOString().slice(0, 10)}, ${machine} |`);
}

const text = `# Results

Each row is what \`npm run bench -- ID\` printed last. Machines are shared and differ: compare ratios within a row before figures across rows.

| id | what is measured | figure | asked for | peer, in the same run | when and where |
| --- | --- | --- | --- | --- | --- |
${all.flatMap(({ id }) => rows.get(id) ?? []).join('\n')}
`;
const beside = new URL('./RESULTS.md.new', import.meta.url);
writeFileSync(beside, text);
renameSync(beside, path);
process.exit(0);
