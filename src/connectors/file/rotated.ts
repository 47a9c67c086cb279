/** Finds files that were rotated away: `app.log` becomes `app.log.1` (renamed, or copied and truncated). */
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { bears } from './marks.ts';
import type { FilePosition } from './piece.ts';

interface Sibling {
  path: string;
  inode: string;
  changed: number;
  size: number;
}

/** What rotation puts behind a name: a number, a date, or a word. */
const SUFFIX = /^[.-](\d[\dT._:-]*|old|bak|prev)$/;

/** Uncompressed files beside `path` that were rotated away from it (`app.log.1`, `app.log-20241003`), oldest change first. */
async function siblings(path: string): Promise<Sibling[]> {
  const folder = dirname(path);
  const name = basename(path);
  const found: Sibling[] = [];
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(name) || !SUFFIX.test(entry.slice(name.length))) continue;
    const info = await stat(join(folder, entry)).catch(() => undefined);
    if (info?.isFile()) found.push({ path: join(folder, entry), inode: String(info.ino), changed: info.mtimeMs, size: info.size });
  }
  return found.sort((a, b) => a.changed - b.changed || (a.path < b.path ? 1 : -1));
}

/** The file that holds what was read up to the position, under another name; opened. */
export async function findMoved(path: string, position: FilePosition): Promise<{ handle: FileHandle; inode: string } | undefined> {
  if (position.head.length === 0) return undefined;
  const found = await siblings(path);
  // The same inode first, then the newest copy.
  found.sort((a, b) => Number(b.inode === position.inode) - Number(a.inode === position.inode) || b.changed - a.changed);
  for (const file of found) {
    if (file.size < position.offset) continue;
    const handle = await open(file.path, 'r').catch(() => undefined);
    if (handle === undefined) continue;
    if (await holds(handle, position)) return { handle, inode: file.inode };
    await handle.close();
  }
  return undefined;
}

/** Whether the file still holds what was read of it. */
export async function holds(handle: FileHandle, position: FilePosition): Promise<boolean> {
  const { size } = await handle.stat();
  return size >= position.offset && (await bears(handle, 0, position.head)) && (await bears(handle, position.offset - position.tail.length, position.tail));
}

/** The file to read after the rotated one of this inode: another one rotated later, or else `path` itself. */
export async function fileAfter(path: string, inode: string): Promise<string> {
  const found = await siblings(path);
  const at = found.findIndex((file) => file.inode === inode);
  return at >= 0 && at + 1 < found.length ? found[at + 1].path : path;
}
