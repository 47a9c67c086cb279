/** The rate stage: how many lines of each template and of each level come, through a detector of metrics. */
import { LEVELS, TEMPLATE } from '../../core/contracts/logs.ts';
import type { KeyedStates, Operator, StageControl, StageOutput } from '../../core/contracts.ts';
import { EventBuilder, type EventBatch, type SeriesDictionary } from '../../core/events.ts';
import type { DetectorDefinition, ThresholdDefinition } from '../../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { ANOMALOUS, NO_ROW } from '../../core/verdicts.ts';
import { DetectStage, type SeriesState } from '../../detectors/stage.ts';
import { Counts, type Watched } from './counts.ts';

export interface RateStageOptions {
  /** Length of an interval, ms; intervals begin at its multiples since 1970. */
  every: number;
  max_templates: number;
  detector: DetectorDefinition;
  detectorOptions: Record<string, unknown>;
  threshold: ThresholdDefinition;
  thresholdOptions: Record<string, unknown>;
  /** Width of a rollup bucket, ms. */
  rollup: number;
  /** What all verdicts of the pipeline carry: name of the judge, its members (`rate` among them), configuration hash. */
  judge: string;
  members: readonly string[];
  config: string;
}

/** Silent intervals in a row that count as 0; those behind them say nothing. */
const MOST_EMPTY = 60;
/** Key of the counts; from 1 on those of the rates, in the order in which they began to be watched. */
const COUNTS = 0;

type RateState = Counts | SeriesState;

/**
 * Hands its rows on and says of every interval, at its end, how unusual each rate is that is watched: verdicts of kind `point`
 * with member `rate`, caused by a timer. The first interval, that was met in its middle, and the last one, that does not end, say nothing.
 */
export class RateStage implements Operator<RateState> {
  readonly name = 'rate';
  readonly key = 'global';
  readonly timed = false;
  readonly version: number;
  readonly passes = true;
  readonly #options: RateStageOptions;
  readonly #dictionary: SeriesDictionary;
  readonly #detect: DetectStage;
  readonly #member: number;
  /** Rates of the intervals that ended. */
  readonly #rates: EventBuilder;
  /** Series of what is watched, and the key of each. */
  readonly #series: number[] = [];
  readonly #keys = new Map<number, number>();

  constructor(options: RateStageOptions, dictionary: SeriesDictionary) {
    const { detector, detectorOptions, threshold, thresholdOptions, rollup, config } = options;
    this.#options = options;
    this.#dictionary = dictionary;
    // A change that stays is the new normal after an hour.
    const learning = { learn: 'down-weighted', learnOneIn: 10, adaptAfter: 3_600_000 } as const;
    this.#detect = new DetectStage({ detector, detectorOptions, threshold, thresholdOptions, ...learning, width: 1, rollup, config });
    this.version = this.#detect.version;
    this.#member = options.members.indexOf('rate');
    this.#rates = new EventBuilder(dictionary, 1, 64);
  }

  create(key: number): RateState {
    return key === COUNTS ? new Counts() : this.#detect.create();
  }

  snapshot(state: RateState, writer: SnapshotWriter): void {
    if (state instanceof Counts) state.snapshot(writer);
    else this.#detect.snapshot(state, writer);
  }

  restore(reader: SnapshotReader, key: number): RateState {
    return key === COUNTS ? Counts.restore(reader) : this.#detect.restore(reader);
  }

  process(batch: EventBatch, states: KeyedStates<RateState>, out: StageOutput): void {
    const { length, width, values, time, lines } = batch;
    if (length === 0 || lines === undefined) return;
    const counts = states.get(COUNTS) as Counts;
    const { level } = lines;
    this.#rates.reset();
    if (counts.end !== counts.end) counts.end = this.#endOf(time[0]);
    for (let i = 0, at = TEMPLATE; i < length; i++, at += width) {
      if (time[i] >= counts.end) this.#close(counts, time[i]);
      counts.add(values[at], level[i]);
    }
    this.#judge(states, out);
  }

  advance(watermark: number, states: KeyedStates<RateState>, out: StageOutput): void {
    const known = states.peek(COUNTS) as Counts | undefined;
    if (watermark === Infinity && known !== undefined) {
      this.#name(known);
      // All of them: those that had nothing to say since a restart as well.
      return this.#detect.close(this.#series, this.#statesOf(states), out);
    }
    if (known === undefined || !(known.end <= watermark)) return;
    this.#rates.reset();
    this.#close(states.get(COUNTS) as Counts, watermark);
    this.#judge(states, out);
  }

  control(control: StageControl): void {
    this.#detect.control(control);
  }

  #endOf(time: number): number {
    const { every } = this.#options;
    return Math.floor(time / every) * every + every;
  }

  /** Ends all intervals up to this time. */
  #close(counts: Counts, time: number): void {
    const { every, max_templates } = this.#options;
    while (counts.end <= time) {
      counts.empty = counts.lines === 0 ? Math.min(counts.empty, MOST_EMPTY) + 1 : 0;
      if (counts.empty > MOST_EMPTY) {
        counts.end = this.#endOf(time);
        return;
      }
      this.#name(counts);
      if (!counts.isFirst) {
        counts.watched.forEach((watched, i) => this.#rates.add(this.#series[i], counts.end, counts.of(watched), NO_ROW, counts.end, 0));
      }
      counts.isFirst = false;
      const templates = counts.watched.reduce((sum, watched) => sum + (watched < 0 ? 0 : 1), 0);
      for (const watched of counts.next(max_templates - templates)) {
        // A dictionary that is full names no further rate.
        if (this.#seriesOf(watched) >= 0) counts.watch(watched);
      }
      counts.tidy();
      counts.end += every;
    }
  }

  #seriesOf(watched: Watched): number {
    const [name, value] = watched < 0 ? ['level', LEVELS[-1 - watched] || 'none'] : ['template', String(watched)];
    return this.#dictionary.intern(`rate ${name}=${value}`, { [name]: value }, 'lines');
  }

  /** Finds the series of what is watched. */
  #name(counts: Counts): void {
    for (let i = this.#series.length; i < counts.watched.length; i++) {
      this.#series.push(this.#seriesOf(counts.watched[i]));
      this.#keys.set(this.#series[i], COUNTS + 1 + i);
    }
  }

  /** Says how unusual the rates are. */
  #judge(states: KeyedStates<RateState>, out: StageOutput): void {
    if (this.#rates.length === 0) return;
    const { verdicts } = out;
    this.#detect.process(this.#rates, this.#statesOf(states), out);
    verdicts.stage = this.name;
    verdicts.detector = this.#options.judge;
    verdicts.members = this.#options.members;
    verdicts.member.fill(this.#member, 0, verdicts.length);
    // An onset of the detector's own counts where the threshold agrees.
    for (let i = 0; i < verdicts.length; i++) if ((verdicts.flags[i] & ANOMALOUS) === 0) verdicts.onset[i] = 0;
  }

  /** States by series, as the detectors want them. */
  #statesOf(states: KeyedStates<RateState>): KeyedStates<SeriesState> {
    const keyOf = (series: number): number => this.#keys.get(series)!;
    return {
      get: (series) => states.get(keyOf(series)) as SeriesState,
      peek: (series) => states.peek(keyOf(series)) as SeriesState | undefined,
      due: () => {},
      setTimer: () => {},
    };
  }
}
