/** What every source that is read promises. */
import type { Position, Source, SourceBatch } from '../core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import { expectThat, type AsyncCheck } from './check.ts';

/** A stream to try a source on; `create` gives a new source over the same stream each time. */
export interface SourceCase {
  name: string;
  create(): Promise<Source> | Source;
  /** Batches to read of a source without an end; all of it when absent. */
  batches?: number;
  /** False for a source whose stream is gone once read (standard input, figures of this machine). */
  readAgain?: boolean;
  /** Called when a check is done with its source. */
  clean?(): Promise<void> | void;
}

const PATIENCE_MS = 10_000;

/** Waits for a promise, but not for ever. */
export async function within<T>(promise: Promise<T>, what: string, ms = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What was handed over, by partition, as text. */
class Heard {
  readonly #texts = new Map<number, string>();
  readonly ended = new Set<number>();
  bytes = false;
  position: Position | undefined;
  batches = 0;

  take(batch: SourceBatch): void {
    this.batches++;
    this.position = JSON.parse(JSON.stringify(batch.position)) as Position;
    const { records } = batch;
    if (records.kind === 'bytes') {
      this.bytes = true;
      const before = this.#texts.get(records.partition) ?? '';
      const bytes = Buffer.from(records.bytes).toString('latin1');
      this.#texts.set(records.partition, before + bytes);
      if (records.ends) this.ended.add(records.partition);
    } else if (records.kind === 'messages') {
      let from = 0;
      for (let i = 0; i < records.offsets.length; i++) {
        this.#add(records.partition, `${records.offsets[i]}:${Buffer.from(records.bytes.subarray(from, records.ends[i])).toString('latin1')}\n`);
        from = records.ends[i];
      }
    } else {
      const out = new EventBuilder(new SeriesDictionary(), 1);
      records.fill(out);
      for (let i = 0; i < out.length; i++) {
        this.#add(out.partition[i], `${out.dictionary.get(out.series[i]).key} ${out.time[i]} ${out.values[i]} ${out.offset[i]}/${out.place[i]}\n`);
      }
    }
  }

  #add(partition: number, text: string): void {
    this.#texts.set(partition, (this.#texts.get(partition) ?? '') + text);
  }

  text(): string {
    return JSON.stringify([...this.#texts].sort((a, b) => a[0] - b[0]));
  }
}

/** Reads at most `most` batches from `from` on, adding to `heard`. */
async function read(source: Source, from: Position | undefined, most: number, heard: Heard): Promise<void> {
  const abort = new AbortController();
  const batches = source.open(from, abort.signal)[Symbol.asyncIterator]();
  try {
    for (let n = 0; n < most; n++) {
      const step = await within(batches.next(), 'the next batch');
      if (step.done === true) return;
      heard.take(step.value);
      await source.acknowledge?.(step.value.position);
    }
  } finally {
    abort.abort();
    await within(Promise.resolve(batches.return?.()), 'the end of reading');
    await source.close();
  }
}

/**
 * Checks of one source over streams:
 *
 *     for (const check of sourceChecks(cases)) it(check.name, check.run);
 */
export function sourceChecks(cases: readonly SourceCase[]): AsyncCheck[] {
  return cases.flatMap((given) => {
    const check = (name: string, run: () => Promise<void>): AsyncCheck => ({
      name: `${given.name}: ${name}`,
      run: async () => {
        try {
          await run();
        } finally {
          await given.clean?.();
        }
      },
    });
    return [
      ...(given.readAgain === false ? [] : [check('reads on from any position, neither again nor skipped', () => anyCut(given))]),
      check('acknowledges and closes twice as once', () => twice(given)),
      check('stops when told to, also while it waits', () => stops(given)),
      check('keeps its promise about its end', () => ends(given)),
    ];
  });
}

async function anyCut(given: SourceCase): Promise<void> {
  const most = given.batches ?? Infinity;
  const whole = new Heard();
  await read(await given.create(), undefined, most, whole);
  expectThat(whole.batches > 2, `the stream is long enough to be cut (${whole.batches} batches)`);
  for (let cut = 1; cut < whole.batches; cut += Math.max(1, Math.floor(whole.batches / 12))) {
    const parts = new Heard();
    await read(await given.create(), undefined, cut, parts);
    await read(await given.create(), parts.position, most - cut, parts);
    expectThat(parts.text() === whole.text(), `reading on after ${cut} of ${whole.batches} batches gives the rest`);
  }
}

async function twice(given: SourceCase): Promise<void> {
  const source = await given.create();
  const heard = new Heard();
  await read(source, undefined, 1, heard);
  if (heard.position !== undefined) {
    await source.acknowledge?.(heard.position);
    await source.acknowledge?.(heard.position);
  }
  await source.close();
  await source.close();
}

async function stops(given: SourceCase): Promise<void> {
  const source = await given.create();
  const abort = new AbortController();
  const batches = source.open(undefined, abort.signal)[Symbol.asyncIterator]();
  await within(batches.next(), 'the first batch');
  const next = batches.next();
  abort.abort();
  await within(next, 'the batch waited for when it was stopped');
  // What was already on its way may still come.
  for (let n = 0; n < 4; n++) if ((await within(batches.next(), 'the end')).done === true) break;
  expectThat((await within(batches.next(), 'the end')).done === true, 'it ends when stopped');
  await source.close();
}

async function ends(given: SourceCase): Promise<void> {
  const source = await given.create();
  expectThat(source.partitions >= 1, 'it has at least one partition');
  if (!source.finite) return source.close();
  const heard = new Heard();
  await read(source, undefined, Infinity, heard);
  if (heard.bytes) expectThat(heard.ended.size === source.partitions, 'every stream of bytes says where it ends');
}
