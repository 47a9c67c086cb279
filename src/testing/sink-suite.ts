/** What every sink of verdicts promises. */
import type { JsonValue, Sink } from '../core/contracts.ts';
import { SeriesDictionary } from '../core/events.ts';
import { ANOMALOUS, emptyVerdicts, verdictAt, type Verdict, type VerdictBatch } from '../core/verdicts.ts';
import { expectThat, type AsyncCheck } from './check.ts';

/** A receiver to try a sink on. */
export interface SinkCase {
  name: string;
  /** A new, empty receiver, and sinks that write to it. */
  receiver(): Promise<{
    create(only: 'all' | 'anomalies'): Sink;
    /** Everything that it holds now, in order of arrival. */
    received(): Promise<Verdict[]> | Verdict[];
    close(): Promise<void>;
  }>;
  /** What a repeat after a crash leaves with the receiver: nothing twice, or the same ids twice. */
  repeats: 'once' | 'same ids';
}

const PIPELINE = 'suite';

/** `count` verdicts from number `first` on; every third one is anomalous. */
function verdicts(first: number, count: number, dictionary: SeriesDictionary): VerdictBatch {
  const batch = emptyVerdicts(1, count);
  batch.length = count;
  batch.detector = 'suite';
  batch.config = '00000000';
  for (let i = 0; i < count; i++) {
    const n = first + i;
    batch.series[i] = dictionary.intern(`s${n % 3}`, { n: String(n % 3) }, 'ms');
    batch.time[i] = 1_700_000_000_000 + n;
    batch.values[i] = n % 7 === 0 ? NaN : n / 3;
    batch.idHigh[i] = n;
    batch.idLow[i] = ~n;
    batch.flags[i] = n % 3 === 0 ? ANOMALOUS : 0;
    batch.score[i] = n;
    batch.limit[i] = batch.expected[i] = batch.lower[i] = batch.upper[i] = NaN;
    batch.offset[i] = n;
  }
  return batch;
}

function text(list: readonly Verdict[]): string {
  return list.map((verdict) => JSON.stringify(verdict)).join('\n');
}

function all(batch: VerdictBatch, dictionary: SeriesDictionary): Verdict[] {
  return Array.from({ length: batch.length }, (_, i) => verdictAt(batch, i, PIPELINE, dictionary));
}

/** Checks of one sink: `for (const check of sinkChecks(cases)) it(check.name, check.run)`. */
export function sinkChecks(cases: readonly SinkCase[]): AsyncCheck[] {
  return cases.flatMap((given) => [
    { name: `${given.name}: everything written is with the receiver after flush, in order`, run: () => arrives(given) },
    { name: `${given.name}: anomalous verdicts alone when asked`, run: () => anomaliesAlone(given) },
    { name: `${given.name}: a repeat after a crash ${given.repeats === 'once' ? 'is not there twice' : 'brings the same ids'}`, run: () => repeated(given) },
    { name: `${given.name}: closes twice as once`, run: () => closes(given) },
  ]);
}

async function arrives(given: SinkCase): Promise<void> {
  const receiver = await given.receiver();
  try {
    const dictionary = new SeriesDictionary();
    const sink = receiver.create('all');
    await sink.open(undefined);
    const want: Verdict[] = [];
    for (const [first, count] of [
      [0, 1],
      [1, 700],
      [701, 0],
      [701, 3],
    ] as const) {
      const batch = verdicts(first, count, dictionary);
      await sink.write(batch, PIPELINE, dictionary);
      want.push(...all(batch, dictionary));
      // The batch belongs to the caller again.
      batch.series.fill(0);
      batch.time.fill(0);
    }
    await sink.flush();
    expectThat(text(await receiver.received()) === text(want), 'the receiver holds what was written');
    await sink.close();
  } finally {
    await receiver.close();
  }
}

async function anomaliesAlone(given: SinkCase): Promise<void> {
  const receiver = await given.receiver();
  try {
    const dictionary = new SeriesDictionary();
    const sink = receiver.create('anomalies');
    await sink.open(undefined);
    const batch = verdicts(0, 10, dictionary);
    await sink.write(batch, PIPELINE, dictionary);
    await sink.flush();
    expectThat(text(await receiver.received()) === text(all(batch, dictionary).filter((verdict) => verdict.anomalous)), 'anomalous ones, and no others');
    await sink.close();
  } finally {
    await receiver.close();
  }
}

/** Writes, remembers the resume point, writes more, and crashes before that is remembered too. */
async function repeated(given: SinkCase): Promise<void> {
  const receiver = await given.receiver();
  try {
    const dictionary = new SeriesDictionary();
    const before = verdicts(0, 20, dictionary);
    const pending = verdicts(20, 20, dictionary);
    const first = receiver.create('all');
    await first.open(undefined);
    await first.write(before, PIPELINE, dictionary);
    const resume = JSON.parse(JSON.stringify(await first.flush())) as JsonValue;
    await first.write(pending, PIPELINE, dictionary);
    await first.flush();
    await first.close();
    const second = receiver.create('all');
    await second.open(resume);
    await second.write(pending, PIPELINE, dictionary);
    await second.flush();
    await second.close();
    const want = [...all(before, dictionary), ...all(pending, dictionary)];
    const got = await receiver.received();
    if (given.repeats === 'once') expectThat(text(got) === text(want), 'each verdict is there once');
    const byId = new Map(got.map((verdict) => [verdict.id, verdict]));
    expectThat(text([...byId.values()]) === text(want), 'by their ids, each verdict is there once');
  } finally {
    await receiver.close();
  }
}

async function closes(given: SinkCase): Promise<void> {
  const receiver = await given.receiver();
  try {
    const sink = receiver.create('all');
    await sink.open(undefined);
    await sink.close();
    await sink.close();
  } finally {
    await receiver.close();
  }
}
