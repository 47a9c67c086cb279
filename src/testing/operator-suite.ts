/** What every operator promises. */
import type { Operator, Rollup, StageControl, StageOutput } from '../core/contracts.ts';
import type { SessionColumns } from '../core/contracts/logs.ts';
import { EventBuilder, type EventBatch, type SeriesDictionary } from '../core/events.ts';
import { emptyVerdicts } from '../core/verdicts.ts';
import { expectSame, expectThat, type Check } from './check.ts';
import { memoryStates, type SavedStates } from './memory-states.ts';

/** An operator, and an input that shows what it does. */
export interface OperatorSubject<S> {
  name: string;
  /** Called anew for every run and after every snapshot: nothing may be kept outside the states. */
  make(dictionary: SeriesDictionary): Operator<S>;
  /** A new dictionary with the series of the input. */
  dictionary(): SeriesDictionary;
  /** Rows in order of (time, partition, offset, place). */
  input: EventBatch;
  /** Values per event that it puts out. */
  width: number;
  /** Something that people said, each before this row. */
  controls?: readonly { row: number; control: StageControl }[];
}

/** Cuts that are tried: the batches end before these rows (and after the last). */
type Cuts = readonly number[];

function copyRows(input: EventBatch, from: number, to: number, dictionary: SeriesDictionary): EventBuilder {
  const batch = new EventBuilder(dictionary, input.width, Math.max(1, to - from), input.lines !== undefined);
  for (let i = from; i < to; i++) {
    const row = batch.row(input.series[i], input.time[i], input.partition[i], input.offset[i], input.place[i]);
    batch.values.set(input.values.subarray(i * input.width, (i + 1) * input.width), row * input.width);
    if (input.lines !== undefined) batch.lines?.copy(row, input.lines, i);
  }
  if (input.sessions !== undefined) batch.sessions = sessionRows(input.sessions, from, to);
  return batch;
}

function sessionRows(all: SessionColumns, from: number, to: number): SessionColumns {
  const [pairs, places] = [all.countEnds, all.sequenceEnds].map((ends) => [from === 0 ? 0 : ends[from - 1], to === 0 ? 0 : ends[to - 1]]);
  return {
    id: all.id.slice(from, to),
    look: all.look.slice(from, to),
    first: all.first.slice(from, to),
    last: all.last.slice(from, to),
    lines: all.lines.slice(from, to),
    templates: all.templates.slice(pairs[0], pairs[1]),
    counts: all.counts.slice(pairs[0], pairs[1]),
    countEnds: all.countEnds.slice(from, to).map((end) => end - pairs[0]),
    sequence: all.sequence.slice(places[0], places[1]),
    offsets: all.offsets.slice(places[0], places[1]),
    sequenceEnds: all.sequenceEnds.slice(from, to).map((end) => end - places[0]),
  };
}

type Said = (number | string)[];

/** Everything that was put out. */
interface Out {
  events: Said;
  verdicts: Said;
  /** The last one of each series and bucket. */
  rollups: Map<string, string>;
}

/** Numbers and words of everything put out so far; what names the row of a batch is left out, for it depends on the cut. */
function collect({ events, verdicts, rollups }: StageOutput, dictionary: SeriesDictionary, into: Out): void {
  for (let i = 0; i < events.length; i++) {
    into.events.push(dictionary.get(events.series[i]).key, events.time[i], events.partition[i], events.offset[i], events.place[i]);
    into.events.push(...events.values.subarray(i * events.width, (i + 1) * events.width));
    if (events.sessions !== undefined) into.events.push(...sessionOf(events.sessions, i));
    if (events.lines !== undefined) {
      const { bytes, start, end, message, messageEnd, level } = events.lines;
      into.events.push(Buffer.from(bytes.subarray(start[i], end[i])).toString('latin1'), messageEnd[i] - message[i], level[i]);
    }
  }
  const { series, time, kind, flags, score, limit, expected, lower, upper, onset, member, partition, offset, place, texts } = verdicts;
  for (let i = 0; i < verdicts.length; i++) {
    const columns = [time, kind, flags, score, limit, expected, lower, upper, onset, member, partition, offset, place];
    into.verdicts.push(dictionary.get(series[i]).key, ...columns.map((column) => column[i]));
    into.verdicts.push(...verdicts.values.subarray(i * verdicts.width, (i + 1) * verdicts.width));
    if (texts !== undefined) into.verdicts.push(texts.subject[i], texts.detail[i], texts.replaces[i]);
  }
  for (const rollup of rollups) into.rollups.set(`${dictionary.get(rollup.series).key} ${rollup.time}`, wordsOf(rollup));
  events.reset();
  verdicts.length = 0;
  rollups.length = 0;
}

function sessionOf(all: SessionColumns, i: number): Said {
  const [from, to] = [i === 0 ? 0 : all.countEnds[i - 1], all.countEnds[i]];
  const [first, last] = [i === 0 ? 0 : all.sequenceEnds[i - 1], all.sequenceEnds[i]];
  return [
    all.id[i],
    all.look[i],
    all.first[i],
    all.last[i],
    all.lines[i],
    ...all.templates.subarray(from, to),
    ...all.counts.subarray(from, to),
    ...all.sequence.subarray(first, last),
    ...all.offsets.subarray(first, last),
  ];
}

/** Of a series by its key: numbers of series are given as they come. */
function wordsOf({ series: _, ...rest }: Rollup): string {
  return JSON.stringify(rest);
}

/** Runs the input in these batches; at every cut in `saves` it goes on from snapshots with a new operator. */
function run<S>(subject: OperatorSubject<S>, cuts: Cuts, saves: Cuts = []): Out {
  const { input, controls = [] } = subject;
  const dictionary = subject.dictionary();
  let operator = subject.make(dictionary);
  let states = memoryStates(operator);
  const out: StageOutput = { events: new EventBuilder(dictionary, subject.width), verdicts: emptyVerdicts(subject.width, input.length), rollups: [] };
  const got: Out = { events: [], verdicts: [], rollups: new Map() };
  const drain = (): void => {
    do collect(out, dictionary, got);
    while (operator.resume?.(states, out) === true);
  };
  const ends = [...new Set([...cuts, ...controls.map(({ row }) => row), input.length])].sort((a, b) => a - b);
  let from = 0;
  for (const to of ends) {
    for (const { row, control } of controls) if (row === from) operator.control?.(control, states);
    if (to > from) operator.process(copyRows(input, from, to, dictionary), states, out);
    drain();
    operator.advance(to < input.length ? input.time[to] - 1 : Infinity, states, out);
    drain();
    if (saves.includes(to)) {
      const saved: SavedStates = states.save();
      operator = subject.make(dictionary);
      states = memoryStates(operator, saved);
    }
    from = to;
  }
  return got;
}

function expectEqual(got: Out, want: Out, what: string): void {
  expectSame(got.events, want.events, `${what}, events`);
  expectSame(got.verdicts, want.verdicts, `${what}, verdicts`);
  const sorted = ({ rollups }: Out): string[] => [...rollups].map(([key, words]) => `${key} ${words}`).sort();
  expectSame(sorted(got), sorted(want), `${what}, rollups`);
}

/** Every few rows, all rows, and steps of several sizes. */
function cutsOf(length: number): Cuts[] {
  return [1, 2, 3, 7, 50].map((step) => Array.from({ length: Math.ceil(length / step) - 1 }, (_, i) => (i + 1) * step));
}

/** The checks of one operator with one input. Keep the input to some hundred rows: every cut is tried. */
export function operatorChecks<S>(subject: OperatorSubject<S>): Check[] {
  const { name, input } = subject;
  const rows = Array.from({ length: input.length - 1 }, (_, i) => i + 1);
  return [
    {
      name: `${name} puts something out`,
      run: () => {
        const { events, verdicts } = run(subject, []);
        expectThat(events.length + verdicts.length > 0, 'this input shows nothing');
      },
    },
    { name: `${name} says the same of the same rows`, run: () => expectEqual(run(subject, []), run(subject, []), 'second run') },
    {
      name: `${name} says the same however the input is cut into batches`,
      run: () => {
        const whole = run(subject, []);
        for (const cuts of [...cutsOf(input.length), ...rows.map((row) => [row])])
          expectEqual(run(subject, cuts), whole, `cut at ${cuts.slice(0, 3).join(', ')} …`);
      },
    },
    {
      name: `${name} goes on from a snapshot at any cut to the last bit`,
      run: () => {
        const whole = run(subject, []);
        for (const row of rows) expectEqual(run(subject, [row], [row]), whole, `restored before row ${row}`);
        for (const cuts of cutsOf(input.length)) expectEqual(run(subject, cuts, cuts), whole, `restored at ${cuts.slice(0, 3).join(', ')} …`);
      },
    },
  ];
}
