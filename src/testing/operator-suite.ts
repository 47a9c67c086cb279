/** What every operator promises. */
import type { Operator, StageOutput } from '../core/contracts.ts';
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
  return batch;
}

/** Numbers of everything put out so far; what names the row of a batch is left out, for it depends on the cut. */
function collect({ events, verdicts }: StageOutput, eventsOut: number[], verdictsOut: number[]): void {
  for (let i = 0; i < events.length; i++) {
    eventsOut.push(events.series[i], events.time[i], events.partition[i], events.offset[i], events.place[i]);
    eventsOut.push(...events.values.subarray(i * events.width, (i + 1) * events.width));
  }
  const { series, time, kind, flags, score, limit, expected, lower, upper, onset, partition, offset, place } = verdicts;
  for (let i = 0; i < verdicts.length; i++) {
    for (const column of [series, time, kind, flags, score, limit, expected, lower, upper, onset, partition, offset, place]) verdictsOut.push(column[i]);
    verdictsOut.push(...verdicts.values.subarray(i * verdicts.width, (i + 1) * verdicts.width));
  }
  events.reset();
  verdicts.length = 0;
}

/** Runs the input in these batches; at every cut in `saves` it goes on from snapshots with a new operator. */
function run<S>(subject: OperatorSubject<S>, cuts: Cuts, saves: Cuts = []): { events: number[]; verdicts: number[] } {
  const { input } = subject;
  const dictionary = subject.dictionary();
  let operator = subject.make(dictionary);
  let states = memoryStates(operator);
  const out: StageOutput = { events: new EventBuilder(dictionary, subject.width), verdicts: emptyVerdicts(subject.width, input.length), rollups: [] };
  const events: number[] = [];
  const verdicts: number[] = [];
  const drain = (): void => {
    do collect(out, events, verdicts);
    while (operator.resume?.(states, out) === true);
  };
  let from = 0;
  for (const to of [...cuts, input.length]) {
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
  return { events, verdicts };
}

function expectEqual(got: ReturnType<typeof run>, want: ReturnType<typeof run>, what: string): void {
  expectSame(got.events, want.events, `${what}, events`);
  expectSame(got.verdicts, want.verdicts, `${what}, verdicts`);
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
