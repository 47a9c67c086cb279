/** Builds dist/: the program from src/ and the dashboard from web/. Files whose source is gone are removed. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { locked } from './lib/lock.mjs';
import { at, buildInputs, filesBelow, hashOf, shown, tool } from './lib/project.mjs';

const dist = at('dist');
export const stampFile = at('dist', '.stamp');
export const lockFile = at('.homeostat', 'build.lock');
const shebang = '#!/usr/bin/env node\n';

/** Removes what a source that is gone left in dist/; the dashboard's folder is emptied by its own build. */
function removeStale() {
  const web = at('dist', 'web');
  for (const file of filesBelow(dist, ['web'])) {
    const source = file.replace(dist, at('src')).replace(/\.(d\.ts|js)(\.map)?$/, '');
    if (!existsSync(`${source}.ts`) || /\.test$/.test(source)) rmSync(file);
  }
  if (!existsSync(at('web', 'vite.config.ts'))) rmSync(web, { recursive: true, force: true });
  removeEmpty(dist);
}

function removeEmpty(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) removeEmpty(`${folder}/${entry.name}`);
  if (readdirSync(folder).length === 0 && folder !== dist) rmdirSync(folder);
}

/** Makes dist/cli/main.js a program that a shell can start. */
function makeExecutable() {
  const main = at('dist', 'cli', 'main.js');
  if (!existsSync(main)) return;
  const text = readFileSync(main, 'utf8');
  if (!text.startsWith('#!')) writeFileSync(main, shebang + text);
  chmodSync(main, 0o755);
}

/** Writes .br and .gz beside the dashboard's text files, so that the server never compresses while it works. */
async function precompress() {
  const texts = filesBelow(at('dist', 'web')).filter((file) => /\.(js|css|html|svg|json|txt)$/.test(file));
  await Promise.all(
    texts.map(async (file) => {
      const bytes = readFileSync(file);
      const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
      writeFileSync(`${file}.br`, await promisify(brotliCompress)(bytes, { params }));
      writeFileSync(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }));
    }),
  );
}

async function buildWeb() {
  if (!existsSync(at('web', 'vite.config.ts'))) return 0;
  const args = ['build', '--config', at('web', 'vite.config.ts'), '--logLevel', 'warn', '--emptyOutDir'];
  const { code } = await tool('vite/bin/vite.js', args);
  if (code === 0) await precompress();
  return code;
}

/** Builds everything; answers whether it succeeded. A failed build leaves no stamp, so the next run builds again. The caller holds the lock. */
export async function build() {
  mkdirSync(dist, { recursive: true });
  rmSync(stampFile, { force: true });
  const inputs = hashOf(buildInputs());
  const compiled = await tool('typescript/bin/tsc', ['-p', at('tsconfig.build.json')]);
  removeStale();
  makeExecutable();
  const web = await buildWeb();
  if (compiled.code !== 0 || web !== 0) return false;
  writeFileSync(stampFile, inputs);
  return true;
}

if (process.argv[1] === import.meta.filename) {
  const started = performance.now();
  const ok = await locked(lockFile, build, () => console.error('Waiting for another build to end …'));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(ok ? `Built ${shown(dist)}/ in ${seconds} s` : 'The build failed: see the messages above.');
  process.exitCode = ok ? 0 : 1;
}
