/** `homeostat answer` and `homeostat answers`: say of verdicts what was a false alarm or missed, see what was said, take it back. */
import { readFileSync } from 'node:fs';
import type { AnswerPreview, AnswerView, Page, PipelineStatus, Standing } from '../../core/api.ts';
import type { AnswerPart } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import { cellsTable } from '../cells.ts';
import { Client } from '../client.ts';
import { EXIT } from '../exit.ts';
import { coloursFor, widthOf, type Colours } from '../terminal.ts';
import { count, grouped, printable, shortNumber, shortTime } from '../text.ts';
import { whyUnread } from '../trouble.ts';

interface Reached {
  url: string;
  json?: boolean;
}

interface AnswerOptions extends Reached {
  incident?: string;
  pipeline?: string;
  series?: string;
  at?: string;
  to?: string;
  when: string;
  until?: string;
  comment?: string;
  days: number;
  yes?: boolean;
}

interface AnswersOptions extends Reached {
  pipeline?: string;
  series?: string;
  all?: boolean;
  limit: number;
  export?: boolean;
  import?: string;
}

/** What an export holds of an answer. */
interface Exported {
  id: string;
  says: string;
  when: string;
  until: number | null;
  comment: string;
  parts: AnswerPart[];
}

const clientOf = ({ url }: Reached): Client => new Client(url, process.env['HOMEOSTAT_TOKEN']);

/** Shows what the answer would have changed, and gives it only with --yes. `undo ID` takes one back. */
export async function answer(says: string, id: string | undefined, options: AnswerOptions): Promise<number> {
  const client = clientOf(options);
  if (says === 'undo') return undo(client, id, options);
  if (id !== undefined)
    throw new HomeostatError('OPTION_INVALID', { detail: `"${id}" is one argument too many: name what you answer by --incident, or by --series and --at` });
  const question = { says, when: options.when, days: options.days, ...(await aboutOf(client, options)) };
  const preview = await client.post<AnswerPreview>('answers/preview', question);
  const colours = coloursFor(process.stdout, process.env);
  if (options.yes !== true) {
    if (options.json) print({ taken: false, preview });
    else process.stdout.write(`${previewText(preview, colours)}Nothing was changed; give the answer with --yes.\n`);
    return EXIT.ok;
  }
  const { until, comment = '' } = options;
  const given = await client.post<{ id: string }>('answers', { ...question, comment, ...(until === undefined ? {} : { until }) });
  if (options.json) print({ taken: true, ...given, preview });
  else process.stdout.write(`${previewText(preview, colours)}Taken in as ${given.id}; take it back with: homeostat answer undo ${given.id}\n`);
  return EXIT.ok;
}

async function undo(client: Client, id: string | undefined, { json }: Reached): Promise<number> {
  if (id === undefined) throw new HomeostatError('OPTION_INVALID', { detail: 'undo needs the id of an answer; homeostat answers lists them' });
  const { sequence } = await client.remove<{ sequence: number }>(`answers/${encodeURIComponent(id)}`);
  if (json) print({ id, sequence });
  else process.stdout.write(`${id} is taken back: from now on it is as if it had never been given.\n`);
  return EXIT.ok;
}

async function aboutOf(client: Client, { incident, pipeline, series, at, to }: AnswerOptions): Promise<object> {
  if (incident !== undefined) return { incident };
  if (series === undefined || at === undefined) {
    throw new HomeostatError('OPTION_INVALID', { detail: 'name an incident (--incident), or a series and a time (--series, --at)' });
  }
  return { pipeline: pipeline ?? (await onlyPipeline(client)), series, from: at, ...(to === undefined ? {} : { to }) };
}

async function onlyPipeline(client: Client): Promise<string> {
  const { items } = await client.get<Page<PipelineStatus>>('pipelines');
  if (items.length === 1) return items[0].name;
  const names = items.map(({ name }) => name).join(', ');
  throw new HomeostatError('OPTION_INVALID', { detail: `--pipeline is needed, because there are several: ${names}` });
}

const STANDINGS: Record<Standing, (colours: Colours) => string> = {
  normal: (colours) => colours.green('normal'),
  anomalous: (colours) => colours.yellow('anomalous'),
  alert: (colours) => colours.red('alert'),
};

function previewText(preview: AnswerPreview, colours: Colours): string {
  const { parts, anomalous, alerts, verdicts, from, to, changed, first } = preview;
  const moved = parts.map(({ series, limitFactor, onsetFactor }) => {
    const onset = onsetFactor === 1 ? '' : `, odds of the onset ${shortNumber(1 / onsetFactor)} times`;
    return `${colours.bold(printable(series))}  limit ${shortNumber(limitFactor)} times as far${onset}\n`;
  });
  const head = `${moved.join('')}Of ${count(verdicts, 'verdict')} from ${shortTime(from)} to ${shortTime(to)} it would have changed ${grouped(changed)}:\n`;
  const totals = cellsTable(
    ['', 'anomalous', 'alerts'],
    [
      ['without', grouped(anomalous.without), grouped(alerts.without)],
      ['with', grouped(anomalous.with), grouped(alerts.with)],
    ],
    widthOf(process.stdout),
    colours,
    [1, 2],
  );
  const rows = first.map((each) => [
    shortTime(each.time),
    printable(each.series),
    shortNumber(each.score),
    shortNumber(each.limit),
    shortNumber(each.limitWith),
    `${STANDINGS[each.was](colours)} → ${STANDINGS[each.becomes](colours)}`,
  ]);
  const table = rows.length === 0 ? '' : cellsTable(['time', 'series', 'score', 'limit', 'with', 'change'], rows, widthOf(process.stdout), colours, [2, 3, 4]);
  const more = changed > first.length ? `and ${grouped(changed - first.length)} more\n` : '';
  const partial = preview.complete
    ? ''
    : 'Only anomalous verdicts are stored (store: anomalies): normal ones that it would have made anomalous are not counted.\n';
  const short = preview.enough
    ? ''
    : `${colours.yellow('It is not enough')}: one answer moves a limit by at most 10 times, so what you name would be judged as before.\n`;
  return `${head}${totals}${table}${more}${partial}${short}`;
}

/** Lists answers; --export writes those in force as JSON, --import gives them to a pipeline. */
export async function answers(options: AnswersOptions): Promise<number> {
  const client = clientOf(options);
  if (options.import !== undefined) return importFrom(client, options.import, options);
  const { pipeline, series, all = false } = options;
  const query = { pipeline, series, active: all ? undefined : true };
  if (options.export) {
    const found = await everything(client, query);
    process.stdout.write(`${JSON.stringify({ homeostat: 'answers', version: 1, answers: found.map(exported) }, null, 2)}\n`);
    return EXIT.ok;
  }
  const { items } = await client.get<Page<AnswerView>>('answers', { ...query, limit: options.limit });
  if (options.json) for (const item of items) print(item);
  else if (items.length === 0) process.stderr.write(all ? 'No answers.\n' : 'No answers in force (--all shows the others).\n');
  else process.stdout.write(listText(items, coloursFor(process.stdout, process.env)));
  return EXIT.ok;
}

async function everything(client: Client, query: { pipeline?: string; series?: string; active?: boolean }): Promise<AnswerView[]> {
  const found: AnswerView[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await client.get<Page<AnswerView>>('answers', { ...query, limit: 500, cursor });
    found.push(...page.items);
    // Oldest first, so that where two apply the newest wins in the next place as well.
    if (page.next === null) return found.toReversed();
    cursor = page.next;
  }
}

function exported({ id, says, when, until, comment, parts }: AnswerView): Exported {
  const kept = parts.filter(({ ended }) => ended === null);
  return { id, says, when, until, comment, parts: (kept.length > 0 ? kept : parts).map(({ ended: _, ...part }) => part) };
}

const IMPORTED_AT_ONCE = 100;

async function importFrom(client: Client, file: string, options: AnswersOptions): Promise<number> {
  let given: Exported[];
  try {
    given = (JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8')) as { answers: Exported[] }).answers;
    if (!Array.isArray(given)) throw new TypeError('it holds no list of answers');
  } catch (thrown) {
    throw new HomeostatError('OPTION_INVALID', { detail: `--import: ${file} cannot be read: ${whyUnread(thrown)}` }, thrown);
  }
  const pipeline = options.pipeline ?? (await onlyPipeline(client));
  const total = { taken: 0, known: 0 };
  for (let at = 0; at < given.length; at += IMPORTED_AT_ONCE) {
    const body = { pipeline, answers: given.slice(at, at + IMPORTED_AT_ONCE) };
    const { taken, known } = await client.post<typeof total>('answers/import', body);
    total.taken += taken;
    total.known += known;
  }
  if (options.json) print(total);
  else process.stdout.write(`${count(total.taken, 'answer')} taken in, ${grouped(total.known)} known already.\n`);
  return EXIT.ok;
}

const WHEN: Record<AnswerView['when'], string> = { always: '', 'hour-of-day': 'this hour of the day', 'hour-of-week': 'this hour of the week' };

function listText(items: readonly AnswerView[], colours: Colours): string {
  return items
    .map(({ id, pipeline, says, when, until, parts, by, at, comment, active, undone }) => {
      const [first] = parts;
      const series = parts.length === 1 ? first.series : `${first.series} and ${parts.length - 1} more`;
      const state = undone !== null ? `taken back by ${undone.by}` : active ? 'in force' : 'no longer in force';
      const where = [WHEN[when], until === null ? '' : `until ${shortTime(until)}`].filter(Boolean).join(', ');
      const said = says === 'missed' ? colours.yellow('missed') : colours.green('false alarm');
      const head = `${colours.bold(id)}  ${said}  ${printable(pipeline)} ${printable(series)}  limit × ${shortNumber(first.limitFactor)}`;
      const tail = [`${shortTime(first.from)}${where === '' ? '' : `, ${where}`}`, `${printable(by)} at ${shortTime(at)}`, state, printable(comment)];
      return `${head}\n    ${colours.dim(tail.filter(Boolean).join(' · '))}\n`;
    })
    .join('');
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
