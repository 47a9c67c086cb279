/**
 * Plants one bug after another into a copy of the built program and runs the kill test against it: each must make it fail.
 * `node scripts/plant-bugs.mjs [NAME …]`; needs a build. Ends with 1 when a bug went unnoticed.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const copy = `${root}.homeostat/planted`;

/** What is replaced by what, and where; the text must be there, so that a bug that no longer fits the code is noticed. */
const BUGS = {
  'acknowledge-before-write': {
    file: 'runtime/journal/writer.js',
    from: /const appended = this\.#enqueue\(request, key\)\.finally/,
    to: 'const appended = (new Promise((slow) => setTimeout(slow, 200)).then(() => this.#enqueue(request, key)).catch(() => {}), Promise.resolve(this.#end)).finally',
  },
  'acknowledge-before-commit': {
    file: 'runtime/committer.js',
    from: /position: run\.position \?\? null,/,
    to: 'position: typeof run.position === "number" ? Math.max(run.position, run.readTo ?? 0) : (run.readTo ?? run.position ?? null),',
    also: {
      file: 'runtime/run.js',
      from: /this\.position = batch\.position;/,
      to: 'this.readTo = batch.position; await new Promise((slow) => setTimeout(slow, 120)); this.position = batch.position;',
    },
  },
  'skip-a-dirty-state': { file: 'runtime/states.js', from: /return this\.#changed\.map\(/, to: 'return this.#changed.filter((key) => key % 7 !== 3).map(' },
  'ledger-before-history': {
    file: 'runtime/committer.js',
    from: /const written = history\.append\([^;]*;\s*if \(written !== undefined\)\s*await written;\s*faultPoint\('history-written'\);\s*ledger\.commit\(record\);/,
    to: "ledger.commit(record); faultPoint('history-written'); const written = history.append(run.plan.pipeline, stored.length > 0 ? [stored] : [], run.stages.rollups, run.dictionary); if (written !== undefined) await written;",
  },
  'forget-the-key': {
    file: 'runtime/journal/writer.js',
    from: /if \(known !== undefined\)\s*return Promise\.resolve\(\{ offset: known, repeated: true \}\);/,
    to: '',
  },
  'forget-the-outbox': { file: 'runtime/committer.js', from: /outbox: changes\.outbox,/, to: 'outbox: [],' },
};

function plant({ file, from, to, also }) {
  const path = `${copy}/dist/${file}`;
  const text = readFileSync(path, 'utf8');
  if (!from.test(text)) throw new Error(`${file} does not hold what is to be replaced: ${from}`);
  writeFileSync(path, text.replace(from, to));
  if (also !== undefined) plant(also);
}

const wanted = process.argv.slice(2);
const unnoticed = [];
for (const [name, bug] of Object.entries(BUGS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  cpSync(`${root}dist`, `${copy}/dist`, { recursive: true });
  cpSync(`${root}package.json`, `${copy}/package.json`);
  plant(bug);
  const env = {
    HOMEOSTAT_KILLS: '12',
    HOMEOSTAT_KILL_EVENTS: '20000',
    HOMEOSTAT_KILL_PATIENCE: '30000',
    ...process.env,
    HOMEOSTAT_PROGRAM: `${copy}/dist/cli/main.js`,
  };
  const { status, stdout, stderr } = spawnSync('npx', ['vitest', 'run', '--project', 'process', 'test/process/kill.test.ts'], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  const reason = /(?:AssertionError|Error): .*/.exec(stripVTControlCharacters(stdout + stderr))?.[0].slice(0, 160) ?? '';
  if (status === 0) unnoticed.push(name);
  console.log(`${name}: ${status === 0 ? 'NOT NOTICED' : `noticed (${reason})`}`);
}
rmSync(copy, { recursive: true, force: true });
if (unnoticed.length > 0) {
  console.error(`not noticed: ${unnoticed.join(', ')}`);
  process.exit(1);
}
