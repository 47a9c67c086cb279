/** Files whose rows run from newest to oldest, as many exports are written, put in order of time. */
import { EventBuilder, type EventBatch, type SeriesDictionary } from '../core/events.ts';
import type { Decoded } from './detect.ts';

/** Values kept until they are in order; beyond them a part is put in order by itself. */
const MOST_VALUES = 20_000_000;
const BATCH = 8192;
/** Fewer steps back than this tell nothing. */
const LEAST_STEPS = 3;

const WORDS = 'the rows run from newest to oldest: they are taken in order of time';

/** Hands on what comes as it comes, unless the first rows run backwards: then all of it, by time, once it has ended. */
export async function* byTime(stream: AsyncGenerator<Decoded>, dictionary: SeriesDictionary, width: number, most = MOST_VALUES): AsyncGenerator<Decoded> {
  let kept: EventBuilder | undefined;
  let isKnown = false;
  let report: readonly string[] = [];
  for await (const decoded of stream) {
    const { events, bad } = decoded;
    if (!isKnown && events.length > 1) {
      isKnown = true;
      if (isNewestFirst(events)) kept = new EventBuilder(dictionary, width, 65_536);
    }
    if (kept === undefined) {
      yield decoded;
      continue;
    }
    report = [...decoded.report, WORDS];
    append(kept, events);
    if (bad.length > 0) yield { events: new EventBuilder(dictionary, width, 1), bad, report };
    if (kept.length * width >= most) yield* ordered(kept, report);
  }
  if (kept !== undefined) yield* ordered(kept, report);
}

/** Time falls from row to row, or stays, but for the begin of another series now and then. */
function isNewestFirst({ time, length }: EventBatch): boolean {
  let falls = 0;
  let rises = 0;
  for (let i = 1; i < length; i++) {
    if (time[i] < time[i - 1]) falls++;
    else if (time[i] > time[i - 1]) rises++;
  }
  return falls >= LEAST_STEPS && falls > 9 * rises;
}

function append(to: EventBuilder, from: EventBatch): void {
  for (let i = 0; i < from.length; i++) copy(to, from, i);
}

function copy(to: EventBuilder, from: EventBatch, i: number): void {
  const { width } = from;
  const row = to.row(from.series[i], from.time[i], from.partition[i], from.offset[i], from.place[i]);
  for (let c = 0; c < width; c++) to.values[row * width + c] = from.values[i * width + c];
}

/** What is kept, in order of time, in batches; of rows of one time the last comes first, as the others do. Nothing is kept afterwards. */
function* ordered(kept: EventBuilder, report: readonly string[]): Generator<Decoded> {
  const { time, length } = kept;
  const order = Uint32Array.from({ length }, (_, i) => i).sort((a, b) => time[a] - time[b] || b - a);
  const events = new EventBuilder(kept.dictionary, kept.width, BATCH);
  for (let from = 0; from < length; from += BATCH) {
    events.reset();
    for (let k = from; k < Math.min(length, from + BATCH); k++) copy(events, kept, order[k]);
    yield { events, bad: [], report };
  }
  kept.reset();
}
