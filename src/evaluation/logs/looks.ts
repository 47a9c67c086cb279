/** Looks at sessions as the stage `session` puts them out, made of events that are at hand. */
import { LOOKS, type SessionColumns } from '../../core/contracts/logs.ts';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';

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

/** An event of a session. */
export interface SessionEvent {
  time: number;
  session: string;
  template: number;
}

/** Looks at sessions of these events (in order of time): whenever nothing came for `idle` ms, and at the end, where there are new lines. */
export function looksOf(events: readonly SessionEvent[], idle: number): Look[] {
  interface Open {
    number: number;
    looks: number;
    seen: number;
    first: number;
    last: number;
    sequence: number[];
  }
  const all = new Map<string, Open>();
  // In the order of the last line, so that the idle ones stand first.
  const waiting = new Map<string, Open>();
  const looks: Look[] = [];
  const look = (id: string, open: Open): void => {
    const { number, first, last } = open;
    looks.push({ id, time: last + idle, session: number, place: open.looks++, look: 'idle', first, last, sequence: open.sequence.slice() });
  };
  const release = (now: number): void => {
    for (const [id, open] of waiting) {
      if (open.last + idle > now) return;
      waiting.delete(id);
      look(id, open);
    }
  };
  for (const { time, session, template } of events) {
    release(time);
    let open = all.get(session);
    if (open === undefined) all.set(session, (open = { number: all.size, looks: 0, seen: 0, first: time, last: time, sequence: [] }));
    open.sequence.push(template);
    open.last = time;
    waiting.delete(session);
    waiting.set(session, open);
  }
  release(Infinity);
  return looks;
}
