import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = process.cwd();
const checkout = mkdtempSync(join(tmpdir(), 'homeostat-ensure-'));
const inCheckout = (...parts: string[]) => join(checkout, ...parts);

/** A small checkout: the real scripts and one room, with the dependencies that are installed here. */
beforeAll(() => {
  mkdirSync(inCheckout('src'));
  cpSync(join(root, 'scripts'), inCheckout('scripts'), { recursive: true });
  cpSync(join(root, 'src/core'), inCheckout('src/core'), { recursive: true });
  for (const file of ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']) cpSync(join(root, file), inCheckout(file));
  symlinkSync(join(root, 'node_modules'), inCheckout('node_modules'), 'junction');
});

afterAll(() => rmSync(checkout, { recursive: true, force: true }));

function ensure(...nodeArgs: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [...nodeArgs, inCheckout('scripts', 'ensure.mjs')], { cwd: checkout });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}

it('builds once however often and by however many it is asked, and says nothing when there is nothing to do', async () => {
  const runs = await Promise.all([ensure(), ensure(), ensure()]);
  expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(runs.filter(({ output }) => output.includes('Building'))).toHaveLength(1);
  expect(existsSync(inCheckout('dist/core/errors.js'))).toBe(true);
  expect(await ensure()).toEqual({ code: 0, output: '' });
});

it('builds again when a source changed, and removes what a source that is gone had left', async () => {
  writeFileSync(inCheckout('src/core/extra.ts'), 'export const extra = 1;\n');
  expect(await ensure()).toEqual({ code: 0, output: 'Building …\n' });
  expect(existsSync(inCheckout('dist/core/extra.js'))).toBe(true);
  rmSync(inCheckout('src/core/extra.ts'));
  expect(await ensure()).toEqual({ code: 0, output: 'Building …\n' });
  expect(existsSync(inCheckout('dist/core/extra.js'))).toBe(false);
  expect(existsSync(inCheckout('dist/core/extra.d.ts'))).toBe(false);
});

it('fails with the message of the compiler, and again until the source is mended', async () => {
  writeFileSync(inCheckout('src/core/wrong.ts'), "export const wrong: number = 'text';\n");
  for (let run = 0; run < 2; run++) {
    const { code, output } = await ensure();
    expect(code).toBe(1);
    expect(output).toContain('wrong.ts');
  }
  rmSync(inCheckout('src/core/wrong.ts'));
  expect((await ensure()).code).toBe(0);
});

it('takes over from a run that was killed', async () => {
  const { pid } = await new Promise<{ pid: number }>((resolve) => {
    const child = spawn(process.execPath, ['--version']);
    child.on('close', () => resolve({ pid: child.pid! }));
  });
  mkdirSync(inCheckout('.homeostat'), { recursive: true });
  writeFileSync(inCheckout('.homeostat/build.lock'), String(pid));
  writeFileSync(inCheckout('src/core/extra.ts'), 'export const extra = 2;\n');
  expect(await ensure()).toEqual({ code: 0, output: 'Building …\n' });
  expect(existsSync(inCheckout('.homeostat/build.lock'))).toBe(false);
});

it('refuses a Node that is too old in one sentence', async () => {
  const pretend = inCheckout('old.cjs');
  writeFileSync(pretend, "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.0' } });\n");
  const { code, output } = await ensure('--require', pretend);
  expect(code).toBe(1);
  expect(output).toBe('Homeostat needs Node.js 20.19 or newer and this is 18.20.0: install a newer one from https://nodejs.org.\n');
});
