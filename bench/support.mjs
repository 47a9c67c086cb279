/** What the benchmarks share: folders that go away, a process under measurement, percentiles. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const program = new URL('../dist/cli/main.js', import.meta.url).pathname;

/** Calls `work` with a folder that is removed afterwards. */
export async function inFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts `homeostat run` on a configuration text; resolves once the server answers. */
export async function startProgram(folder, yaml, flags = []) {
  const config = join(folder, 'homeostat.yaml');
  writeFileSync(config, yaml);
  const port = await freePort();
  const began = performance.now();
  const child = spawn(process.execPath, [...flags, program, 'run', config, '--port', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors = (errors + chunk).slice(-4000)));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`the program ended:\n${errors}`);
    return (await fetch(`${url}/livez`).catch(() => undefined))?.ok;
  }, 30_000);
  return {
    url,
    child,
    began,
    async status(name) {
      const { items } = await (await fetch(`${url}/api/v1/pipelines`)).json();
      return items.find((item) => item.name === name);
    },
    rss: () => residentBytes(child.pid),
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Asks again every 10 ms until the answer is true. */
export async function until(ask, patience) {
  for (const end = performance.now() + patience; performance.now() < end;) {
    if (await ask()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not within ${patience} ms`);
}

/** Resident set of a process, bytes (Linux). */
export function residentBytes(pid) {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return pages * 4096;
}

export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export const million = (x) => `${(x / 1e6).toFixed(2)} M`;
export const thousand = (x) => `${Math.round(x / 1e3)} k`;
export const mebibytes = (x) => `${Math.round(x / 2 ** 20)} MiB`;
