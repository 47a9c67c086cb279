/** What `npm run services` remembers: which servers it started, and the `.env` that tests and examples read. Plain Node. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';

/** All of it or nothing: whoever reads meanwhile sees the file of before. */
function writeWhole(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}.new`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, path);
}

/**
 * @typedef {{ kind: string, url: string, since: string, host?: string, port?: number, ports?: number[], pid?: number, start?: string, existing?: boolean }} Entry
 *   `existing`: somebody else runs it
 */

export class Record {
  #file;

  /** @param {string} folder where servers keep their data */
  constructor(folder) {
    this.folder = folder;
    this.#file = join(folder, 'state.json');
  }

  #read() {
    return existsSync(this.#file) ? JSON.parse(readFileSync(this.#file, 'utf8')) : { services: {}, ports: {} };
  }

  /** @returns {Entry | undefined} */
  get(kind) {
    return this.#read().services[kind];
  }

  /** @returns {Entry[]} */
  all() {
    return Object.values(this.#read().services);
  }

  /** The ports that a kind had last, also after it was stopped. */
  portsOf(kind) {
    return this.#read().ports[kind];
  }

  /** @param {Entry} entry */
  set(entry) {
    const state = this.#read();
    state.services[entry.kind] = entry;
    if (entry.ports) state.ports[entry.kind] = entry.ports;
    writeWhole(this.#file, `${JSON.stringify(state, undefined, 2)}\n`);
  }

  remove(kind) {
    const state = this.#read();
    delete state.services[kind];
    writeWhole(this.#file, `${JSON.stringify(state, undefined, 2)}\n`);
  }
}

const first = '# npm run services: begin';
const last = '# npm run services: end';

/** The text of a file without the part that is written here. */
function others(path) {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const begin = text.indexOf(first);
  const end = text.indexOf(last);
  return begin === -1 || end < begin ? text : text.slice(0, begin) + text.slice(end + last.length).replace(/^\n/, '');
}

/** Variables that people wrote into the file themselves. */
export const ownVariables = (path) => parseEnv(others(path));

/** Puts the variables between two marks at the end of the file; what people wrote themselves stays. Without variables the part goes, and a file that would be empty too. */
export function writeVariables(path, variables) {
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${/[\s#"'`]/.test(value) ? JSON.stringify(value) : value}`);
  const rest = others(path);
  if (lines.length > 0) writeWhole(path, `${rest}${rest === '' || rest.endsWith('\n') ? '' : '\n'}${[first, ...lines, last].join('\n')}\n`);
  else if (rest !== '') writeWhole(path, rest);
  else rmSync(path, { force: true });
}
