/** What is kept of jobs on the disk: a folder each, with `job.json` written beside and moved into place. */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { LogJobState } from '../../core/log-api.ts';

export interface JobRecord {
  id: string;
  /** Name that the file had with whoever sent it. */
  file: string;
  size: number;
  /** As in a configuration; undefined: found out. */
  session?: string;
  state: LogJobState;
  /** Wall clock, ms. */
  createdAt: number;
  finishedAt: number | null;
  /** Place among all jobs whose upload ended; 0 before. */
  turn: number;
  /** What was last known of its run. */
  read: number;
  lines: number;
  anomalous: number;
  error: { code: string; message: string } | null;
}

const RECORD = 'job.json';
/** A folder that is being removed. */
const GONE = '.gone-';

export class JobStore {
  readonly folder: string;

  /** `folder` is made when the first job is. */
  constructor(folder: string) {
    this.folder = folder;
  }

  folderOf(id: string): string {
    return join(this.folder, id);
  }

  /** The uploaded file: packed content has a name that says so, since readers go by it. */
  contentOf(id: string): string {
    const packed = join(this.folderOf(id), 'content.gz');
    return isFile(packed) ? packed : join(this.folderOf(id), 'content.log');
  }

  /** Names the content as packed. */
  markPacked(id: string): void {
    const content = this.contentOf(id);
    if (!content.endsWith('.gz')) renameSync(content, join(this.folderOf(id), 'content.gz'));
  }

  /** Bytes of the content that are there. */
  uploaded(id: string): number {
    return statSync(this.contentOf(id), { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Wall clock of the last change to its content or record, ms. */
  touched(id: string): number {
    const at = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return Math.max(at(this.contentOf(id)), at(join(this.folderOf(id), RECORD)));
  }

  /** Every job there is; what was only half made, or half removed, when the process ended is removed. A record that cannot be read is left alone. */
  load(): JobRecord[] {
    const jobs: JobRecord[] = [];
    for (const name of entries(this.folder)) {
      const path = join(this.folder, name, RECORD);
      if (name.startsWith(GONE) || !isFile(path)) rmSync(join(this.folder, name), { recursive: true, force: true });
      else {
        const record = read(path);
        if (record?.id === name) jobs.push(record);
      }
    }
    return jobs;
  }

  /** Durable when it returns. Throws DISK_FULL, LEDGER_IO. */
  save(record: JobRecord): void {
    try {
      this.#write(record);
    } catch (thrown) {
      const { code } = thrown as { code?: string };
      const isFull = code === 'ENOSPC' || code === 'EDQUOT';
      throw new HomeostatError(isFull ? 'DISK_FULL' : 'LEDGER_IO', { path: this.folderOf(record.id), detail: messageOf(thrown) }, thrown);
    }
  }

  #write(record: JobRecord): void {
    const folder = this.folderOf(record.id);
    mkdirSync(folder, { recursive: true });
    const beside = join(folder, `${RECORD}.tmp`);
    const file = openSync(beside, 'w');
    try {
      writeSync(file, JSON.stringify(record));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, join(folder, RECORD));
    syncFolder(folder);
  }

  /** Gone for whoever looks next, even if the process ends in the middle. */
  remove(id: string): void {
    const gone = join(this.folder, GONE + id);
    renameSync(this.folderOf(id), gone);
    rmSync(gone, { recursive: true, force: true });
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): JobRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as JobRecord;
  } catch {
    return undefined;
  }
}

/** Makes a renaming durable; where folders cannot be opened (Windows) the file system sees to it. */
function syncFolder(path: string): void {
  let folder: number | undefined;
  try {
    folder = openSync(path, 'r');
    fsyncSync(folder);
  } catch {
    // As said above.
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
}
