/** `homeostat logs answer` and `homeostat logs answers`: say what sessions are, see what was said, take it back. */
import { readFileSync } from 'node:fs';
import type { LogAnswerPreview, LogAnswerShown, LogSessionDetail } from '../../core/log-api.ts';
import { HomeostatError } from '../../core/errors.ts';
import { EXIT } from '../exit.ts';
import { LogServer, type LogServerOptions } from '../logs/server.ts';
import { coloursFor, type Colours } from '../terminal.ts';
import { count, grouped, printable, shortTime } from '../text.ts';
import { whyUnread } from '../trouble.ts';

export interface AnswerOptions extends LogServerOptions {
  reason: string;
  days: number;
  yes?: boolean;
  json?: boolean;
}

export interface AnswersOptions extends LogServerOptions {
  all?: boolean;
  export?: boolean;
  import?: string;
  json?: boolean;
}

/** What an export holds of an answer. */
type Exported = Pick<LogAnswerShown, 'id' | 'pattern' | 'says' | 'reason' | 'session'>;

/** Shows what the answer would have changed, and gives it only with --yes. `undo ID` takes one back. */
export async function answer(says: string, about: string, options: AnswerOptions): Promise<number> {
  const server = await LogServer.reach(options);
  if (says === 'undo') return undo(server, about, options);
  const { session, pattern } = await server.get<LogSessionDetail>(`sessions/${encodeURIComponent(about)}`);
  if (pattern === null) throw new HomeostatError('OPTION_INVALID', { detail: `the session ${about} has no pattern yet: it was not judged` });
  const question = { pattern, says };
  const preview = await server.post<LogAnswerPreview>('answers/preview', { ...question, days: options.days });
  const colours = coloursFor(process.stdout, process.env);
  if (options.yes !== true) {
    if (options.json) print({ taken: false, preview });
    else process.stdout.write(`${previewText(preview, session, colours)}Nothing was changed; give the answer with --yes.\n`);
    return EXIT.ok;
  }
  const given = await server.post<{ id: string; sequence: number }>('answers', { ...question, reason: options.reason, session });
  if (options.json) print({ taken: true, ...given, preview });
  else process.stdout.write(`${previewText(preview, session, colours)}Taken in as ${given.id}; take it back with: homeostat logs answer undo ${given.id}\n`);
  return EXIT.ok;
}

async function undo(server: LogServer, id: string, { json }: AnswerOptions): Promise<number> {
  const { sequence } = await server.remove<{ sequence: number }>(`answers/${encodeURIComponent(id)}`);
  if (json) print({ id, sequence });
  else process.stdout.write(`${id} is taken back: from now on it is as if it had never been given.\n`);
  return EXIT.ok;
}

const THEN: Record<LogAnswerPreview['then'], string> = {
  judged: 'sessions of this pattern are judged as before',
  silenced: 'sessions of this pattern alert no more',
  flagged: 'sessions of this pattern alert at once',
};

export function previewText({ days, alerts, silenced, added, normal, anomalous, then }: LogAnswerPreview, session: string, colours: Colours): string {
  const changed = [silenced === 0 ? '' : `${count(silenced, 'alert')} fewer`, added === 0 ? '' : `${count(added, 'alert')} more`].filter(Boolean).join(', ');
  const said = `Answered so far: ${grouped(normal)} normal, ${grouped(anomalous)} anomalous. With this one ${colours.bold(THEN[then])}.`;
  return `Sessions like ${colours.bold(printable(session))}: ${count(alerts, 'alert')} in ${count(days, 'day')}; it would have made ${changed === '' ? 'no difference' : changed}.\n${said}\n`;
}

/** Lists answers; --export writes those in force as JSON, --import takes such JSON in. */
export async function answers(options: AnswersOptions): Promise<number> {
  const server = await LogServer.reach(options);
  if (options.import !== undefined) return importFrom(server, options.import, options);
  const all = await server.get<LogAnswerShown[]>('answers');
  const shown = options.all === true && options.export !== true ? all : all.filter(({ undone }) => !undone);
  // Oldest first, so that they come in the order in which they were given.
  if (options.export) print({ homeostat: 'log answers', version: 1, answers: shown.toReversed().map(exported) }, 2);
  else if (options.json) for (const one of shown) print(one);
  else if (shown.length === 0) process.stderr.write(options.all ? 'No answers.\n' : 'No answers in force (--all shows those taken back).\n');
  else process.stdout.write(shown.map((one) => answerText(one, coloursFor(process.stdout, process.env))).join(''));
  return EXIT.ok;
}

function exported({ id, pattern, says, reason, session }: LogAnswerShown): Exported {
  return { id, pattern, says, reason, session };
}

function answerText({ id, pattern, says, reason, by, session, at, undone }: LogAnswerShown, colours: Colours): string {
  const said = says === 'normal' ? colours.green('normal') : colours.yellow('anomalous');
  const tail = [`pattern ${printable(pattern)}`, `${printable(by)} at ${shortTime(Date.parse(at))}`, undone ? 'taken back' : '', printable(reason)];
  return `${colours.bold(id)}  ${said}  ${printable(session)}\n    ${colours.dim(tail.filter(Boolean).join(' · '))}\n`;
}

const IMPORTED_AT_ONCE = 500;

async function importFrom(server: LogServer, file: string, { json }: AnswersOptions): Promise<number> {
  let given: Exported[];
  try {
    given = (JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8')) as { answers: Exported[] }).answers;
    if (!Array.isArray(given)) throw new TypeError('it holds no list of answers');
  } catch (thrown) {
    throw new HomeostatError('OPTION_INVALID', { detail: `--import: ${file} cannot be read: ${whyUnread(thrown)}` }, thrown);
  }
  const total = { taken: 0, known: 0 };
  for (let at = 0; at < given.length; at += IMPORTED_AT_ONCE) {
    const { taken, known } = await server.post<typeof total>('answers/import', { answers: given.slice(at, at + IMPORTED_AT_ONCE) });
    total.taken += taken;
    total.known += known;
  }
  if (json) print(total);
  else process.stdout.write(`${count(total.taken, 'answer')} taken in, ${grouped(total.known)} known already.\n`);
  return EXIT.ok;
}

function print(value: unknown, indent?: number): void {
  process.stdout.write(`${JSON.stringify(value, null, indent)}\n`);
}
