/** `homeostat init`: a first configuration file. */
import { writeFile } from 'node:fs/promises';
import { HomeostatError } from '../../core/errors.ts';
import { EXIT } from '../exit.ts';
import { firstFile } from '../first-file.ts';
import { whyUnwritten } from '../trouble.ts';

/** Answers the exit code. Throws FILE_EXISTS rather than overwrite. */
export async function init(file: string, { scenario }: { scenario: string }): Promise<number> {
  try {
    await writeFile(file, firstFile(scenario), { flag: 'wx', flush: true });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') throw new HomeostatError('FILE_EXISTS', { file }, thrown);
    throw new HomeostatError('OUTPUT_UNWRITABLE', { file, detail: whyUnwritten(thrown) }, thrown);
  }
  process.stderr.write(`${file} written. Look into it, then: homeostat run ${file}\n`);
  return EXIT.ok;
}
