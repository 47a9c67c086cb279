/** Judging of sessions measured on labelled sets: the shipped stage, which never sees a label, and counts of what it said. */
import { Value } from 'typebox/value';
import type { StageOutput } from '../../core/contracts.ts';
import type { LogControl, SessionDetail } from '../../core/contracts/logs.ts';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { ANOMALOUS, emptyVerdicts } from '../../core/verdicts.ts';
import type { Definition, ThresholdDefinition } from '../../core/schema.ts';
import { judgeOptions, type JudgeOptions, type JudgePlan } from '../../logs/judge/options.ts';
import { JudgeStage, type JudgeState } from '../../logs/judge/stage.ts';
import { judges } from '../../logs/judges/index.ts';
import { lookBatch, type Look } from '../../testing/looks.ts';
import { memoryStates, type MemoryStates } from '../../testing/memory-states.ts';
import { thresholds } from '../../thresholds/index.ts';

/** What a run is asked to do: a judge and what differs from the defaults. Durations are ms. */
export interface RunOptions {
  judge?: string;
  judgeOptions?: Record<string, unknown>;
  threshold?: { name: string; options: Record<string, unknown> };
  options?: Partial<JudgeOptions>;
}

const DEFAULTS = { confirm_after: 900_000 };

/** A plan as the configuration would make it. */
export function judgePlan({ judge = 'auto', judgeOptions: own = {}, threshold, options = {} }: RunOptions): JudgePlan {
  const definition = named(judges, judge);
  const chosen = named<ThresholdDefinition>(thresholds, threshold?.name ?? definition.threshold.name);
  return {
    judge: definition,
    judgeOptions: filled(definition, own),
    threshold: chosen,
    thresholdOptions: filled(chosen, threshold?.options ?? definition.threshold.options),
    options: { ...(Value.Default(judgeOptions, {}) as JudgeOptions), ...DEFAULTS, ...options },
    config: '00000000',
  };
}

function named<D extends Definition>(list: readonly D[], name: string): D {
  const found = list.find((definition) => definition.name === name);
  if (found === undefined) throw new Error(`there is no ${name} among ${list.map((definition) => definition.name).join(', ')}`);
  return found;
}

function filled({ options }: Definition, given: Record<string, unknown>): Record<string, unknown> {
  return Value.Default(options, { ...given }) as Record<string, unknown>;
}

/** A verdict as a run hands it out. */
export interface Said {
  id: string;
  time: number;
  score: number;
  limit: number;
  anomalous: boolean;
  detail: SessionDetail | null;
}

/** Looks go in one after another, verdicts come out as they are said. */
export class JudgeRun {
  readonly stage: JudgeStage;
  readonly states: MemoryStates<JudgeState>;
  readonly #dictionary = new SeriesDictionary();
  readonly #out: StageOutput;

  constructor(given: RunOptions) {
    this.stage = new JudgeStage(judgePlan(given));
    this.states = memoryStates(this.stage);
    this.#out = { events: new EventBuilder(this.#dictionary, 1, 1), verdicts: emptyVerdicts(1, 64), rollups: [] };
  }

  judge(looks: readonly Look[], say: (said: Said) => void): void {
    this.stage.process(lookBatch(looks, this.#dictionary), this.states, this.#out);
    this.#hand(say);
  }

  end(say: (said: Said) => void): void {
    this.stage.advance(Infinity, this.states, this.#out);
    this.#hand(say);
  }

  control(control: LogControl): void {
    this.stage.control(control, this.states);
  }

  #hand(say: (said: Said) => void): void {
    const { verdicts } = this.#out;
    const count = verdicts.length;
    verdicts.length = 0;
    for (let i = 0; i < count; i++) {
      const detail = verdicts.texts!.detail[i];
      say({
        id: verdicts.texts!.subject[i],
        time: verdicts.time[i],
        score: verdicts.score[i],
        limit: verdicts.limit[i],
        anomalous: (verdicts.flags[i] & ANOMALOUS) !== 0,
        detail: detail === '' ? null : (JSON.parse(detail) as SessionDetail),
      });
    }
  }
}

/** How well anomalous sessions were found. */
export interface Quality {
  precision: number;
  recall: number;
  f1: number;
  /** Share of all sessions that was flagged, and of those that are anomalous. */
  flagged: number;
  anomalous: number;
  sessions: number;
}

/** Compares the last verdict on each session with its label; a session without a verdict counts as normal. */
export function qualityOf(flagged: ReadonlyMap<string, boolean>, labels: Iterable<[string, boolean]>): Quality {
  let [sessions, hits, alarms, truth] = [0, 0, 0, 0];
  for (const [id, anomalous] of labels) {
    const isFlagged = flagged.get(id) === true;
    sessions++;
    if (isFlagged) alarms++;
    if (anomalous) truth++;
    if (isFlagged && anomalous) hits++;
  }
  const precision = alarms === 0 ? 0 : hits / alarms;
  const recall = truth === 0 ? 0 : hits / truth;
  const f1 = hits === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1, flagged: alarms / sessions, anomalous: truth / sessions, sessions };
}

/**
 * Prequential: looks in order of time, each judged by what came before it. With `answers` a person answers every alert rightly as
 * soon as it is given, and nothing but alerts.
 */
export function chronological(looks: readonly Look[], labels: ReadonlyMap<string, boolean>, given: RunOptions, answers = false): Quality {
  const run = new JudgeRun(given);
  const flagged = new Map<string, boolean>();
  let count = 0;
  const say = ({ id, anomalous, detail, time }: Said): void => {
    flagged.set(id, anomalous);
    if (!answers || detail === null) return;
    const says = labels.get(id) === true ? 'anomalous' : 'normal';
    run.control({ type: 'log-answer', at: time, answer: { id: String(count++), pattern: detail.pattern, says, reason: '', by: 'label', session: id } });
  };
  if (answers) for (const look of looks) run.judge([look], say);
  else run.judge(looks, say);
  run.end(say);
  return qualityOf(flagged, labels);
}

/** A training period known to be normal, then sessions judged by what was learnt in it; the order of sessions carries no time. */
export function trained(
  training: readonly (readonly number[])[],
  test: { sequences: readonly (readonly number[])[]; labels: Uint8Array },
  given: RunOptions,
): Quality {
  const run = new JudgeRun({ ...given, options: { ...given.options, train_sessions: training.length } });
  const flagged = new Map<string, boolean>();
  const say = ({ id, anomalous }: Said): void => void flagged.set(id, anomalous);
  const looks = untimed([...training, ...test.sequences]);
  for (let i = 0; i < looks.length; i += 4096) run.judge(looks.slice(i, i + 4096), say);
  run.end(say);
  return qualityOf(
    flagged,
    Array.from(test.labels, (label, i): [string, boolean] => [String(i + training.length), label === 1]),
  );
}

/** Closed sessions a second apart, named by their number. */
export function untimed(sequences: readonly (readonly number[])[]): Look[] {
  return sequences.map((sequence, i) => {
    const time = i * 1000;
    return { id: String(i), time, session: i, place: 0, look: 'closed', first: time, last: time, sequence };
  });
}
