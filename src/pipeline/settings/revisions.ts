/** Earlier contents of the configuration file, with who changed it and when; a bounded number, in the data folder. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from './replace-file.ts';

export interface Revision {
  id: number;
  pipeline: string;
  at: number;
  by: string;
  kind: 'change' | 'undo' | 'redo';
  what: string;
  /** Id of the change that was taken back or made again. */
  of: number | null;
  before: string;
  after: string;
}

/** Revisions that are kept. */
const KEPT = 50;
const NAME = /^(\d{8})\.json$/;

export class Revisions {
  readonly #folder: string;
  /** Read once, by whoever looks first; what is added and forgotten after that is in it. */
  #all: Promise<Revision[]> | undefined;

  constructor(data: string) {
    this.#folder = join(data, 'settings');
  }

  /** Oldest first. `current` is the content of the file: a newest revision that was written down and then not made is forgotten. */
  async all(current: string): Promise<readonly Revision[]> {
    return this.#loaded(async (all) => {
      const last = all.at(-1);
      if (last === undefined || last.before !== current || last.after === current) return;
      all.pop();
      // Where it cannot be removed the next start forgets it.
      await rm(this.#path(last.id), { force: true }).catch(() => {});
    });
  }

  /** Durable when it resolves. */
  async add(revision: Omit<Revision, 'id'>): Promise<Revision> {
    const all = await this.#loaded();
    const added = { id: (all.at(-1)?.id ?? 0) + 1, ...revision };
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    // A configuration file may hold secrets.
    await replaceFile(this.#path(added.id), JSON.stringify(added), 0o600);
    all.push(added);
    while (all.length > KEPT) await rm(this.#path(all.shift()!.id), { force: true });
    return added;
  }

  async forget({ id }: Revision): Promise<void> {
    const all = await this.#loaded();
    const at = all.findIndex((one) => one.id === id);
    if (at >= 0) all.splice(at, 1);
    await rm(this.#path(id), { force: true });
  }

  #path(id: number): string {
    return join(this.#folder, `${String(id).padStart(8, '0')}.json`);
  }

  /** `first` is done before anybody sees what was read. */
  #loaded(first: (all: Revision[]) => Promise<void> = async () => {}): Promise<Revision[]> {
    this.#all ??= this.#read()
      .then(async (all) => {
        await first(all);
        return all;
      })
      .catch((thrown: unknown) => {
        this.#all = undefined;
        throw thrown;
      });
    return this.#all;
  }

  async #read(): Promise<Revision[]> {
    const names = (await readdir(this.#folder).catch(absent)).filter((name) => NAME.test(name)).sort();
    const read = await Promise.all(names.map(async (name) => readFile(join(this.#folder, name), 'utf8').then(revisionOf, () => undefined)));
    return read.filter((one) => one !== undefined);
  }
}

/** A folder that cannot be read is not an empty one: the next revision would take the place of the first. */
function absent(thrown: NodeJS.ErrnoException): string[] {
  if (thrown.code === 'ENOENT') return [];
  throw thrown;
}

function revisionOf(text: string): Revision | undefined {
  try {
    const found = JSON.parse(text) as Revision;
    return typeof found.id === 'number' && typeof found.before === 'string' && typeof found.after === 'string' ? found : undefined;
  } catch {
    return undefined;
  }
}

/** The change that `undo` would take back and the one that `redo` would make again, of one pipeline. */
export function stacksOf(all: readonly Revision[], pipeline: string): { undo: Revision | undefined; redo: Revision | undefined } {
  const undo: Revision[] = [];
  let redo: Revision[] = [];
  for (const one of all.filter((each) => each.pipeline === pipeline)) {
    const of = all.find(({ id }) => id === one.of);
    if (one.kind === 'change') {
      undo.push(one);
      redo = [];
    } else if (one.kind === 'undo') {
      const at = undo.findIndex(({ id }) => id === one.of);
      if (at >= 0) undo.splice(at, 1);
      if (of !== undefined) redo.push(of);
    } else {
      redo = redo.filter(({ id }) => id !== one.of);
      if (of !== undefined) undo.push(of);
    }
  }
  return { undo: undo.at(-1), redo: redo.at(-1) };
}
