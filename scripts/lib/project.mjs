/** What the scripts share: where the project is, how to run a program, which files count as its sources. Plain Node. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Absolute path of a file of the project. */
export const at = (...parts) => join(root, ...parts);

/** Path below the project with forward slashes, as messages and lint rules write it. */
export const shown = (path) => relative(root, path).split(sep).join('/');

/** All files below a folder, sorted; skips hidden entries and the names given. */
export function filesBelow(folder, skip = ['node_modules', 'dist']) {
  if (!existsSync(folder)) return [];
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || skip.includes(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...filesBelow(path, skip));
    else if (entry.isFile()) found.push(path);
  }
  return found.toSorted();
}

/** Runs a program and waits; answers its exit code and, when `quiet`, what it printed. */
export function run(command, args, { quiet = false, env = {}, cwd = root, shell = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, shell, env: { ...process.env, ...env }, stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit' });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 127, output: `${command}: ${error.message}\n` }));
    child.on('close', (code, signal) => resolve({ code: code ?? (signal ? 1 : 0), output }));
  });
}

/** Runs a JavaScript tool that is installed in node_modules, by the path of its file there, under this very Node. */
export function tool(path, args, options) {
  return run(process.execPath, [at('node_modules', path), ...args], options);
}

/** Hash of the names and contents of files; the order given does not matter. */
export function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files.toSorted()) {
    hash.update(`${shown(file)}\0`);
    hash.update(existsSync(file) ? readFileSync(file) : 'absent');
    hash.update('\0');
  }
  return hash.digest('hex');
}

/** The files that decide what a build makes. */
export function buildInputs() {
  const tests = /\.test\.tsx?$/;
  const folders = [at('src'), at('web')].flatMap((folder) => filesBelow(folder)).filter((file) => !tests.test(file));
  return [...folders, ...['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs'].map((name) => at(name))];
}
