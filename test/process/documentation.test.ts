import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Block, blocksOf } from '../support/markdown.ts';
import { startServer, until } from '../support/program.ts';

const root = process.cwd();
const scratch = mkdtempSync(join(tmpdir(), 'homeostat-documentation-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A folder with what the pages take for granted: the data file, and `homeostat` as a command. */
function folderFor(page: string): { folder: string; env: NodeJS.ProcessEnv } {
  const folder = join(scratch, page.replaceAll('/', '-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const rows = Array.from({ length: 200 }, (_, i) => `${new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString()},${i === 150 ? 90 : 20 + Math.sin(i * 1.7)}`);
  writeFileSync(join(folder, 'temperatures.csv'), `time,value\n${rows.join('\n')}\n`);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/homeostat'), 'junction');
  writeFileSync(join(bin, 'homeostat'), `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'dist/cli/main.js')}" "$@"\n`);
  chmodSync(join(bin, 'homeostat'), 0o755);
  return { folder, env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, NO_COLOR: '1' } };
}

const pages = ['README.md', ...readdirSync(join(root, 'docs/guides')).map((name) => `docs/guides/${name}`)];
const blocks = new Map(pages.map((page) => [page, blocksOf(readFileSync(join(root, page), 'utf8'))]));

/** What the commands of a page leave behind for whoever follows it. */
const results: Record<string, (folder: string) => void> = {
  'docs/guides/first-pipeline.md': (folder) => {
    const lines = readFileSync(join(folder, 'anomalies.ndjson'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ anomalous: true, values: [90], labels: { site: 'berlin' } }),
    );
  },
  'README.md': (folder) => {
    const verdicts = readFileSync(join(folder, 'verdicts.ndjson'), 'utf8').trimEnd().split('\n');
    expect(verdicts).toHaveLength(200);
    expect(readFileSync(join(folder, 'chart.html'), 'utf8')).toContain('<html');
  },
};

describe.each(pages)('%s', (page) => {
  const all = blocks.get(page)!;
  const { folder, env } = folderFor(page);
  const named = (block: Block) => `line ${block.line}`;

  it('says of every command and configuration how it is tested', () => {
    const unmarked = all.filter(
      (block) => ['sh', 'yaml', 'js'].includes(block.language) && !block.run && block.file === undefined && block.notRun === undefined,
    );
    expect(unmarked.map(named)).toEqual([]);
  });

  for (const block of all.filter(({ file }) => file?.endsWith('.yaml'))) {
    it(`${named(block)}: ${block.file} is a valid configuration`, () => {
      writeFileSync(join(folder, block.file!), block.code);
      const { status, stderr } = spawnSync('homeostat', ['validate', block.file!], { cwd: folder, env, encoding: 'utf8' });
      expect(stderr).not.toMatch(/error/i);
      expect(status).toBe(0);
    });
  }

  for (const block of all.filter(({ file }) => file?.endsWith('.mjs'))) {
    it(`${named(block)}: ${block.file} finds the anomaly`, () => {
      writeFileSync(join(folder, block.file!), block.code);
      expect(execFileSync(process.execPath, [block.file!], { cwd: folder, encoding: 'utf8' })).toContain('values: [ 90 ]');
    });
  }

  for (const block of all.filter(({ run }) => run)) {
    it(`${named(block)}: the commands work`, () => {
      expect(() => execFileSync('sh', ['-e', '-c', block.code], { cwd: folder, env, stdio: 'pipe', timeout: 60_000 })).not.toThrow();
    });
  }

  const result = results[page];
  if (result !== undefined) it('the commands leave what the page says', () => result(folder));
});

it('README: the first pipeline gives verdicts of this machine', async () => {
  const { folder } = folderFor('README-run');
  writeFileSync(join(folder, 'homeostat.yaml'), blocks.get('README.md')!.find(({ file }) => file === 'homeostat.yaml')!.code);
  const server = await startServer(['run', 'homeostat.yaml'], folder);
  try {
    const verdict = await until(() => firstVerdict(server.address, 'this-machine'), 'a verdict');
    expect(verdict.pipeline).toBe('this-machine');
  } finally {
    expect(await server.stop()).toBe(0);
  }
});

it('README: what is pushed is kept once, also when it is sent again', async () => {
  const { folder } = folderFor('README-push');
  const readme = blocks.get('README.md')!;
  writeFileSync(join(folder, 'push.yaml'), readme.find(({ file }) => file === 'push.yaml')!.code);
  const curl = readme.find(({ code }) => code.startsWith('curl'))!.code;
  const path = /127\.0\.0\.1:7070(\S+)/.exec(curl)![1];
  const headers = Object.fromEntries(Array.from(curl.matchAll(/-H '([^:]+): ([^']+)'/g), ([, name, value]) => [name, value]));
  const request = { method: 'POST', headers, body: /-d '([^']+)'/.exec(curl)![1] };
  const server = await startServer(['run', 'push.yaml'], folder);
  try {
    const first = await fetch(server.address + path, request);
    expect(first.status).toBe(202);
    expect(await (await fetch(server.address + path, request)).json()).toEqual({ ...((await first.json()) as object), repeated: true });
    await until(() => firstVerdict(server.address, 'orders'), 'a verdict');
  } finally {
    expect(await server.stop()).toBe(0);
  }
});

async function firstVerdict(address: string, pipeline: string): Promise<{ pipeline: string } | undefined> {
  const answer = await fetch(`${address}/api/v1/verdicts?pipeline=${pipeline}&limit=1`);
  return answer.ok ? ((await answer.json()) as { items: { pipeline: string }[] }).items[0] : undefined;
}
