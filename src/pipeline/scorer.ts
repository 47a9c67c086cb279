/** Detection without an engine: events in the order they stand, a fresh detector per series, nothing kept. */
import type { KeyedStates, Rollup } from '../core/contracts.ts';
import { EventBuilder, type EventBatch, type SeriesDictionary } from '../core/events.ts';
import { hashId } from '../core/hash.ts';
import { emptyVerdicts, LATE, type VerdictBatch } from '../core/verdicts.ts';
import { DetectStage, type Learning, type SeriesState } from '../detectors/stage.ts';
import { VerdictIds } from '../runtime/verdict-buffer.ts';
import { definitionOf, type Component, type Registry } from './config/index.ts';

/** How to detect: as `detect` of a pipeline. */
export interface DetectChoice {
  detector: Component;
  threshold: Component;
  learn: Learning;
}

/** As the defaults of a pipeline; ms. */
const ADAPT_AFTER = 600_000;
const LEARN_ONE_IN = 10;

/** Longer than any stream, so that no bucket of the history ever closes. */
const NO_ROLLUP = 1e15;

/** State of every series in memory. */
class AllStates implements KeyedStates<SeriesState> {
  readonly #stage: DetectStage;
  readonly #states: SeriesState[] = [];

  constructor(stage: DetectStage) {
    this.#stage = stage;
  }

  get(key: number): SeriesState {
    return (this.#states[key] ??= this.#stage.create());
  }

  peek(key: number): SeriesState | undefined {
    return this.#states[key];
  }

  due(): void {}

  setTimer(): void {}
}

/** The detect stage over all series of one input. */
export class Scorer {
  readonly #stage: DetectStage;
  readonly #states: AllStates;
  readonly #out: { events: EventBuilder; verdicts: VerdictBatch; rollups: Rollup[] };
  readonly #ids: VerdictIds;
  readonly #newest: number[] = [];

  /** `width`: values per event. `name` goes into the ids of the verdicts as the pipeline's name does. */
  constructor(choice: DetectChoice, registry: Registry, dictionary: SeriesDictionary, width: number, name: string) {
    const { detector, threshold, learn } = choice;
    this.#stage = new DetectStage({
      detector: definitionOf(registry, 'detector', detector.name)!,
      detectorOptions: detector.options,
      threshold: definitionOf(registry, 'threshold', threshold.name)!,
      thresholdOptions: threshold.options,
      learn,
      learnOneIn: LEARN_ONE_IN,
      adaptAfter: ADAPT_AFTER,
      width,
      rollup: NO_ROLLUP,
      config: hashId(JSON.stringify([detector, threshold, learn])),
    });
    this.#states = new AllStates(this.#stage);
    this.#out = { events: new EventBuilder(dictionary, width, 1), verdicts: emptyVerdicts(width, 0), rollups: [] };
    this.#ids = new VerdictIds(name, this.#stage.name, dictionary);
  }

  /**
   * One verdict for every event, in order; valid until the next call. An event older than one before it in its series is
   * flagged late and scored all the same, since here nothing waits.
   */
  score(events: EventBatch): VerdictBatch {
    const { verdicts } = this.#out;
    verdicts.length = 0;
    if (events.length > 0) this.#stage.process(events, this.#states, this.#out);
    for (let i = 0; i < verdicts.length; i++) {
      const series = verdicts.series[i];
      const time = verdicts.time[i];
      if (time < this.#newest[series]) verdicts.flags[i] |= LATE;
      else this.#newest[series] = time;
    }
    return verdicts;
  }

  /** What the detector of a series found out about it, in words; nothing where it does not say. */
  describe(series: number): readonly string[] {
    return this.#states.peek(series)?.detector.describe?.() ?? [];
  }

  /** Fills the id of a row, which `score` leaves open since few rows are shown. */
  identify(verdicts: VerdictBatch, i: number): void {
    this.#ids.fill(verdicts, i);
  }
}
