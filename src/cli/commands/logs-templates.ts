/** `homeostat logs templates`: templates of a running pipeline, and what a person makes of them. */
import type { LogTemplate, LogTemplates } from '../../core/log-api.ts';
import type { TemplateEdit } from '../../core/contracts/logs.ts';
import { HomeostatError } from '../../core/errors.ts';
import { cellsTable } from '../cells.ts';
import { EXIT } from '../exit.ts';
import { LogServer, type LogServerOptions } from '../logs/server.ts';
import { templatesText } from '../logs/text.ts';
import { coloursFor, widthOf, type Colours } from '../terminal.ts';
import { grouped, printable, shortTime } from '../text.ts';

export interface TemplatesOptions extends LogServerOptions {
  word?: number;
  values?: string[];
  search?: string;
  sort: string;
  limit: number;
  json?: boolean;
}

/** As many as the server gives at once. */
const ALL = 20_000;

export async function templates(action: string, what: readonly string[], options: TemplatesOptions): Promise<number> {
  if (action === 'list') return list(what, options);
  if (action === 'show') return show(numberOf(what[0], 'show'), options);
  const edit = editOf(action, what, options);
  const server = await LogServer.reach(options);
  await check(server, edit);
  const { sequence } = await server.post<{ sequence: number }>('templates/edits', edit);
  if (options.json) process.stdout.write(`${JSON.stringify({ ...edit, sequence })}\n`);
  else process.stdout.write(`${DONE[edit.do]} It counts for lines that come from now on.\n`);
  return EXIT.ok;
}

/** An edit is taken in first and done later, when nobody could be told that it does nothing. Ids of templates that were merged are in no list, and are right. */
async function check(server: LogServer, edit: TemplateEdit): Promise<void> {
  const { templates: all } = await server.get<LogTemplates>('templates', { sort: 'id', limit: ALL });
  const newest = all.reduce((most, { id }) => Math.max(most, id), -1);
  for (const id of edit.do === 'merge' ? [edit.into, ...edit.templates] : [edit.template]) if (id > newest) throw unknown(server, id);
  if (edit.do !== 'split') return;
  const word = all.find(({ id }) => id === edit.template)?.text.split(' ')[edit.word];
  if (word !== undefined && !word.includes('<*>'))
    throw wrong(`word ${edit.word + 1} of template ${edit.template} is "${word}", and split needs a place with <*>`);
}

const DONE: Record<TemplateEdit['do'], string> = {
  name: 'The name is taken in.',
  pin: 'Taken in: pinned templates never merge and are never forgotten.',
  ignore: 'Taken in.',
  merge: 'Taken in: their lines count as one template.',
  split: 'Taken in: these words get templates of their own.',
};

async function list(what: readonly string[], { search, sort, limit, json, ...reached }: TemplatesOptions): Promise<number> {
  if (what.length > 0) throw tooMany(what[0]);
  const server = await LogServer.reach(reached);
  const found = await server.get<LogTemplates>('templates', { search, sort, limit: limit === 0 ? ALL : Math.min(ALL, limit) });
  if (json) for (const one of found.templates) process.stdout.write(`${JSON.stringify(one)}\n`);
  else if (found.total === 0) process.stderr.write('No templates.\n');
  else process.stdout.write(templatesText(found, widthOf(process.stdout), coloursFor(process.stdout, process.env)));
  return EXIT.ok;
}

async function show(id: number, { json, ...reached }: TemplatesOptions): Promise<number> {
  const server = await LogServer.reach(reached);
  const { templates: all } = await server.get<LogTemplates>('templates', { sort: 'id', limit: ALL });
  const one = all.find((template) => template.id === id);
  if (one === undefined) throw unknown(server, id);
  process.stdout.write(json ? `${JSON.stringify(one)}\n` : templateText(one, coloursFor(process.stdout, process.env)));
  return EXIT.ok;
}

function templateText({ id, text, name, level, count, first, last, pinned, ignored, example, parameters }: LogTemplate, colours: Colours): string {
  const marks = [name === null ? '' : `"${printable(name)}"`, level, pinned ? 'pinned' : '', ignored ? 'ignored' : ''].filter(Boolean).join(', ');
  const words = text.split(' ').map((word, i) => `${colours.dim(`${i + 1}:`)}${printable(word)}`);
  const head = `${colours.bold(`template ${id}`)}${marks === '' ? '' : `  ${marks}`}\n${words.join(' ')}\n`;
  const seen = `${grouped(count)} lines from ${shortTime(Date.parse(first))} to ${shortTime(Date.parse(last))}\n`;
  const rows = parameters.map(({ type, examples }, i) => [`${i + 1}`, type, printable(examples.join(', '))]);
  const table = rows.length === 0 ? '' : cellsTable(['parameter', 'type', 'examples'], rows, widthOf(process.stdout), colours);
  return `${head}${seen}${colours.dim(printable(example))}\n${table}`;
}

/** What the arguments ask for. Throws OPTION_INVALID. */
export function editOf(action: string, what: readonly string[], { word, values }: Pick<TemplatesOptions, 'word' | 'values'>): TemplateEdit {
  const template = numberOf(what[0], action);
  const alone = (): void => {
    if (what.length > 1) throw tooMany(what[1]);
  };
  switch (action) {
    case 'name':
      if (what.length !== 2) throw wrong('name needs an id and one text; an empty text takes a name away');
      return { do: 'name', template, name: what[1] };
    case 'merge':
      if (what.length < 2) throw wrong('merge needs the id to merge into, and at least one other');
      return { do: 'merge', into: template, templates: what.slice(1).map((text) => numberOf(text, action)) };
    case 'split':
      alone();
      if (word === undefined || word === 0 || values === undefined) throw wrong('split needs --word (from 1, as `show` counts them) and --values');
      return { do: 'split', template, word: word - 1, values };
    case 'ignore':
    case 'heed':
      alone();
      return { do: 'ignore', template, ignored: action === 'ignore' };
    default:
      alone();
      return { do: 'pin', template, pinned: action === 'pin' };
  }
}

function numberOf(text: string | undefined, action: string): number {
  if (text === undefined) throw wrong(`${action} needs the id of a template; homeostat logs templates lists them`);
  const id = Number(text);
  if (!/^\d+$/.test(text) || id > 0xffffffff) throw wrong(`"${text}" is no id of a template; homeostat logs templates lists them`);
  return id;
}

const unknown = (server: LogServer, id: number): HomeostatError =>
  new HomeostatError('NOT_FOUND', { what: `template of ${server.pipeline}`, name: String(id) });
const tooMany = (text: string): HomeostatError => wrong(`"${text}" is one argument too many`);
const wrong = (detail: string): HomeostatError => new HomeostatError('OPTION_INVALID', { detail });
