/**
 * Other people's detectors, under the same causal protocol as ours: each row is scored by what came before it, then learnt.
 * They are installed on demand into `.installed/`, in the versions pinned here; what cannot be had is reported as `not measured: why`.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LineWorker } from './worker.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const installed = join(here, '.installed');
const venv = join(installed, 'python');
const java = join(installed, 'java');
const venvPython = join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/** Longest time an installation may take, ms. */
const PATIENCE = 600_000;

/** Longest time a run may take unless told otherwise, s. */
const RUN_LIMIT = 600;

const rcfVersion = /<artifactId>randomcutforest-core<\/artifactId>\s*<version>([^<]+)/.exec(readFileSync(join(here, 'java/pom.xml'), 'utf8'))[1];

const environments = {
  python: {
    /** What the installation was made of: another content is installed anew. */
    sources: ['python/requirements.txt'],
    async build() {
      await shell('python3', ['-m', 'venv', venv]);
      await shell(venvPython, ['-m', 'pip', 'install', '--quiet', '--no-input', '-r', join(here, 'python/requirements.txt')]);
    },
    worker: new LineWorker(venvPython, [join(here, 'python/peers.py')]),
    request: (peer, files, width, options) => JSON.stringify({ peer, rows: files.rows, width, scores: files.scores, options }),
    answer(line) {
      const { error, seconds, version } = JSON.parse(line);
      if (error !== undefined) throw new Error(error);
      return { seconds, version };
    },
  },
  java: {
    sources: ['java/pom.xml', 'java/Peers.java'],
    async build() {
      await shell('mvn', ['-q', '-B', '-f', join(here, 'java/pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${join(java, 'lib')}`]);
      await shell('javac', ['-cp', join(java, 'lib/*'), '-d', join(java, 'classes'), join(here, 'java/Peers.java')]);
    },
    worker: new LineWorker('java', ['-cp', [join(java, 'classes'), join(java, 'lib/*')].join(delimiter), 'Peers']),
    request: (_, files, width, { shingle, trees = 50, sample = 256, seed = 42 }) => [files.rows, width, files.scores, shingle, trees, sample, seed].join('\t'),
    answer(line) {
      if (line.startsWith('error\t')) throw new Error(line.slice(6));
      return { seconds: Number(line), version: `randomcutforest-core ${rcfVersion}` };
    },
  },
};

/** Every peer: where it runs, what it is, and options that go before those given to `run`. */
export const peers = {
  'river-hst': { in: 'python', what: 'River HalfSpaceTrees (10 trees, depth 8, window 250 unless told otherwise) behind its MinMaxScaler' },
  'river-gaussian': { in: 'python', what: 'River GaussianScorer, the largest score of the columns' },
  'rcf-1': { in: 'java', what: 'AWS RandomCutForest, 50 trees, 256 samples, shingle 1', options: { shingle: 1 } },
  'rcf-4': { in: 'java', what: 'AWS RandomCutForest, 50 trees, 256 samples, shingle 4', options: { shingle: 4 } },
  'sklearn-iforest': { in: 'python', what: 'scikit-learn IsolationForest (100 trees), fitted every 256 rows on the last 2,048' },
  pysad: { in: 'python', what: 'PySAD xStream (100 chains, depth 15, window 256)' },
};

const drain3 = new LineWorker(venvPython, [join(here, 'python/drain3_lines.py')]);

/**
 * Runs the template miner Drain3, as it is delivered, over the lines of a file -> `seconds` of the processor, `lines`, `clusters`, `version`. `masks`: a set of the program's masks (`none`, `hdfs`, `usual`); `begin`: characters of a header that are left
 * out; `ids`: a file that gets the cluster of each line (uint32). Throws `not measured: why`.
 */
export async function runDrain3({ limit = RUN_LIMIT, ...request }) {
  const why = missing('python');
  if (why !== undefined) throw new Error(why);
  try {
    const { error, ...said } = JSON.parse(await drain3.ask(JSON.stringify(request), limit * 1000));
    if (error !== undefined) throw new Error(error);
    return said;
  } catch (thrown) {
    throw new Error(`not measured: ${thrown.message}`, { cause: thrown });
  }
}

/** Why each peer cannot be run now: `undefined` for those that can. */
export function available() {
  const why = Object.fromEntries(Object.keys(environments).map((name) => [name, missing(name)]));
  return Object.fromEntries(Object.entries(peers).map(([peer, its]) => [peer, why[its.in]]));
}

/** Installs what is missing; returns what `available` returns. Installing never throws: its failure is the reason. */
export async function install() {
  const failed = {};
  for (const [name, environment] of Object.entries(environments)) {
    if (missing(name) === undefined) continue;
    const folder = join(installed, name);
    try {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(join(folder, 'from'), { recursive: true });
      await environment.build();
      for (const source of environment.sources) copyFileSync(join(here, source), copyOf(name, source));
    } catch (thrown) {
      failed[name] = `not measured: ${thrown.message}`;
    }
  }
  return Object.fromEntries(Object.entries(available()).map(([peer, why]) => [peer, why && (failed[peers[peer].in] ?? why)]));
}

/**
 * Runs a peer over `rows` (Float64Array, row after row of `width` values; what is missing is taken from the row before, as no peer
 * knows missing values) -> `scores` (one a row, higher is more unusual, NaN where it has none), `seconds` of scoring and learning,
 * `version`. `options.limit`: longest time in s. Throws `not measured: why`.
 */
export async function run(peer, rows, width, { limit = RUN_LIMIT, ...options } = {}) {
  const its = peers[peer];
  if (its === undefined) throw new Error(`no peer is called ${peer}; there are ${Object.keys(peers).join(', ')}`);
  if (rows.length % width !== 0) throw new Error(`${rows.length} values are no rows of ${width}`);
  const why = missing(its.in);
  if (why !== undefined) throw new Error(why);
  const { worker, request, answer } = environments[its.in];
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-peer-'));
  const files = { rows: join(folder, 'rows'), scores: join(folder, 'scores') };
  try {
    writeFileSync(files.rows, new Uint8Array(filled(rows, width).buffer));
    const said = answer(await worker.ask(request(peer, files, width, { ...its.options, ...options }), limit * 1000));
    const bytes = readFileSync(files.scores);
    return { scores: new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)), ...said };
  } catch (thrown) {
    throw new Error(`not measured: ${thrown.message}`, { cause: thrown });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Ends the programs that `run` started; they end with this process anyway. */
export function close() {
  for (const { worker } of Object.values(environments)) worker.close();
  drain3.close();
}

function copyOf(name, source) {
  return join(installed, name, 'from', source.slice(source.lastIndexOf('/') + 1));
}

function missing(name) {
  const current = environments[name].sources.every(
    (source) => existsSync(copyOf(name, source)) && readFileSync(copyOf(name, source)).equals(readFileSync(join(here, source))),
  );
  return current ? undefined : 'not measured: not installed';
}

/** A copy in which a missing value is the last one of its column, 0 before the first. */
function filled(rows, width) {
  const copy = Float64Array.from(rows);
  for (let i = 0; i < copy.length; i++) if (!(Math.abs(copy[i]) <= 1e150)) copy[i] = i < width ? 0 : copy[i - width];
  return copy;
}

function shell(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: PATIENCE });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (said = (said + chunk).slice(-4000)));
    child.on('error', (thrown) => reject(new Error(`${command} cannot be run (${thrown.code ?? thrown.message})`)));
    child.on('close', (code, signal) => {
      const last =
        said
          .trim()
          .split('\n')
          .findLast((line) => /error/i.test(line)) ?? said.trim().split('\n').at(-1);
      if (code === 0) resolve();
      else reject(new Error(`${command} ended with ${signal ?? code}: ${last.trim()}`));
    });
  });
}
