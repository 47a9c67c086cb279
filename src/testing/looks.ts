/** Looks at sessions as the stage `session` puts them out, made of sequences that are at hand. */
import { LOOKS, type SessionColumns } from '../core/contracts/logs.ts';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';

/** One look at a session. */
export interface Look {
  id: string;
  time: number;
  /** Number of the session; the place of its first line. */
  session: number;
  /** Number of the look at it. */
  place: number;
  look: (typeof LOOKS)[number];
  first: number;
  last: number;
  sequence: readonly number[];
}

/** These looks as one batch; they come in order of time. */
export function lookBatch(looks: readonly Look[], dictionary: SeriesDictionary = new SeriesDictionary()): EventBuilder {
  const series = dictionary.intern('sessions');
  const batch = new EventBuilder(dictionary, 1, Math.max(1, looks.length));
  const templates: number[] = [];
  const counts: number[] = [];
  const countEnds: number[] = [];
  const sequence: number[] = [];
  const sequenceEnds: number[] = [];
  for (const { time, session, place, sequence: own } of looks) {
    const row = batch.row(series, time, 0, session, place);
    batch.values[row] = own.length;
    const counted = new Map<number, number>();
    for (const template of own) counted.set(template, (counted.get(template) ?? 0) + 1);
    for (const [template, count] of [...counted].sort((a, b) => a[0] - b[0])) {
      templates.push(template);
      counts.push(count);
    }
    countEnds.push(templates.length);
    sequence.push(...own);
    sequenceEnds.push(sequence.length);
  }
  const columns: SessionColumns = {
    id: looks.map(({ id }) => id),
    look: Uint8Array.from(looks, ({ look }) => LOOKS.indexOf(look)),
    first: Float64Array.from(looks, ({ first }) => first),
    last: Float64Array.from(looks, ({ last }) => last),
    lines: Uint32Array.from(looks, ({ sequence: own }) => own.length),
    templates: Uint32Array.from(templates),
    counts: Uint32Array.from(counts),
    countEnds: Uint32Array.from(countEnds),
    sequence: Uint32Array.from(sequence),
    offsets: Float64Array.from(sequence, () => NaN),
    sequenceEnds: Uint32Array.from(sequenceEnds),
  };
  batch.sessions = columns;
  return batch;
}
