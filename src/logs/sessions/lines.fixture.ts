import { LOOKS } from '../../core/contracts/logs.ts';
import type { StageOutput } from '../../core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import type { LineTable } from '../../core/lines.ts';
import { verdictTexts, emptyVerdicts } from '../../core/verdicts.ts';
import { memoryStates, type MemoryStates } from '../../testing/memory-states.ts';
import type { SessionOptions } from './options.ts';
import { SessionStage } from './stage.ts';
import type { SessionState } from './states.ts';

/** A parsed line. */
export interface Line {
  time: number;
  text: string;
  template: number;
  isNew?: boolean;
}

/** A look at a session, as plain values. */
export interface Look {
  id: string;
  look: (typeof LOOKS)[number];
  time: number;
  place: number;
  offset: number;
  first: number;
  last: number;
  lines: number;
  counts: Record<number, number>;
  sequence: number[];
  offsets: number[];
}

export const DEFAULTS: SessionOptions = {
  by: 'auto',
  window: 60_000,
  count: 100,
  idle: 3_600_000,
  close_after: 86_400_000,
  max_lines: 100_000,
  max_sequence: 200,
  max_open: 1_000_000,
};

/** Rows of parsed lines; the offset of line i of the whole is 100 times i. */
export function batchOf(lines: readonly Line[], first = 0): EventBuilder {
  const batch = new EventBuilder(new SeriesDictionary(), 2, Math.max(1, lines.length), true);
  const table = batch.lines as LineTable;
  lines.forEach(({ time, text, template, isNew }, i) => {
    const row = batch.row(0, time, 0, (first + i) * 100, 0);
    batch.values.set([template, isNew === true ? 1 : 0], row * 2);
    const start = table.append(Buffer.from(text));
    const end = start + Buffer.byteLength(text);
    table.row(row, { start, end, message: start, messageEnd: end, component: start, componentEnd: start, level: 0, stated: time });
  });
  return batch;
}

/** Looks that a stage has put out, taken out of its output. */
export function taken({ events }: StageOutput): Look[] {
  const { sessions, length } = events;
  const looks: Look[] = [];
  for (let i = 0; i < length; i++) {
    const [pairs, places] = [i === 0 ? 0 : sessions!.countEnds[i - 1], i === 0 ? 0 : sessions!.sequenceEnds[i - 1]];
    const counts: Record<number, number> = {};
    for (let j = pairs; j < sessions!.countEnds[i]; j++) counts[sessions!.templates[j]] = sessions!.counts[j];
    looks.push({
      id: sessions!.id[i],
      look: LOOKS[sessions!.look[i]],
      time: events.time[i],
      place: events.place[i],
      offset: events.offset[i],
      first: sessions!.first[i],
      last: sessions!.last[i],
      lines: sessions!.lines[i],
      counts,
      sequence: [...sessions!.sequence.subarray(places, sessions!.sequenceEnds[i])],
      offsets: [...sessions!.offsets.subarray(places, sessions!.sequenceEnds[i])],
    });
  }
  events.reset();
  return looks;
}

export interface Run {
  looks: Look[];
  states: MemoryStates<SessionState>;
}

/** Cuts of the input: batches end before these lines; at those in `saves` a new stage goes on from snapshots. */
export interface RunOptions {
  cuts?: readonly number[];
  saves?: readonly number[];
  /** Largest output at once. */
  room?: number;
  /** Watermark at the end. */
  until?: number;
  /** Only looks at what is done. */
  onlyClosed?: boolean;
}

export function run(
  options: Partial<SessionOptions>,
  lines: readonly Line[],
  { cuts = [], saves = [], room, until = Infinity, onlyClosed }: RunOptions = {},
): Run {
  const dictionary = new SeriesDictionary();
  const make = (): SessionStage => new SessionStage({ ...DEFAULTS, ...options }, dictionary, onlyClosed);
  let stage = make();
  let states = memoryStates(stage);
  const verdicts = { ...emptyVerdicts(1, 0), texts: verdictTexts() };
  const out: StageOutput = { events: new EventBuilder(dictionary, 1, 4), verdicts, rollups: [], room };
  const looks: Look[] = [];
  const drain = (): void => {
    looks.push(...taken(out));
    while (stage.resume(states, out)) looks.push(...taken(out));
  };
  let from = 0;
  for (const to of [...cuts, lines.length]) {
    stage.process(batchOf(lines.slice(from, to), from), states, out);
    drain();
    stage.advance(to < lines.length ? lines[to].time : until, states, out);
    drain();
    if (saves.includes(to)) {
      const saved = states.save();
      stage = make();
      states = memoryStates(stage, saved);
    }
    from = to;
  }
  return { looks, states };
}

/** Looks without what is the same in all tests of one kind. */
export function short({ looks }: Run): string[] {
  return looks.map(({ id, look, time, lines }) => `${time} ${id} ${look} ${lines}`);
}
