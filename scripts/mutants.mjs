/**
 * Changes single lines of detectors, thresholds and the mathematics that they use, one after another, and runs the tests that ought to notice.
 *
 *     node scripts/mutants.mjs [FILE …] [--per-file N] [--seed N] [--limit SECONDS] [--line N]
 *
 * FILE        files or folders below the project (default: all of src/detectors and src/thresholds, and what they import of src/math)
 * --per-file  changes tried in each file, on lines evenly spread over it (default 8)
 * --seed      another choice of lines and changes (default 1)
 * --line      instead of a choice, every change of this line
 * --limit     seconds that the tests may take for one change (default 60); a change that makes them take longer counts as noticed
 *
 * A change is one operator, comparison, constant, Math.min or Math.max, true or false turned into its counterpart, or one statement left out. Options and
 * descriptions are not changed: `npm run check` compares them with the generated reference. The work is done in a copy in the temporary folder with one Vitest
 * process, which first runs the tests beside the file that import it, then up to four of its users, then the conformance suite of the components that it serves.
 * Prints each change as killed or survived, and ends with 1 when one survived. A survivor is a hole in the tests, or a change that makes no difference.
 */
import { fork } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { changed, chosenChanges, everyChange } from './lib/mutations.mjs';
import { at, filesBelow, root, shown } from './lib/project.mjs';

const CONFORMANCE = ['src/detectors/detectors.test.ts', 'src/thresholds/thresholds.test.ts'];
const isTest = (file) => /\.test\.ts$/.test(file);
const isSource = (file) => /\.ts$/.test(file) && !/\.(test|fixture)\.ts$/.test(file);
const isTried = (file) => /^src\/(detectors|thresholds|math)\//.test(file);

/** What each file of src/ imports of ours, types left out. */
function importsOf(folder) {
  const imports = new Map();
  for (const path of filesBelow(join(folder, 'src')).filter((file) => file.endsWith('.ts'))) {
    const found = readFileSync(path, 'utf8').matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+)'/gm);
    imports.set(
      path,
      Array.from(found, ([, to]) => resolve(dirname(path), to)),
    );
  }
  return imports;
}

/** How many imports lie between a file and what it needs, for everything it needs. */
function distancesFrom(file, imports) {
  const distances = new Map([[file, 0]]);
  for (const [path, far] of distances) {
    for (const next of imports.get(path) ?? []) if (!distances.has(next)) distances.set(next, far + 1);
  }
  return distances;
}

/** Names of the components of a definition file. */
function componentsIn(path) {
  return Array.from(readFileSync(path, 'utf8').matchAll(/define(?:Detector|Threshold)\b[^{]*\{\s*name: '([\w-]+)'/g), ([, name]) => name);
}

/** The runs that ought to notice a change of `path`, nearest first: what to run, and which of its tests. */
function runsFor(path, folder, imports) {
  const name = (file) => file.slice(folder.length + 1);
  const far = (file) => distancesFrom(file, imports).get(path) ?? Infinity;
  const tests = [...imports.keys()].filter((file) => isTest(file) && isTried(name(file)) && !CONFORMANCE.includes(name(file)));
  const reaching = tests.map((file) => ({ file, far: far(file) })).filter((test) => test.far < Infinity);
  const own = reaching.filter((test) => dirname(test.file) === dirname(path) && test.far === 1);
  const nearest = Math.min(...reaching.map((test) => test.far));
  const beside = own.length > 0 ? own : reaching.filter((test) => test.far === nearest);
  const users = reaching.filter((test) => !beside.includes(test) && test.far <= Math.max(2, nearest)).slice(0, 4);
  const runs = [...beside, ...users].map(({ file }) => ({ files: [file] }));

  const served = [...imports.keys()].flatMap((file) => (isTest(file) ? [] : componentsIn(file).map((component) => ({ component, file, far: far(file) }))));
  const closest = Math.min(...served.map((one) => one.far));
  const components = served.filter((one) => one.far === closest && closest < Infinity).slice(0, 2);
  for (const suite of CONFORMANCE) {
    const here = components.filter(({ file }) => name(file).startsWith(`${dirname(suite)}/`));
    if (here.length > 0) runs.push({ files: [join(folder, suite)], names: `^every (detector|threshold) (${here.map((one) => one.component).join('|')}) ` });
  }
  return runs;
}

/** Runs tests in a process of its own, which is ended when they take too long. */
class Tests {
  #folder;
  #limit;
  #child;

  constructor(folder, limit) {
    this.#folder = folder;
    this.#limit = limit;
  }

  /** 'passed', or what told that they did not. */
  run(run, touched) {
    this.#child ??= fork(fileURLToPath(import.meta.url), ['--runner', this.#folder], { cwd: this.#folder, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const child = this.#child;
    return new Promise((done) => {
      const end = (said, stop = true) => {
        clearTimeout(timer);
        child.removeAllListeners();
        if (stop) this.close();
        done(said);
      };
      const timer = setTimeout(() => end(`not done after ${this.#limit} s`), this.#limit * 1000);
      child.once('message', (said) => end(said, false));
      child.once('exit', (code) => end(`the tests ended with ${code}`));
      child.send({ ...run, touched });
    });
  }

  close() {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}

/** The other side of Tests: one Vitest for all runs. */
async function serve(folder) {
  const { createVitest } = await import('vitest/node');
  const options = { root: folder, config: false, watch: true, pool: 'threads', fileParallelism: false, bail: 1, reporters: [{}], cache: false };
  const vitest = await createVitest('test', { ...options, include: ['src/**/*.test.ts'], testTimeout: 60_000 }, { server: { watch: null } });
  await vitest.standalone();
  let before;
  const answer = async ({ files, names, touched }) => {
    for (const file of [before, touched]) if (file !== undefined) vitest.invalidateFile(file);
    before = touched;
    if (names === undefined) vitest.resetGlobalTestNamePattern();
    else vitest.setGlobalTestNamePattern(new RegExp(names));
    const specifications = await vitest.globTestSpecifications(files);
    vitest.state.clearErrors();
    vitest.state.filesMap.clear();
    vitest.state.idMap.clear();
    const { testModules, unhandledErrors } = await vitest.rerunTestSpecifications(specifications);
    const failed = testModules.flatMap((module) => [...module.children.allTests('failed')]);
    const broken = testModules.filter((module) => !module.ok());
    const ran = testModules.some((module) => [...module.children.allTests('passed')].length > 0);
    const why = failed[0]?.fullName ?? broken[0]?.errors()[0]?.message ?? unhandledErrors[0]?.message ?? (ran ? 'passed' : 'no test ran');
    process.send(why);
  };
  process.on('message', (asked) => void answer(asked));
  process.on('disconnect', () => process.exit());
}

/** The files that are named, or all that are tried. */
function filesTried(named, imports) {
  if (named.length > 0) {
    return named.map((name) => resolve(name)).flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path).filter(isSource) : [path]));
  }
  const of = (room) => filesBelow(at('src', room)).filter(isSource);
  const components = [...of('detectors'), ...of('thresholds')];
  const used = new Set(components.flatMap((file) => [...distancesFrom(file, imports).keys()]));
  return [...of('math').filter((file) => used.has(file)), ...components];
}

function copyOfProject() {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-mutants-'));
  for (const name of ['src', 'test', 'package.json', 'tsconfig.json']) if (existsSync(at(name))) cpSync(at(name), join(folder, name), { recursive: true });
  symlinkSync(at('node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Tries the changes of one file; answers the survivors. */
async function tryFile(file, { folder, imports, tests, chosen }) {
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8');
  const changes = chosen(file, text);
  if (changes.length === 0) return [];
  const runs = [];
  for (const run of runsFor(path, folder, imports)) {
    const said = await tests.run(run, path);
    if (said === 'passed') runs.push(run);
    else console.log(`left out: ${run.files[0].slice(folder.length + 1)} fails without a change: ${said}`);
  }
  if (runs.length === 0) throw new Error(`${file}: no test of it passes without a change`);
  const survivors = [];
  for (const change of changes) {
    writeFileSync(path, changed(text, change));
    let said = 'passed';
    for (const run of runs) if (said === 'passed') said = await tests.run(run, path);
    writeFileSync(path, text);
    if (said === 'passed') survivors.push(change);
    const what = `${file}:${change.line}:${change.at + 1}  ${change.from.trim()}  ->  ${change.to === ';' ? '(left out)' : change.to.trim()}`;
    console.log(said === 'passed' ? `SURVIVED  ${what}\n          ${text.split('\n')[change.line - 1].trim()}` : `killed    ${what}  (${said.slice(0, 100)})`);
  }
  console.log(`${file}: ${changes.length} tried, ${changes.length - survivors.length} killed, ${survivors.length} survived`);
  return survivors;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'per-file': { type: 'string', default: '8' },
      seed: { type: 'string', default: '1' },
      limit: { type: 'string', default: '60' },
      line: { type: 'string' },
      runner: { type: 'string' },
    },
  });
  if (values.runner !== undefined) return serve(values.runner);
  const chosen = (file, text) =>
    values.line === undefined
      ? chosenChanges(file, text, Number(values['per-file']), values.seed)
      : everyChange(text)
          .filter(({ line }) => line === Number(values.line))
          .flatMap(({ line, changes }) => changes.map((change) => ({ line, ...change })));
  const files = filesTried(positionals, importsOf(root)).map(shown);
  const folder = copyOfProject();
  const tests = new Tests(folder, Number(values.limit));
  const count = { survived: 0, failed: 0 };
  try {
    const imports = importsOf(folder);
    for (const file of files) {
      try {
        count.survived += (await tryFile(file, { folder, imports, tests, chosen })).length;
      } catch (error) {
        count.failed++;
        console.log(`not tried: ${error.message}`);
      }
    }
  } finally {
    tests.close();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${files.length} files, ${count.survived} changes survived${count.failed > 0 ? `, ${count.failed} files not tried` : ''}`);
  if (count.survived + count.failed > 0) process.exitCode = 1;
}

await main();
