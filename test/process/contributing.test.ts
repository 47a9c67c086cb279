import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blocksOf } from '../support/markdown.ts';

const root = process.cwd();
const copy = mkdtempSync(join(tmpdir(), 'homeostat-contributing-'));

function node(script: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], { cwd: copy, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

/** The rooms that the example touches, with the files of the guide written into them as a reader would. */
beforeAll(() => {
  mkdirSync(join(copy, 'src'));
  for (const room of ['core', 'math', 'thresholds', 'detectors', 'testing']) cpSync(join(root, 'src', room), join(copy, 'src', room), { recursive: true });
  for (const file of ['package.json', 'tsconfig.json']) cpSync(join(root, file), join(copy, file));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  for (const { file, code } of blocksOf(readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8'))) if (file !== undefined) writeFileSync(join(copy, file), code);
  const list = join(copy, 'src/detectors/index.ts');
  const listed = readFileSync(list, 'utf8')
    .replace('import', "import { jump } from './jump.ts';\nimport")
    .replace(/(detectors: .*= \[)/, '$1jump, ');
  writeFileSync(list, listed);
  expect(listed).toContain('[jump, ');
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

it('the example of CONTRIBUTING.md compiles', () => {
  const config = { extends: './tsconfig.json', files: ['src/detectors/jump.ts', 'src/detectors/jump.test.ts', 'src/detectors/index.ts'], include: [] };
  writeFileSync(join(copy, 'tsconfig.example.json'), JSON.stringify(config));
  expect(node('typescript/bin/tsc', '-p', 'tsconfig.example.json')).toEqual({ status: 0, output: '' });
});

it('the example of CONTRIBUTING.md passes its own test and the suite of all detectors', () => {
  const { status, output } = node('vitest/vitest.mjs', 'run', 'src/detectors/jump.test.ts', '--root', copy);
  expect(status, output).toBe(0);
});
