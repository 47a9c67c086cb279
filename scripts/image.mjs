/**
 * Builds the image without a daemon and runs it as a cluster would: `node scripts/image.mjs [--keep]`. Needs root, buildah and runc; without
 * a registry of images also debootstrap. Says what it sees, and ends with an error at the first thing that is not as it should be.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './lib/project.mjs';

const USER = 10001;
const TOKEN = 'a-token-of-this-test-alone';
const BASE = 'localhost/homeostat-base:24';
const IMAGE = 'localhost/homeostat:test';
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const folder = mkdtempSync(join(tmpdir(), 'homeostat-image-'));
const env = { ...process.env, BUILDAH_ISOLATION: 'chroot' };

function run(command, ...args) {
  return execFileSync(command, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 28 }).trim();
}

function say(text) {
  console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

function expect(holds, what) {
  if (!holds) throw new Error(`not so: ${what}`);
  say(`ok: ${what}`);
}

/** A base of Debian's packages and the npm packages `node` and `npm`, where no image can be pulled. */
function makeBase() {
  if (run('buildah', 'images', '--format', '{{.Name}}:{{.Tag}}').split('\n').includes(BASE)) return;
  say('making a base image of Debian packages and Node');
  const base = join(folder, 'base');
  run('debootstrap', '--variant=minbase', '--include=ca-certificates', 'bookworm', base, 'http://deb.debian.org/debian');
  run('npm', 'install', '--prefix', join(folder, 'node'), '--no-audit', '--no-fund', 'node@24', 'npm@11');
  const modules = join(folder, 'node', 'node_modules');
  cpSync(join(modules, 'node', 'bin', 'node'), join(base, 'usr', 'local', 'bin', 'node'));
  cpSync(join(modules, 'npm'), join(base, 'usr', 'local', 'lib', 'node_modules', 'npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(base, 'usr', 'local', 'bin', 'npm'));
  // What this machine trusts, so that packages come by the way they come here.
  if (existsSync(CERTIFICATES)) cpSync(CERTIFICATES, join(base, CERTIFICATES));
  const container = run('buildah', 'from', 'scratch');
  run('buildah', 'add', '-q', container, base, '/');
  run('buildah', 'config', '--env', `NODE_EXTRA_CA_CERTS=${CERTIFICATES}`, container);
  run('buildah', 'commit', '-q', container, BASE);
  run('buildah', 'rm', container);
}

function build() {
  say('building the image');
  run('buildah', 'bud', '--quiet', '--build-arg', `NODE_IMAGE=${BASE}`, '--pull-never', '--format', 'docker', '-t', IMAGE, root);
}

/** A bundle for runc as a pod with the security context of deploy/kubernetes would be. */
function bundle(mounted, port) {
  const at = join(folder, 'bundle');
  for (const name of ['bundle', 'etc', 'data']) mkdirSync(join(folder, name), { recursive: true });
  chownSync(join(folder, 'data'), USER, USER);
  writeFileSync(join(folder, 'etc', 'token'), TOKEN);
  writeFileSync(
    join(folder, 'etc', 'homeostat.yaml'),
    `server: { host: 0.0.0.0, port: ${port}, tokens: [ { name: test, role: operator, token_file: /etc/homeostat/token } ] }\npipelines:\n  pushed:\n    source: { http: {} }\n`,
  );
  run('runc', 'spec', '-b', at);
  const inspected = JSON.parse(run('buildah', 'inspect', '--type', 'image', IMAGE)).Docker.config;
  const spec = JSON.parse(execFileSync('cat', [join(at, 'config.json')], { encoding: 'utf8' }));
  expect(inspected.User === `${USER}:${USER}`, 'the image names its user by number');
  const bind = (source, destination, mode) => ({ source: join(folder, source), destination, type: 'bind', options: ['rbind', mode] });
  spec.root = { path: mounted, readonly: true };
  Object.assign(spec.process, {
    terminal: false,
    user: { uid: USER, gid: USER },
    cwd: inspected.WorkingDir,
    args: [...inspected.Entrypoint, ...inspected.Cmd],
    env: inspected.Env,
    noNewPrivileges: true,
    capabilities: {},
  });
  spec.mounts.push(bind('etc', '/etc/homeostat', 'ro'), bind('data', '/var/lib/homeostat', 'rw'));
  spec.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=1777', 'size=64m'] });
  spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => type !== 'network');
  writeFileSync(join(at, 'config.json'), JSON.stringify(spec));
  return at;
}

async function until(look, what) {
  for (let n = 0; n < 300; n++) {
    const found = await look().catch(() => undefined);
    if (found) return found;
    await sleep(100);
  }
  throw new Error(`not within 30 s: ${what}`);
}

async function smoke() {
  const port = 20_000 + (process.pid % 10_000);
  const container = run('buildah', 'from', IMAGE);
  const name = `homeostat-${process.pid}`;
  const address = `http://127.0.0.1:${port}`;
  const call = (path, options = {}) => fetch(address + path, { ...options, headers: { authorization: `Bearer ${TOKEN}`, ...options.headers } });
  const count = async () => (await (await call('/api/v1/pipelines')).json()).items[0].counts.verdicts;
  let child;
  const start = async () => {
    child = spawn('runc', ['run', '-b', join(folder, 'bundle'), name], { stdio: ['ignore', 'inherit', 'inherit'] });
    const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    await until(async () => (await fetch(`${address}/readyz`)).ok, 'it is ready');
    // In an object: a promise that an async function returns is waited for.
    return { ended };
  };
  const inside = (...args) => {
    try {
      execFileSync('runc', ['exec', name, ...args], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  try {
    bundle(run('buildah', 'mount', container), port);
    const first = await start();
    expect((await fetch(`${address}/api/v1/pipelines`)).status === 401, 'nothing is said without a token');
    expect(!inside('sh', '-c', 'touch /app/x') && inside('sh', '-c', 'touch /var/lib/homeostat/x'), 'nothing but its volume can be written');
    expect(!inside('npm', '--version'), 'it holds no package manager');
    const body = Array.from({ length: 100 }, (_, i) => JSON.stringify({ time: 1.7e12 + i * 1000, series: 'a', value: i % 7 })).join('\n');
    const pushed = await call('/api/v1/pipelines/pushed/events', { method: 'POST', body, headers: { 'content-type': 'application/x-ndjson' } });
    expect(pushed.ok, 'events are taken');
    await until(async () => (await count()) === 100, 'they are judged');
    run('runc', 'kill', name, 'KILL');
    await first.ended;
    run('runc', 'delete', '--force', name);
    const second = await start();
    expect((await until(async () => (await count()) === 100, 'they are there again')) === true, 'after a kill -9 all is there, once');
    run('runc', 'kill', name, 'TERM');
    expect((await second.ended) === 0, 'SIGTERM ends it with exit code 0');
  } finally {
    child?.kill('SIGKILL');
    if (!process.argv.includes('--keep')) {
      run('runc', 'delete', '--force', name);
      run('buildah', 'rm', container);
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

makeBase();
build();
await smoke();
say('the image works');
