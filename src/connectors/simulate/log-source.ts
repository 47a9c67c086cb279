/** Hands out the lines of a simulated log, paced or as fast as they are taken, from any line on. */
import { LEVELS, type Position, type Source, type SourceBatch, type Truth } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { AHEAD_MS, BATCH, Pace, PACE_MS } from './pace.ts';
import type { Clockwork, LogScenario, SimulatedLine } from './scenario.ts';

export interface LogPlan {
  scenario: string;
  make(clockwork: Clockwork): LogScenario;
  /** Lines per second on average; undefined: as fast as they are taken. */
  rate: number | undefined;
  /** ms of event time from tick to tick; undefined: what makes event time pass as the clock does. */
  interval: number | undefined;
  /** Event time of tick 0, ms; undefined: the clock when first opened. */
  start: number | undefined;
  /** Lines in all; 0: no end. */
  count: number;
}

/** `tick` and `skip` name the next line: so many lines of that tick were handed over. `next` is its number. */
type Place = Clockwork & { scenario: string; tick: number; skip: number; next: number; began: number };

const INTERVAL = 1000;

export class SimulatedLog implements Source {
  readonly partitions = 1;
  readonly finite: boolean;
  readonly #plan: LogPlan;
  readonly #dictionary: SeriesDictionary;
  readonly #now: () => number;
  readonly #closing = new AbortController();

  constructor(plan: LogPlan, dictionary: SeriesDictionary, now: () => number) {
    this.#plan = plan;
    this.#dictionary = dictionary;
    this.#now = now;
    this.finite = plan.count > 0;
  }

  async *open(from: Position | undefined, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const { rate, make } = this.#plan;
    const place = this.#placeOf(from);
    const scenario = make(place);
    const reader = new Reader(scenario, place);
    const series = this.#dictionary.intern(scenario.key);
    const end = this.#plan.count > 0 ? this.#plan.count : Infinity;
    const stopped = AbortSignal.any([signal, this.#closing.signal]);
    /** ms of the clock from tick to tick. */
    const beat = rate === undefined ? 0 : (1000 * scenario.linesPerTick) / rate;
    // Progress is measured by a clock that cannot jump, from where the wall clock says that the run stands.
    const opened = performance.now() - (this.#now() - place.began);
    const pace = new Pace();
    while (place.next < end && !stopped.aborted) {
      const until = beat === 0 ? Infinity : place.start + ((performance.now() - opened) / beat) * place.interval;
      const lines = reader.take(Math.min(BATCH, end - place.next), until);
      if (lines.length > 0) yield batchOf(lines, place, series);
      await pace.rest(beat > 0 && lines.length < BATCH && place.next < end ? PACE_MS : 0, stopped);
    }
  }

  close(): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  /** Where to go on: event times stay continuous when rate or interval were changed meanwhile. Throws SOURCE_CHANGED. */
  #placeOf(from: Position | undefined): Place {
    const { scenario, make, rate } = this.#plan;
    const now = this.#now();
    const start = this.#plan.start ?? now;
    const { linesPerTick } = make({ start, interval: INTERVAL });
    const beat = rate === undefined ? 0 : (1000 * linesPerTick) / rate;
    const interval = this.#plan.interval ?? (beat || INTERVAL);
    if (from === undefined) return { scenario, start, interval, began: now, tick: 0, skip: 0, next: 0 };
    const place = { ...(from as unknown as Place) };
    if (place.scenario !== scenario) throw new HomeostatError('SOURCE_CHANGED', { source: 'simulate', detail: `it was ${place.scenario} and is ${scenario}` });
    if (place.interval !== interval) {
      place.start += place.tick * (place.interval - interval);
      place.interval = interval;
      place.began = now - place.tick * beat;
    }
    if (place.tick * beat - (now - place.began) > AHEAD_MS) place.began = now - place.tick * beat;
    return place;
  }
}

/** Goes through a log line by line; the place moves along. */
class Reader {
  readonly #scenario: LogScenario;
  readonly #place: Place;
  /** Lines to come by the tick that they fall into. */
  readonly #waiting = new Map<number, SimulatedLine[]>();
  /** Lines of the tick at hand, in order. */
  #lines: SimulatedLine[] = [];

  constructor(scenario: LogScenario, place: Place) {
    this.#scenario = scenario;
    this.#place = place;
    for (let tick = Math.max(0, place.tick - scenario.memory); tick <= place.tick; tick++) this.#begin(tick);
  }

  /** The next lines, at most so many, none after `until`. */
  take(most: number, until: number): SimulatedLine[] {
    const place = this.#place;
    const taken: SimulatedLine[] = [];
    while (taken.length < most) {
      if (place.skip === this.#lines.length) {
        if (place.start + (place.tick + 1) * place.interval > until) break;
        this.#begin(++place.tick);
        place.skip = 0;
        continue;
      }
      const line = this.#lines[place.skip];
      if (line.time > until) break;
      taken.push(line);
      place.skip++;
      place.next++;
    }
    return taken;
  }

  #begin(tick: number): void {
    const { start, interval } = this.#place;
    for (const line of this.#scenario.begun(tick)) {
      const at = Math.max(tick, Math.floor((line.time - start) / interval));
      const there = this.#waiting.get(at);
      if (there === undefined) this.#waiting.set(at, [line]);
      else there.push(line);
    }
    // Stable, so that lines of one time stay in the order in which their sessions began.
    this.#lines = (this.#waiting.get(tick) ?? []).sort((a, b) => a.time - b.time);
    this.#waiting.delete(tick);
  }
}

function batchOf(lines: readonly SimulatedLine[], place: Place, series: number): SourceBatch {
  const first = place.next - lines.length;
  const truth = lines.flatMap(({ session, time, kind }): Truth[] => (kind === '' ? [] : [{ series: session, time, kind }]));
  return { records: { kind: 'events', fill: (out) => fill(out, lines, first, series) }, position: { ...place }, truth };
}

/** The line as a file would hold it. */
export function textOf({ time, level, component, message }: SimulatedLine): string {
  return `${headOf(time, level)}${component}: ${message}`;
}

function headOf(time: number, level: string): string {
  return `${new Date(time).toISOString().slice(0, -1).replace('T', ' ').replace('.', ',')} ${level} `;
}

function fill(out: EventBuilder, lines: readonly SimulatedLine[], first: number, series: number): void {
  const table = out.lines;
  if (table === undefined)
    throw new HomeostatError('SOURCE_OPTIONS', { source: 'simulate', detail: 'its scenario writes log lines, and the pipeline has no `parse`' });
  lines.forEach((line, k) => {
    const i = out.row(series, line.time, 0, first + k, 0);
    out.values.fill(NaN, i * out.width, (i + 1) * out.width);
    // Every character is one byte.
    const text = Buffer.from(textOf(line), 'latin1');
    const start = table.append(text);
    const component = start + headOf(line.time, line.level).length;
    const componentEnd = component + line.component.length;
    const end = start + text.length;
    const level = LEVELS.indexOf(line.level.toLowerCase() as (typeof LEVELS)[number]);
    table.row(i, { start, end, message: componentEnd + 2, messageEnd: end, component, componentEnd, level, stated: line.time });
  });
}
