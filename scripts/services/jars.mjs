/** The jars of Kafka and Cassandra: fetched once by Maven, held against the list in this folder, kept. Plain Node. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { locked } from '../lib/lock.mjs';
import { at, run } from '../lib/project.mjs';
import { ServiceFailure } from './failure.mjs';
import { programs } from './needs.mjs';

const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';

/** Where jars are kept between runs; HOMEOSTAT_SERVICES_CACHE names another place. */
export const cacheFolder = () => process.env.HOMEOSTAT_SERVICES_CACHE ?? at('.services', 'lib');

const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const listOf = (name) => readFileSync(at('scripts', 'services', 'jars', name, 'SHA256SUMS'), 'utf8');

/**
 * What is wrong with the jars of a folder, or undefined.
 * @param {string} folder
 * @param {string} list lines as `sha256sum` writes them
 */
export function complaint(folder, list) {
  const wanted = new Map(
    list
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/).toReversed()),
  );
  const came = readdirSync(folder).filter((file) => file.endsWith('.jar'));
  const missing = [...wanted.keys()].filter((file) => !came.includes(file));
  if (missing.length > 0) return `${missing.length} of ${wanted.size} jars did not come: ${missing.join(', ')}`;
  const unknown = came.filter((file) => !wanted.has(file));
  if (unknown.length > 0) return `jars came that are not in the list: ${unknown.join(', ')}`;
  const wrong = came.filter((file) => sha256(readFileSync(join(folder, file))) !== wanted.get(file));
  return wrong.length > 0 ? `jars are not what the list says: ${wrong.join(', ')}` : undefined;
}

async function fetch(name, folder, list) {
  const [mvn] = programs(['mvn', 'java']);
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const pom = at('scripts', 'services', 'jars', name, 'pom.xml');
  const args = ['-q', '-B', '-C', '-f', pom, plugin, `-DoutputDirectory=${fresh}`, '-DincludeScope=runtime'];
  const { code, output } = await run(mvn, args, { quiet: true });
  if (code !== 0) throw new ServiceFailure(`Maven could not fetch the jars of ${name}: ${firstError(output)} (${mvn} ${args.join(' ')} shows all)`);
  const why = complaint(fresh, list);
  if (why !== undefined) throw new ServiceFailure(`jars of ${name}: ${why}; they were not used`);
  writeFileSync(join(fresh, 'checked'), sha256(list));
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}

const firstError = (output) => /\[ERROR\]\s*(.*)/.exec(output.replaceAll(/\u001B\[[\d;]*m/g, ''))?.[1] ?? 'it said nothing';

const folderOf = (name) => join(cacheFolder(), `${name}-${sha256(listOf(name)).slice(0, 12)}`);

/** True when the jars have come and were what the list says. */
export function haveJars(name) {
  const stamp = join(folderOf(name), 'checked');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sha256(listOf(name));
}

/**
 * Folder with the checked jars of `kafka` or `cassandra`; fetches them when they are not there.
 * @param {'kafka' | 'cassandra'} name
 * @param {(text: string) => void} [say] told once when something is fetched
 */
export async function jarsOf(name, say = () => {}) {
  const list = listOf(name);
  const folder = folderOf(name);
  if (haveJars(name)) return folder;
  mkdirSync(cacheFolder(), { recursive: true });
  await locked(join(cacheFolder(), 'lock'), async () => {
    if (haveJars(name)) return;
    say(`fetching ${list.trim().split('\n').length} jars by Maven`);
    await fetch(name, folder, list);
  });
  return folder;
}
