/** What the processes of the program keep in memory for nothing. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const at = (path: string): string => JSON.stringify(pathToFileURL(join(process.cwd(), 'dist', path)).href);

/** Bytes of the part of the heap for what is new, once this expression has been awaited. */
function nursery(expression: string): number {
  const program = `import { getHeapSpaceStatistics } from 'node:v8';
    const { loaded } = await import(${at('core/heap.js')});
    await (${expression});
    console.log(getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space').space_size);`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }));
}

it('the program that was loaded leaves the part of the heap for what is new small', () => {
  const command = at('cli/commands/run.js');
  // Newer engines let it grow to half of its bound whatever they are told.
  const most = process.versions.node.startsWith('20.') ? 4 : 16;
  expect(nursery(`import(${command})`), 'how it would be').toBeGreaterThanOrEqual(16 * 2 ** 20);
  expect(nursery(`loaded(import(${command}))`)).toBeLessThanOrEqual(most * 2 ** 20);
});

it('what is made afterwards may grow it', () => {
  const many = `(async () => { await loaded(Promise.resolve()); globalThis.kept = Array.from({ length: 2e6 }, (_, i) => ({ i })); })()`;
  expect(nursery(many)).toBeGreaterThan(4 * 2 ** 20);
});
