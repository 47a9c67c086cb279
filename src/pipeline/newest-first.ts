/** Files whose rows run from newest to oldest, as many exports are written, put in order of time. */
import { EventBuilder, type EventBatch, type SeriesDictionary } from '../core/events.ts';
import type { Decoded } from './detect.ts';
import { copyRow, orderOf, SortedParts } from './sorted-parts.ts';

/** Values kept in memory until they are in order; beyond them they go to a file, part by part. */
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
  const parts = new SortedParts(width);
  try {
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
      for (let i = 0; i < events.length; i++) copyRow(kept, events, i);
      if (bad.length > 0) yield { events: new EventBuilder(dictionary, width, 1), bad, report };
      if (kept.length * width >= most) await spill(kept, parts);
    }
    if (kept === undefined) return;
    if (parts.isEmpty) return yield* ordered(kept, report);
    await spill(kept, parts);
    for await (const events of parts.merged(new EventBuilder(dictionary, width, BATCH))) yield { events, bad: [], report };
  } finally {
    await parts.close();
  }
}

async function spill(kept: EventBuilder, parts: SortedParts): Promise<void> {
  await parts.add(kept);
  kept.reset();
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

/** What is kept, in order of time, in batches. */
function* ordered(kept: EventBuilder, report: readonly string[]): Generator<Decoded> {
  const order = orderOf(kept);
  const events = new EventBuilder(kept.dictionary, kept.width, BATCH);
  for (let from = 0; from < order.length; from += BATCH) {
    events.reset();
    for (let k = from; k < Math.min(order.length, from + BATCH); k++) copyRow(events, kept, order[k]);
    yield { events, bad: [], report };
  }
}
