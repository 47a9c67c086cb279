/** Replaces a file in one step: whoever reads it finds the old content or the new one, also after a power cut. */
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Writes beside, then moves into place; a link keeps leading to it, and its rights stay. Throws what the file system says. */
export async function replaceFile(path: string, text: string, mode?: number): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const rights = mode ?? (await stat(target)).mode & 0o777;
  const folder = dirname(target);
  const beside = join(folder, `.${basename(target)}.${process.pid}.tmp`);
  try {
    const file = await open(beside, 'w', rights);
    try {
      await file.chmod(rights);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, target);
  } catch (thrown) {
    await rm(beside, { force: true });
    throw thrown;
  }
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
