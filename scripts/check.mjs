/** Everything that can be said of the code without running it. Runs all checks, shows what the failed ones said, and ends with a table. */
import { existsSync } from 'node:fs';
import { at, run, tool } from './lib/project.mjs';

const quiet = { quiet: true };
const script = (name, ...args) => run(process.execPath, [at('scripts', name), ...args], quiet);

const checks = [
  ['build', () => script('ensure.mjs')],
  ['types', () => tool('typescript/bin/tsc', ['-p', at('tsconfig.json')], quiet)],
  ['types of the dashboard', () => tool('typescript/bin/tsc', ['-p', at('web', 'tsconfig.json'), '--noEmit'], quiet), at('web', 'tsconfig.json')],
  ['lint and layers', () => tool('oxlint/bin/oxlint', ['-c', at('oxlint.config.mjs')], quiet)],
  ['format', () => tool('oxfmt/bin/oxfmt', ['--check'], quiet)],
  ['unused code', () => tool('knip/bin/knip.js', ['--no-progress'], quiet)],
  ['package', () => tool('publint/src/cli.js', ['--strict'], quiet)],
  ['documentation', () => script('docs.mjs', '--check')],
  ['tidy', () => script('tidy.mjs')],
];

const results = [];
for (const [name, work, needs] of checks) {
  if (needs !== undefined && !existsSync(needs)) continue;
  const started = performance.now();
  const { code, output } = await work();
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0) console.log(`--- ${String(name)}\n${String(output).trimEnd()}\n`);
  results.push({ name, ok: code === 0, seconds });
}

for (const { name, ok, seconds } of results) console.log(`${name.padEnd(24)} ${ok ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(6)} s`);
const failed = results.filter(({ ok }) => !ok).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
