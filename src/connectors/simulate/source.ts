/** Hands out the events of a scenario, paced or as fast as they are taken, from any event on. */
import type { Position, Source, SourceBatch, Truth } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { AHEAD_MS, BATCH, Pace, PACE_MS } from './pace.ts';
import type { Clockwork, Scenario } from './scenario.ts';

export interface Plan {
  scenario: string;
  make(clockwork: Clockwork): Scenario;
  /** Events per second; undefined: as fast as they are taken. */
  rate: number | undefined;
  /** ms of event time between two steps. */
  interval: number;
  /** Event time of step 0, ms; undefined: the clock when first opened. */
  start: number | undefined;
  /** Events in all; 0: no end. */
  count: number;
}

/** Everything that decides what comes next; `next` is the ordinal of the next event. */
type Place = Clockwork & { scenario: string; series: number; next: number; began: number };

export class SimulateSource implements Source {
  readonly partitions = 1;
  readonly finite: boolean;
  readonly #plan: Plan;
  readonly #dictionary: SeriesDictionary;
  readonly #now: () => number;
  readonly #closing = new AbortController();

  constructor(plan: Plan, dictionary: SeriesDictionary, now: () => number) {
    this.#plan = plan;
    this.#dictionary = dictionary;
    this.#now = now;
    this.finite = plan.count > 0;
  }

  async *open(from: Position | undefined, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const place = this.#placeOf(from);
    const { rate } = this.#plan;
    const reader = new Reader(this.#plan.make(place), place, this.#dictionary);
    const end = this.#plan.count > 0 ? this.#plan.count : Infinity;
    const stopped = AbortSignal.any([signal, this.#closing.signal]);
    // Progress is measured by a clock that cannot jump, from where the wall clock says that the run stands.
    const opened = performance.now() - (this.#now() - place.began);
    const pace = new Pace();
    while (place.next < end && !stopped.aborted) {
      const due = rate === undefined ? end : Math.min(end, Math.floor(((performance.now() - opened) * rate) / 1000) + 1);
      if (due > place.next) yield reader.take(Math.min(BATCH, due - place.next));
      const wait = rate === undefined || due - place.next > 0 ? 0 : Math.max(PACE_MS, opened + (place.next * 1000) / rate - performance.now());
      await pace.rest(place.next < end ? wait : 0, stopped);
    }
  }

  close(): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  /** Where to go on: event times stay continuous when rate or interval were changed meanwhile. Throws SOURCE_CHANGED. */
  #placeOf(from: Position | undefined): Place {
    const { scenario, interval, make, rate } = this.#plan;
    const now = this.#now();
    const start = this.#plan.start ?? now;
    const series = make({ start, interval }).series.length;
    if (from === undefined) return { scenario, series, start, interval, began: now, next: 0 };
    const place = { ...(from as unknown as Place) };
    if (place.scenario !== scenario || place.series !== series) {
      const detail = `it was ${place.scenario} with ${place.series} series and is ${scenario} with ${series}`;
      throw new HomeostatError('SOURCE_CHANGED', { source: 'simulate', detail });
    }
    if (place.interval !== interval) {
      place.start += Math.floor(place.next / series) * (place.interval - interval);
      place.interval = interval;
      place.began = now - (rate === undefined ? 0 : (place.next * 1000) / rate);
    }
    if (rate !== undefined && (place.next * 1000) / rate - (now - place.began) > AHEAD_MS) place.began = now - (place.next * 1000) / rate;
    return place;
  }
}

/** Event time of a step, whole ms. */
function timeOf({ start, interval }: Clockwork, step: number): number {
  return Math.round(start + step * interval);
}

/** Goes through a scenario event by event; `place.next` moves along. */
class Reader {
  readonly #scenario: Scenario;
  readonly #place: Place;
  readonly #dictionary: SeriesDictionary;
  readonly #indices: Int32Array;
  readonly #values: Float64Array;
  readonly #kinds: Uint8Array;
  #step: number;

  constructor(scenario: Scenario, place: Place, dictionary: SeriesDictionary) {
    const n = scenario.series.length;
    this.#scenario = scenario;
    this.#place = place;
    this.#dictionary = dictionary;
    this.#indices = Int32Array.from(scenario.series, ({ key, labels, unit }) => dictionary.intern(key, labels, unit));
    this.#values = new Float64Array(n);
    this.#kinds = new Uint8Array(n);
    this.#step = Math.floor(place.next / n);
    for (let step = Math.max(0, this.#step - scenario.memory); step <= this.#step; step++) scenario.step(step, this.#values, this.#kinds);
  }

  /** The next `count` events as columns of their own, so that the reader may go on before they are used. */
  take(count: number): SourceBatch {
    const place = this.#place;
    const n = this.#values.length;
    const first = place.next;
    const values = new Float64Array(count);
    const truth: Truth[] = [];
    for (let k = 0; k < count;) {
      const step = Math.floor(place.next / n);
      const from = place.next - step * n;
      const to = Math.min(n, from + count - k);
      if (step !== this.#step) this.#scenario.step((this.#step = step), this.#values, this.#kinds);
      for (let i = from; i < to; i++) {
        values[k++] = this.#values[i]!;
        const kind = this.#kinds[i];
        if (kind !== 0) truth.push({ series: this.#scenario.series[i].key, time: timeOf(place, step), kind: this.#scenario.kinds[kind] });
      }
      place.next += to - from;
    }
    const position = { ...place };
    return { records: { kind: 'events', fill: (out) => this.#fill(out, values, first, position) }, position, truth };
  }

  #fill(out: EventBuilder, values: Float64Array, first: number, clockwork: Clockwork): void {
    const n = this.#values.length;
    let step = Math.floor(first / n);
    let i = first - step * n;
    for (let k = 0; k < values.length; k++) {
      const index = this.#indices[i];
      if (!Number.isNaN(values[k])) {
        if (index >= 0) out.add(index, timeOf(clockwork, step), values[k], 0, first + k, 0);
        else this.#refuse(out, i, first + k);
      }
      if (++i === n) {
        i = 0;
        step++;
      }
    }
  }

  #refuse(out: EventBuilder, i: number, ordinal: number): void {
    const { message } = new HomeostatError('SERIES_LIMIT', { key: this.#scenario.series[i].key, limit: this.#dictionary.limit });
    out.refuse(0, ordinal, 0, 'SERIES_LIMIT', message, new Uint8Array(0));
  }
}
