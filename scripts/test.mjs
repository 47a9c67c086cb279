/**
 * Runs the tests: `node scripts/test.mjs [unit] [process] [backends] [browser] [arguments of vitest]`; unit and process when none is named.
 * Says at the end what was not run and why; the last line is `N passed, N failed`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chromium, places } from './lib/chromium.mjs';
import { at, filesBelow, shown, tool } from './lib/project.mjs';
import { kinds } from './services/kinds/index.mjs';
import { missing } from './services/needs.mjs';

const everyProject = ['unit', 'process', 'backends', 'browser'];
const named = process.argv.slice(2);
const asked = named.filter((name) => everyProject.includes(name));
const projects = asked.length > 0 ? asked : ['unit', 'process'];
const rest = named.filter((name) => !everyProject.includes(name));

/** Why a project cannot run on this machine, or undefined. */
function obstacle(project) {
  if (project === 'browser' && chromium() === undefined) return `no Chromium at ${places.join(', ')} (set CHROMIUM to its path)`;
  if (project === 'backends' && filesBelow(at('test', 'backends')).length === 0) return 'there is no test in test/backends';
  return undefined;
}

const notRun = [];
const runnable = projects.filter((project) => {
  const why = obstacle(project);
  if (why !== undefined) notRun.push(`${project}: ${why}`);
  return why === undefined;
});

/** The text of a file of tests and of all files of tests that it imports. */
function textWithImports(file, seen = new Set()) {
  if (seen.has(file) || !existsSync(file)) return '';
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  const imports = Array.from(text.matchAll(/from '(\.[^']*\.ts)'/g), ([, path]) => join(dirname(file), path));
  const own = imports.filter((path) => path.startsWith(at('test')) && !path.startsWith(at('test', 'support', 'services')));
  return [text, ...own.map((path) => textWithImports(path, seen))].join('\n');
}

/** Kinds of servers that a test file starts; all when it does not name them. */
function serversOf(file) {
  const text = textWithImports(file);
  if (!text.includes('startService')) return [];
  const named = Object.keys(kinds).filter((kind) => text.includes(`'${kind}'`));
  return named.length > 0 ? named : Object.keys(kinds);
}

/** Test files whose servers are not installed here. Where everything has to hold (CI), they run and fail. */
function withoutServers() {
  if (process.env.CI || !runnable.includes('backends')) return [];
  const found = filesBelow(at('test', 'backends')).map((file) => ({ file, why: missing(serversOf(file).flatMap((kind) => kinds[kind].needs)) }));
  return found.filter(({ why }) => why !== undefined);
}

const left = withoutServers();
notRun.push(...left.map(({ file, why }) => `${shown(file)}: ${why}`));

async function runVitest() {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-test-'));
  const file = join(folder, 'counts.json');
  try {
    const args = ['run', ...runnable.flatMap((name) => ['--project', name]), '--reporter=default', `--reporter=${at('scripts/lib/reporter.mjs')}`];
    args.push(...left.map(({ file }) => `--exclude=${shown(file)}`), ...rest);
    const { code } = await tool('vitest/vitest.mjs', args, { env: { HOMEOSTAT_TEST_COUNTS: file } });
    if (!existsSync(file)) return { passed: 0, failed: 1, skipped: [], repeated: [], code: code || 1 };
    return { ...JSON.parse(readFileSync(file, 'utf8')), code };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const result = runnable.length > 0 ? await runVitest() : { passed: 0, failed: 0, skipped: [], repeated: [], code: 1 };
notRun.push(...result.skipped.map(({ name, why }) => `${name}: ${why}`));
if (!asked.includes('backends') && asked.length === 0) notRun.push('backends: they use real servers, disks and receivers (npm run test:backends)');
if (!asked.includes('browser') && asked.length === 0) notRun.push('browser: they need Chromium, which is not part of Node (npm run test:browser)');

for (const line of notRun) console.log(`not run: ${line}`);
for (const name of result.repeated) console.log(`passed at its second attempt: ${name}`);
if (runnable.length > 0 && result.passed + result.failed === 0) console.log('No test matched.');
const failed = result.code !== 0 || result.passed === 0 ? Math.max(1, result.failed) : result.failed;
console.log(`${result.passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
