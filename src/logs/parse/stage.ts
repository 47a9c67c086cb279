/** The stage `parse`: every log line gets its template. */
import { RowError, type KeyedStates, type Operator, type StageControl, type StageOutput } from '../../core/contracts.ts';
import { FIRST_SEEN, TEMPLATE } from '../../core/contracts/logs.ts';
import type { EventBatch } from '../../core/events.ts';
import { SnapshotReader, type SnapshotWriter } from '../../core/snapshot.ts';
import type { MinerOptions } from '../miner/miner.ts';
import { keptLines } from './kept-lines.ts';
import type { ParseOptions } from './options.ts';
import { Part, Root, ROOT, statisticsKey, templatesKey, VERSION } from './states.ts';

type ParseState = Root | Part;

/**
 * Puts out a row a line, with the id of its template and whether that was never seen before; lines of templates that people
 * ignore are counted and left out. Templates and what is counted of them are its state: `readTemplates` shows it.
 */
export class ParseStage implements Operator<ParseState> {
  readonly name = 'parse';
  readonly key = 'global';
  readonly timed = false;
  readonly version = VERSION;
  readonly #miner: MinerOptions;

  constructor(options: ParseOptions) {
    this.#miner = { maxTemplates: options.max_templates, forgetAfter: options.forget_after };
  }

  create(key: number): ParseState {
    return key === ROOT ? new Root(this.#miner) : new Part(key, new Uint8Array(0));
  }

  snapshot(state: ParseState, writer: SnapshotWriter): void {
    if (state instanceof Root) state.write(writer);
    else writer.bytes(state.bytes());
  }

  restore(reader: SnapshotReader, key: number): ParseState {
    return key === ROOT ? Root.read(reader, this.#miner) : new Part(key, reader.bytes().slice());
  }

  process(batch: EventBatch, states: KeyedStates<ParseState>, out: StageOutput): void {
    if (batch.length === 0) return;
    const { lines } = batch;
    if (lines === undefined) throw new RowError(0, new TypeError('the rows are no log lines'));
    const root = rootOf(states);
    const { miner, statistics } = root;
    const { events } = out;
    const { bytes, message, messageEnd } = lines;
    const { width } = events;
    const first = events.rows(batch);
    let at = first * width;
    /** Rows that are put out, once there is one that is not. */
    let kept: number[] | undefined;
    let i = 0;
    try {
      for (; i < batch.length; i++) {
        const template = miner.match(bytes, message[i], messageEnd[i]);
        const { slot } = miner;
        statistics.add(slot, batch.time, lines, i);
        if (miner.ignores(slot)) {
          kept ??= Array.from({ length: i }, (_, row) => row);
          continue;
        }
        kept?.push(i);
        events.values[at + TEMPLATE] = template;
        events.values[at + FIRST_SEEN] = miner.lastIsNew ? 1 : 0;
        at += width;
      }
    } catch (thrown) {
      throw new RowError(i, thrown);
    } finally {
      markChanged(root, states);
    }
    if (kept !== undefined) keepRows(events, first, kept);
    events.lines = kept === undefined ? lines : keptLines(lines, kept);
  }

  advance(): void {}

  control(control: StageControl, states: KeyedStates<ParseState>): void {
    if (control.type !== 'template') return;
    const root = rootOf(states);
    root.miner.edit(control.edit);
    markChanged(root, states);
  }
}

/** Of the rows from `first` on, leaves those with these numbers, counted from there, ascending; their values are in place. */
function keepRows(events: StageOutput['events'], first: number, kept: readonly number[]): void {
  for (const column of [events.series, events.time, events.partition, events.offset, events.place]) {
    for (let i = 0; i < kept.length; i++) column[first + i] = column[first + kept[i]];
  }
  events.length = first + kept.length;
}

/** The root with its parts, marked as changed. */
function rootOf(states: KeyedStates<ParseState>): Root {
  const root = states.get(ROOT) as Root;
  if (!root.complete) {
    root.take((key) => {
      const part = states.peek(key) as Part | undefined;
      return part && new SnapshotReader(part.bytes(), VERSION);
    });
  }
  return root;
}

function markChanged(root: Root, states: KeyedStates<ParseState>): void {
  const { miner, statistics } = root;
  for (const page of miner.patterns.changed) {
    (states.get(templatesKey(page)) as Part).attach(root);
    // Where a template is new, its line of last use is as well.
    (states.get(statisticsKey(page)) as Part).attach(root);
  }
  for (const page of statistics.changed) (states.get(statisticsKey(page)) as Part).attach(root);
  miner.patterns.changed.clear();
  statistics.written();
}
