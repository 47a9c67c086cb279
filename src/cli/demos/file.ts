/** The configuration of the demo as a file in its data folder, so that settings changed on the page are kept there. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import { hashId } from '../../core/hash.ts';
import { writeWhole } from '../write-whole.ts';
import { tourDemo } from './tour.ts';

const MARK = /^# shipped as ([0-9a-f]{16})\n/;

/** Answers its path. A file that nobody changed is replaced by what this version ships; one that was changed stays. Throws LEDGER_IO, OUTPUT_UNWRITABLE. */
export async function demoFile(data: string): Promise<string> {
  const path = join(data, 'demo.yaml');
  const there = await readFile(path, 'utf8').catch(() => '');
  const [head, mark] = MARK.exec(there) ?? ['', ''];
  if (there !== '' && hashId(there.slice(head.length)) !== mark) return path;
  const shipped = `# shipped as ${hashId(tourDemo)}\n${tourDemo}`;
  if (there === shipped) return path;
  try {
    await mkdir(data, { recursive: true });
  } catch (thrown) {
    throw new HomeostatError('LEDGER_IO', { path: data, detail: messageOf(thrown) }, thrown);
  }
  await writeWhole(path, shipped);
  return path;
}
