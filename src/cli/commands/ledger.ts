/** `homeostat ledger`: what a data folder holds, whether it is whole, and mending it. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DeadLetterView } from '../../core/api.ts';
import { HomeostatError } from '../../core/errors.ts';
import { checkFolder, openReader, repairFolder, type FileReport, type FolderReport } from '../../pipeline/maintenance.ts';
import { EXIT } from '../exit.ts';
import { coloursFor, cutTo, widthOf, type Colours } from '../terminal.ts';
import { count, grouped, shortSize, shortTime } from '../text.ts';

interface LedgerOptions {
  data: string;
  json?: boolean;
  yes?: boolean;
  pipeline?: string;
  limit?: number;
}

type Subcommand = 'info' | 'check' | 'repair' | 'dead-letters';

/** Answers the exit code: 1 where something is damaged. */
export async function ledger(name: Subcommand, options: LedgerOptions): Promise<number> {
  const data = resolve(options.data);
  if (!existsSync(data)) throw new HomeostatError('OPTION_INVALID', { detail: `there is no data folder ${data}; name the one of the process with --data` });
  const colours = coloursFor(process.stdout, process.env);
  switch (name) {
    case 'info':
      return info(data, options, colours);
    case 'check':
      return check(data, options, colours);
    case 'repair':
      return repair(data, options, colours);
    case 'dead-letters':
      return deadLetters(data, options, colours);
  }
}

function info(data: string, options: LedgerOptions, colours: Colours): number {
  const report = checkFolder(data);
  const reader = openReader(data);
  const sizes = reader.sizes();
  const incidents = report.ledger.condition === 'ok' ? reader.incidents({ open: true, limit: 1000 }).items.length : 0;
  reader.close();
  const { pipelines, savepoints, journals, history } = report;
  if (options.json)
    print({ data, pipelines, openIncidents: incidents, bytes: sizes, historyFiles: history.length, savepoints: savepoints.map(({ path }) => path), journals });
  else {
    const lines = pipelines.map(
      ({ name, checkpoint, committedAt, position }) =>
        `  ${name}  checkpoint ${grouped(checkpoint)}, ${committedAt > 0 ? shortTime(committedAt) : 'never'}, reads on at ${JSON.stringify(position)}`,
    );
    const stored = `ledger ${shortSize(sizes.ledger)}, history ${shortSize(sizes.history)} in ${count(history.length, 'file')}, ${count(savepoints.length, 'savepoint')}`;
    const held = journals.map(({ pipeline, oldest, end, frames }) => `  journal of ${pipeline}: ${count(frames, 'record')}, ${shortSize(end - oldest)}`);
    process.stdout.write(
      `${[colours.bold(data), `${stored}, ${count(incidents, 'open incident')}`, ...(lines.length > 0 ? lines : ['  no pipeline has committed']), ...held].join('\n')}\n`,
    );
  }
  return report.ok ? EXIT.ok : EXIT.failed;
}

function check(data: string, options: LedgerOptions, colours: Colours): number {
  const report = checkFolder(data);
  if (options.json) print(report);
  else process.stdout.write(reportText(report, colours));
  return report.ok ? EXIT.ok : EXIT.failed;
}

function repair(data: string, options: LedgerOptions, colours: Colours): number {
  const found = checkFolder(data);
  if (found.ok || !options.yes) {
    if (options.json) print(found);
    else
      process.stdout.write(`${reportText(found, colours)}${found.ok ? 'Nothing to repair.' : `${intended(found)}\nNothing was changed; do it with --yes.`}\n`);
    return found.ok ? EXIT.ok : EXIT.failed;
  }
  const report = repairFolder(data);
  if (options.json) print(report);
  else {
    const done = [...report.done, ...report.journals.flatMap((journal) => journal.done.map((line) => `${journal.pipeline}: ${line}`))];
    const lost = [...report.lost, ...report.journals.flatMap((journal) => journal.lost.map((line) => `${journal.pipeline}: ${line}`))];
    process.stdout.write(section('Done', done) + section('Read again', report.readAgain) + section('Lost', lost) + reportText(report, colours));
  }
  return report.ok ? EXIT.ok : EXIT.failed;
}

/** What `repair --yes` would do. */
function intended({ ledger, history, savepoints, journals }: FolderReport): string {
  const lines: string[] = [];
  const savepoint = savepoints.find(({ condition }) => condition === 'ok');
  if (ledger.condition === 'damaged') {
    lines.push(
      savepoint
        ? `put the ledger back to ${savepoint.path}, and read again from its positions`
        : 'copy what can be read of the ledger into a new one; there is no whole savepoint',
    );
  }
  if (ledger.condition === 'newer') lines.push('nothing for the ledger: a newer version of Homeostat wrote it');
  for (const { path, condition } of history) if (condition === 'damaged') lines.push(`copy what can be read of ${path} into a new file`);
  for (const { pipeline, damage } of journals) if (damage) lines.push(`cut the journal of ${pipeline} behind its last whole record, at ${damage.offset}`);
  return section('A repair would', [...lines, 'keep every damaged file under another name']).trimEnd();
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function reportText(report: FolderReport, colours: Colours): string {
  const line = (what: string, { path, condition, details }: FileReport): string => {
    const fine = condition === 'ok' || condition === 'missing';
    return `${fine ? colours.green(condition.padEnd(10)) : colours.red(condition.padEnd(10))} ${what} ${path}\n${details.map((detail) => `           ${detail}\n`).join('')}`;
  };
  const journals = report.journals.map(({ pipeline, ok, frames, damage, torn }) => {
    const more = damage
      ? `: ${damage.detail} at ${damage.path}, byte ${damage.offset}`
      : torn > 0
        ? `, ${count(torn, 'byte')} at its end never acknowledged`
        : '';
    return `${ok ? colours.green('ok        ') : colours.red('damaged   ')} journal of ${pipeline}, ${count(frames, 'record')}${more}\n`;
  });
  return [
    line('ledger', report.ledger),
    ...report.history.map((file) => line('history', file)),
    ...report.savepoints.map((file) => line('savepoint', file)),
    ...journals,
  ].join('');
}

function deadLetters(data: string, { json, pipeline, limit = 20 }: LedgerOptions, colours: Colours): number {
  const reader = openReader(data);
  const { items } = reader.deadLetters({ ...(pipeline === undefined ? {} : { pipeline }), limit });
  reader.close();
  if (json) for (const item of items) print(item);
  else if (items.length === 0) process.stderr.write('No dead letters.\n');
  else process.stdout.write(items.map((item) => deadLetterText(item, colours)).join(''));
  return EXIT.ok;
}

function deadLetterText({ id, pipeline, at, code, detail, text, replayed }: DeadLetterView, colours: Colours): string {
  const head = `${id}  ${shortTime(at)}  ${pipeline}  ${colours.yellow(code)}${replayed ? '  replayed' : ''}  ${detail}`;
  return `${head}\n    ${colours.dim(cutTo(JSON.stringify(text), widthOf(process.stdout) - 4))}\n`;
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
