/** `homeostat logs parse`: templates of log lines, and a row a line. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { LEVELS } from '../../core/contracts/logs.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { EventBuilder } from '../../core/events.ts';
import { ParseRun, templateAt } from '../../pipeline/logs/parse-run.ts';
import { EXIT } from '../exit.ts';
import { choiceOf } from '../logs/choice.ts';
import { IdSpill } from '../logs/id-spill.ts';
import { nothingIn, openLog, type LogInput } from '../logs/input.ts';
import { LineNumbers } from '../logs/line-numbers.ts';
import { LogProgress } from '../logs/progress.ts';
import { templatesOf } from '../logs/report.ts';
import { csvRows, ndjsonRows, type RowFormat } from '../logs/rows.ts';
import { templatesText } from '../logs/text.ts';
import { coloursFor, Output, widthOf } from '../terminal.ts';
import { count, grouped, percent, printable, shortDuration } from '../text.ts';
import { whyUnwritten } from '../trouble.ts';

export interface ParseOptions {
  out?: string;
  format?: string;
  limit: number;
  json?: boolean;
  quiet?: boolean;
}

/** A row is one line here: what a stack trace belongs to is asked of `logs detect`. */
const ONE_LINE = 'line:multiline=none';

/** Answers the exit code. */
export async function parse(files: readonly string[], options: ParseOptions): Promise<number> {
  const run = new ParseRun(choiceOf({ format: options.format ?? ONE_LINE }).format);
  const inputs = await Promise.all(files.map(openLog));
  const format = options.out === undefined ? undefined : formatOf(options.out);
  const isOnce = inputs.some(({ path }) => path === undefined);
  const ids = format === undefined || isOnce ? undefined : new IdSpill();
  const arriving = format === undefined || !isOnce ? undefined : new RowFile(options.out!, format, run);
  const seconds = await reading(inputs, options, 'finding templates', async (input, update) => {
    const numbers = new LineNumbers();
    const chunks = arriving === undefined ? input.chunks() : numbers.watch(input.chunks());
    for await (const events of run.lines({ name: input.name, chunks })) {
      const parsed = run.take(events);
      for (let i = 0; i < parsed.length && ids !== undefined; i++) {
        if (ids.isFull) await ids.flush();
        ids.add(templateAt(parsed, i));
      }
      await arriving?.write(events, numbers, (i) => templateAt(parsed, i));
      update(events.length);
    }
  });
  if (run.read === 0) throw nothingIn(inputs.map(({ name }) => name).join(', '), run.refusal);
  if (ids !== undefined && format !== undefined) await writeAgain(run, inputs, ids, new RowFile(options.out!, format, run), options);
  await arriving?.end();
  await tell(run, inputs, options, seconds, isOnce);
  return EXIT.ok;
}

function formatOf(path: string): RowFormat {
  if (path.endsWith('.csv')) return csvRows;
  if (path.endsWith('.ndjson') || path.endsWith('.jsonl')) return ndjsonRows;
  throw new HomeostatError('OPTION_INVALID', { detail: `--out ${path} ends in neither .csv nor .ndjson, by which the format is chosen` });
}

/** Reads the inputs one after another under one progress bar; answers the seconds it took. */
async function reading(
  inputs: readonly LogInput[],
  { quiet }: ParseOptions,
  what: string,
  one: (input: LogInput, update: (lines: number) => void) => Promise<void>,
): Promise<number> {
  const size = inputs.reduce<number | undefined>((sum, input) => (sum === undefined || input.size === undefined ? undefined : sum + input.size), 0);
  const progress = new LogProgress(process.stderr, coloursFor(process.stderr, process.env), size);
  let lines = 0;
  let before = 0;
  try {
    for (const input of inputs) {
      await one(input, (more) => {
        lines += more;
        if (quiet !== true && progress.isDue) progress.update({ read: before + input.read(), lines, more: what });
      });
      before += input.read();
    }
    return progress.milliseconds / 1000;
  } finally {
    progress.end();
  }
}

/** The second pass: every line with the template that it has in the end. */
async function writeAgain(run: ParseRun, inputs: readonly LogInput[], ids: IdSpill, rows: RowFile, options: ParseOptions): Promise<void> {
  const pages = ids.pages();
  let page = new Uint32Array(0);
  let at = 0;
  try {
    await reading(inputs, options, 'writing rows', async (input, update) => {
      const numbers = new LineNumbers();
      for await (const events of run.lines({ name: input.name, chunks: numbers.watch(input.chunks()), spare: input.spare ?? 0 })) {
        const known = new Uint32Array(events.length);
        for (let i = 0; i < known.length; i++) {
          if (at === page.length) [page, at] = [(await pages.next()).value as Uint32Array<ArrayBuffer>, 0];
          known[i] = page[at++];
        }
        await rows.write(events, numbers, (i) => known[i]);
        update(events.length);
      }
    });
    await rows.end();
  } catch (thrown) {
    await rows.abandon();
    throw thrown;
  } finally {
    await ids.close();
  }
}

/** A file of rows, beside its place until it is whole. */
class RowFile {
  readonly #path: string;
  readonly #beside: string;
  readonly #format: RowFormat;
  readonly #run: ParseRun;
  readonly #stream: WriteStream;
  readonly #output: Output;
  #failed: unknown;

  constructor(path: string, format: RowFormat, run: ParseRun) {
    this.#path = path;
    this.#beside = `${path}.${process.pid}.tmp`;
    this.#format = format;
    this.#run = run;
    this.#stream = createWriteStream(this.#beside);
    this.#stream.on('error', (error) => (this.#failed = error));
    this.#output = new Output(this.#stream);
    this.#output.add(format.head);
  }

  /** Throws OUTPUT_UNWRITABLE. */
  async write(events: EventBuilder, numbers: LineNumbers, idOf: (i: number) => number): Promise<void> {
    const lines = events.lines!;
    const { bytes, component, componentEnd, level, stated, message, messageEnd } = lines;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let i = 0; i < events.length; i++) {
      const template = this.#run.template(idOf(i));
      const due = this.#output.add(
        this.#format.row({
          line: numbers.of(events.offset[i]),
          time: stated[i],
          level: LEVELS[level[i]],
          component: text.toString('utf8', component[i], componentEnd[i]),
          event: template.id,
          template: template.text,
          parameters: template.parameters(bytes, message[i], messageEnd[i]),
        }),
      );
      if (due) await this.#flush();
    }
  }

  async end(): Promise<void> {
    await this.#flush();
    this.#stream.end();
    if (this.#failed === undefined)
      await Promise.race([once(this.#stream, 'close'), once(this.#stream, 'error')]).catch((thrown: unknown) => (this.#failed ??= thrown));
    this.#check();
    await rename(this.#beside, this.#path);
  }

  async abandon(): Promise<void> {
    this.#stream.destroy();
    await rm(this.#beside, { force: true });
  }

  async #flush(): Promise<void> {
    this.#check();
    await this.#output.flush().catch((thrown: unknown) => (this.#failed ??= thrown));
    this.#check();
  }

  #check(): void {
    if (this.#failed !== undefined) throw new HomeostatError('OUTPUT_UNWRITABLE', { file: this.#path, detail: whyUnwritten(this.#failed) }, this.#failed);
  }
}

async function tell(run: ParseRun, inputs: readonly LogInput[], { out, limit, json, quiet }: ParseOptions, seconds: number, isOnce: boolean): Promise<void> {
  const all = templatesOf(run.known());
  const shown = limit === 0 ? all : { ...all, templates: all.templates.slice(0, limit) };
  const output = new Output(process.stdout);
  if (json) for (const one of shown.templates) await output.write(`${JSON.stringify(one)}\n`);
  else await output.write(templatesText(shown, widthOf(process.stdout), coloursFor(process.stdout, process.env)));
  await output.flush();
  if (quiet === true) return;
  const colours = coloursFor(process.stderr, process.env);
  const say = (text: string): void => void process.stderr.write(text);
  const covered = shown.templates.reduce((sum, one) => sum + one.count, 0);
  const part = shown.templates.length < all.total ? `, those shown have ${percent(covered, run.read)}` : '';
  const names = inputs.map(({ name }) => printable(name)).join(', ');
  say(
    `${colours.bold(`${names}: ${count(run.read, 'line')}, ${count(all.total, 'template')}${part}`)}\n${shortDuration(seconds * 1000)}, ${grouped(run.read / seconds)} lines/s\n`,
  );
  for (const line of run.report()) say(`${colours.dim(printable(line))}\n`);
  if (run.refused > 0) say(`${colours.yellow(`${count(run.refused, 'line')} broken or cut`)}\n`);
  if (out !== undefined) say(`rows written to ${out}${isOnce ? '; what is read once has the ids at arrival: templates that merged later keep several' : ''}\n`);
}
