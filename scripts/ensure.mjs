/**
 * Makes a checkout ready to run: installs when node_modules is not what package-lock.json says, builds when a source changed.
 * Says one line for each of the two that it does, and nothing when there is nothing to do. Uses Node alone.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Homeostat needs Node.js 20.19 or newer and this is ${process.versions.node}: install a newer one from https://nodejs.org.`);
  process.exit(1);
}

const { at, buildInputs, hashOf, run } = await import('./lib/project.mjs');
const { locked } = await import('./lib/lock.mjs');
const { build, lockFile, stampFile } = await import('./build.mjs');

const lock = at('package-lock.json');
const installStamp = at('node_modules', '.homeostat-lock');
const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
const lockHash = () => createHash('sha256').update(readFileSync(lock)).digest('hex');

/** True when npm's own list of what it installed holds everything of the lock file that every machine needs. */
function installedAsLocked() {
  const list = at('node_modules', '.package-lock.json');
  if (!existsSync(list)) return false;
  const installed = JSON.parse(readFileSync(list, 'utf8')).packages;
  const wanted = Object.entries(JSON.parse(readFileSync(lock, 'utf8')).packages).filter(([path, entry]) => path !== '' && !entry.optional);
  return wanted.every(([path, entry]) => installed[path]?.version === entry.version && existsSync(at(path, 'package.json')));
}

const installed = () => read(installStamp) === lockHash();
const built = () => read(stampFile) === hashOf(buildInputs());

/** Runs `npm ci` with the npm that belongs to this Node; its output is shown only when it fails. */
async function install() {
  if (!installedAsLocked()) {
    console.log('Installing dependencies (npm ci) …');
    const cli = process.env.npm_execpath;
    const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
    const viaNode = cli !== undefined && /npm-cli\.c?js$/.test(cli);
    const { code, output } = viaNode
      ? await run(process.execPath, [cli, ...args], { quiet: true })
      : await run('npm', args, { quiet: true, shell: process.platform === 'win32' });
    if (code !== 0) {
      console.error(`${output}\nnpm ci failed (exit code ${code}): is the package registry reachable?`);
      return false;
    }
  }
  mkdirSync(at('node_modules'), { recursive: true });
  writeFileSync(installStamp, lockHash());
  return true;
}

async function ensure() {
  if (!installed() && !(await install())) return false;
  if (built()) return true;
  console.log('Building …');
  return build();
}

if (!installed() || !built()) {
  const ok = await locked(lockFile, ensure, () => console.log('Waiting for another install or build to end …'));
  if (!ok) process.exit(1);
}
