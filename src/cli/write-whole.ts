/** Files that others read. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { HomeostatError } from '../core/errors.ts';
import { whyUnwritten } from './trouble.ts';

/** Writes beside, then in place, so that a reader never finds half a file. Throws OUTPUT_UNWRITABLE. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(beside, text, { flush: true });
    await rename(beside, path);
  } catch (thrown) {
    await rm(beside, { force: true });
    throw new HomeostatError('OUTPUT_UNWRITABLE', { file: path, detail: whyUnwritten(thrown) }, thrown);
  }
}
