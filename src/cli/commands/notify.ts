/** `homeostat notify test`: one test notice to each receiver of a file, sent directly. */
import type { ReceiverTest } from '../../core/api.ts';
import { HomeostatError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { Config } from '../../pipeline/config/index.ts';
import { testable, type Testable } from '../../pipeline/told.ts';
import { cellsTable } from '../cells.ts';
import { loadFile } from '../config.ts';
import { EXIT } from '../exit.ts';
import { coloursFor, widthOf } from '../terminal.ts';
import { count, printable } from '../text.ts';

interface NotifyOptions {
  pipeline?: string;
  receiver?: string;
  json?: boolean;
}

/** Answers 0 when every receiver took its notice, else 1; a wrong file throws (78). */
export async function notifyTest(file: string, options: NotifyOptions): Promise<number> {
  const config = await loadFile(file);
  const chosen = chosenOf(config, options);
  const results = await Promise.all(chosen.map(({ test }) => test()));
  const failed = results.filter(({ ok }) => !ok).length;
  if (options.json) process.stdout.write(`${JSON.stringify({ file, ok: failed === 0 && results.length > 0, receivers: results })}\n`);
  else show(results, failed);
  return failed > 0 || results.length === 0 ? EXIT.failed : EXIT.ok;
}

/** Throws OPTION_INVALID for a name that the file does not know. */
function chosenOf(config: Config, { pipeline, receiver }: NotifyOptions): Testable[] {
  const pipelines = config.pipelines.filter(({ name }) => pipeline === undefined || name === pipeline);
  if (pipelines.length === 0)
    throw unknown(
      'pipeline',
      pipeline!,
      config.pipelines.map(({ name }) => name),
    );
  const log = (_level: 'info' | 'warn', message: string): void => void process.stderr.write(`${printable(message)}\n`);
  const all = pipelines.flatMap((one) => testable(one, config.folder, log));
  const chosen = all.filter(({ target }) => receiver === undefined || target === receiver);
  if (chosen.length === 0 && receiver !== undefined) throw unknown('receiver', receiver, [...new Set(all.map(({ target }) => target))]);
  return chosen;
}

function unknown(what: string, name: string, known: readonly string[]): HomeostatError {
  const near = nearest(name, known);
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  return new HomeostatError('OPTION_INVALID', { detail: `there is no ${what} "${name}"${hint}; the file has ${known.join(', ') || 'none'}` });
}

function show(results: readonly ReceiverTest[], failed: number): void {
  if (results.length === 0) {
    process.stderr.write('No receiver is configured: add `notify` to a pipeline.\n');
    return;
  }
  const colours = coloursFor(process.stdout, process.env);
  const rows = results.map(({ pipeline, target, ok, detail, ms, mend }) => [
    `${pipeline} ${target}`,
    ok ? colours.green('took it') : colours.red('failed'),
    `${ms} ms`,
    printable(mend === '' ? detail : `${detail}. ${mend}`),
  ]);
  process.stdout.write(cellsTable(['receiver', 'outcome', 'time', 'answer, and what to do'], rows, widthOf(process.stdout), colours, [2]));
  process.stderr.write(`${results.length - failed} of ${count(results.length, 'receiver')} took the test notice\n`);
}
