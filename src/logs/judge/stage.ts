/** The stage `judge`: looks at sessions through one judge and two thresholds, a verdict each. */
import type { KeyedStates, Operator, StageControl, StageOutput } from '../../core/contracts.ts';
import { LOOKS, type SessionDetail, type SessionLook } from '../../core/contracts/logs.ts';
import type { EventBatch } from '../../core/events.ts';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import type { VerdictBatch } from '../../core/verdicts.ts';
import type { TrainedJudge } from '../judges/definition.ts';
import { KnownSessions } from '../judges/known.ts';
import { COMMON, GROWING } from '../judges/shared.ts';
import { countHashOf, sequenceHashOf } from '../judges/vectors.ts';
import { Answers, patternName, type Fate } from './answers.ts';
import { logMembers, type JudgePlan } from './options.ts';
import { Patterns } from './patterns.ts';
import { hasTraining, Progress } from './progress.ts';
import { Remembered, type LastVerdict } from './remembered.ts';
import { replaceVerdict, writeVerdict, type SessionVerdict } from './rows.ts';
import { Waiting, type WaitingLook } from './waiting.ts';

/** What has been learnt of sessions, and the judge over it. */
export class Model {
  readonly known: KnownSessions;
  readonly judge: TrainedJudge;

  constructor(known: KnownSessions, judge: TrainedJudge) {
    this.known = known;
    this.judge = judge;
  }
}

export type JudgeState = Model | Progress | Waiting | Answers | Patterns | Remembered;

/** Keys of the states. */
export const KEYS = { model: 0, progress: 1, waiting: 2, answers: 3, patterns: 4, remembered: 5 } as const;
/** Pages of what is remembered; a page is written when something on it changes. */
const PAGES = 4;
/** Sessions are told apart by (partition, offset of the first line) in one number. */
const PARTITION = 2 ** 44;
const CLOSED = LOOKS.indexOf('closed');

/** The states of one call, looked up once. */
interface Here {
  states: KeyedStates<JudgeState>;
  model: Model;
  progress: Progress;
  verdicts: VerdictBatch;
  room: number;
}

export class JudgeStage implements Operator<JudgeState> {
  readonly name = 'judge';
  readonly key = 'global';
  readonly timed = false;
  readonly version = 2;
  readonly #plan: JudgePlan;
  readonly #members: readonly string[];
  readonly #until: number;
  readonly #part = new SnapshotWriter();
  /** What is still to be done: looks of a batch, then what is due by a watermark. */
  #batch: EventBatch | undefined;
  #row = 0;
  #watermark = -Infinity;

  constructor(plan: JudgePlan) {
    this.#plan = plan;
    this.#members = logMembers(plan.judge, plan.judgeOptions);
    const { train_until } = plan.options;
    this.#until = train_until === undefined ? -Infinity : Date.parse(train_until);
  }

  /** Which threshold decides. */
  get inForce(): 'static' | 'dynamic' {
    const { options, judge } = this.#plan;
    if (options.in_force !== 'judge') return options.in_force;
    return judge.scale === 'digits' ? 'static' : 'dynamic';
  }

  create(key: number): JudgeState {
    const { judge, judgeOptions, options } = this.#plan;
    if (key === KEYS.model) {
      const known = new KnownSessions({ halfLife: options.half_life, most: options.max_vectors });
      return new Model(known, judge.create(judgeOptions, known));
    }
    if (key === KEYS.progress) return Progress.create(this.#plan);
    if (key === KEYS.waiting) return new Waiting();
    if (key === KEYS.answers) return new Answers();
    if (key === KEYS.patterns) return new Patterns(options.max_patterns);
    return new Remembered(Math.ceil(options.max_remembered / PAGES));
  }

  snapshot(state: JudgeState, writer: SnapshotWriter): void {
    if (!(state instanceof Model)) {
      state.snapshot(writer);
      return;
    }
    state.known.snapshot(writer);
    this.#part.begin(this.#plan.judge.version);
    state.judge.snapshot(this.#part);
    writer.bytes(this.#part.view());
  }

  restore(reader: SnapshotReader, key: number): JudgeState {
    const { judge, judgeOptions, options } = this.#plan;
    if (key === KEYS.model) {
      const known = KnownSessions.restore(reader, { halfLife: options.half_life, most: options.max_vectors }, reader.version);
      return new Model(known, judge.restore(new SnapshotReader(reader.bytes(), judge.version), judgeOptions, known));
    }
    if (key === KEYS.progress) return Progress.restore(reader, this.#plan);
    if (key === KEYS.waiting) return Waiting.restore(reader);
    if (key === KEYS.answers) return Answers.restore(reader);
    if (key === KEYS.patterns) return Patterns.restore(reader, options.max_patterns);
    return Remembered.restore(reader, Math.ceil(options.max_remembered / PAGES));
  }

  process(batch: EventBatch, states: KeyedStates<JudgeState>, out: StageOutput): void {
    if (batch.length === 0 || batch.sessions === undefined) return;
    this.#batch = batch;
    this.#row = 0;
    this.#judge(this.#here(states, out));
  }

  advance(watermark: number, states: KeyedStates<JudgeState>, out: StageOutput): void {
    const waiting = states.peek(KEYS.waiting) as Waiting | undefined;
    if (waiting === undefined || waiting.size === 0 || (watermark < Infinity && waiting.first!.due > watermark)) return;
    const here = this.#here(states, out);
    if (watermark === Infinity && here.progress.warmSince !== here.progress.warmSince) here.progress.warmSince = -Infinity;
    this.#watermark = watermark;
    this.#judge(here);
  }

  resume(states: KeyedStates<JudgeState>, out: StageOutput): boolean {
    if (this.#batch === undefined && this.#watermark === -Infinity) return false;
    this.#judge(this.#here(states, out));
    return true;
  }

  control(control: StageControl, states: KeyedStates<JudgeState>): void {
    if (control.type === 'log-answer') (states.get(KEYS.answers) as Answers).give(control.answer, control.at);
    if (control.type === 'undo-log-answer') (states.get(KEYS.answers) as Answers).undo(control.id);
  }

  /** Does what is to be done until as many sessions were judged as there is room for. */
  #judge(here: Here): void {
    const batch = this.#batch;
    if (batch !== undefined) {
      for (; this.#row < batch.length; this.#row++) {
        if (!this.#settle(here, batch.time[this.#row])) return;
        this.#look(here, lookAt(batch, this.#row));
      }
      this.#batch = undefined;
    }
    if (this.#settle(here, this.#watermark)) this.#watermark = -Infinity;
  }

  #here(states: KeyedStates<JudgeState>, { verdicts, room = Infinity }: StageOutput): Here {
    const { judge, config } = this.#plan;
    verdicts.width = 1;
    verdicts.stage = this.name;
    verdicts.detector = judge.name;
    verdicts.members = this.#members;
    verdicts.config = config;
    const progress = states.get(KEYS.progress) as Progress;
    // A model that learns no more is not written again.
    const model = (this.#learns(progress) ? undefined : states.peek(KEYS.model)) ?? states.get(KEYS.model);
    return { states, model: model as Model, progress, verdicts, room };
  }

  #learns(progress: Progress): boolean {
    return this.#plan.options.keep_learning || !hasTraining(this.#plan) || !progress.ended;
  }

  #isTraining(progress: Progress, look: SessionLook): boolean {
    if (progress.ended || !hasTraining(this.#plan)) return false;
    return look.first <= this.#until || progress.trained < (this.#plan.options.train_sessions ?? 0);
  }

  #look(here: Here, look: WaitingLook): void {
    const { model, progress } = here;
    const { known, judge } = model;
    const growing = look.look === GROWING;
    if (this.#isTraining(progress, look)) {
      this.#train(here, look, growing);
      return;
    }
    if (hasTraining(this.#plan) && !progress.ended) {
      here.states.get(KEYS.model);
      progress.endTraining(judge);
    }
    const last = look.place === 0 ? undefined : this.#last(here, look.session);
    const keyHash = known.keyHash(look);
    const waits = look.place === 0 ? undefined : (here.states.peek(KEYS.waiting) as Waiting | undefined)?.get(look.session);
    if (this.#changesNothing(here, look, last, waits, keyHash)) return;
    const score = judge.score(look);
    progress.noteScore(score);
    look.limit = growing || score !== score ? NaN : progress.dynamicLimit(look.time, score);
    const learns = this.#learns(progress);
    if (!growing) (here.states.get(KEYS.patterns) as Patterns).meet(keyHash, look.time);
    if (learns && growing) judge.grows?.(look);
    else if (learns) {
      judge.learn(look);
      known.learn(look);
      if (progress.warmSince !== progress.warmSince && known.learnt >= this.#plan.options.warm_up) progress.warmSince = look.time;
    }
    const fate = this.#fate(here, keyHash);
    const suspect = score > Math.min(this.#limitOf(look, 'static', progress), this.#limitOf(look, 'dynamic', progress));
    const { confirm_after } = this.#plan.options;
    if (fate === 'judged' && (!progress.isReady || (suspect && learns && confirm_after > 0))) {
      this.#wait(here, look, confirm_after);
      return;
    }
    if (waits !== undefined) (here.states.get(KEYS.waiting) as Waiting).delete(look.session);
    if (growing && !suspect && fate !== 'flagged') return;
    this.#say(here, look, look.time, score, fate, last);
  }

  #train(here: Here, look: WaitingLook, growing: boolean): void {
    const { model, progress } = here;
    if (growing) {
      model.judge.grows?.(look);
      return;
    }
    progress.noteScore(model.judge.score(look));
    (here.states.get(KEYS.patterns) as Patterns).meet(model.known.keyHash(look), look.time);
    model.judge.learn(look);
    model.known.learn(look);
    progress.trained++;
    const last = look.place === 0 ? undefined : this.#last(here, look.session);
    this.#write(here, look, { time: look.time, score: NaN, limit: NaN, anomalous: false, member: -1, detail: '' }, last);
  }

  /** A look with the same key as the one before tells nothing new, unless the judge goes by more than counts. */
  #changesNothing(here: Here, look: WaitingLook, last: LastVerdict | undefined, waits: WaitingLook | undefined, keyHash: number): boolean {
    if (this.#plan.judge.sees === 'sequence') return false;
    if (waits !== undefined) return waits.look !== GROWING && here.model.known.keyHash(waits) === keyHash;
    return last !== undefined && look.look !== GROWING && last.key === keyHash >>> 0;
  }

  #wait(here: Here, look: WaitingLook, after: number): void {
    const waiting = here.states.get(KEYS.waiting) as Waiting;
    look.due = look.time + after;
    waiting.add(kept(look));
    if (waiting.size > this.#plan.options.max_waiting) {
      const { first } = waiting;
      waiting.delete(first!.session);
      this.#judgeAgain(here, first!, look.time);
    }
  }

  /** Judges again what is due by this time, once the warm-up is over; false when there was no room before all was judged. */
  #settle(here: Here, time: number): boolean {
    const { warmSince } = here.progress;
    if (!hasTraining(this.#plan) && warmSince !== warmSince) return true;
    let waiting = here.states.peek(KEYS.waiting) as Waiting | undefined;
    if (waiting === undefined || waiting.size === 0 || waiting.first!.due > time) return true;
    waiting = here.states.get(KEYS.waiting) as Waiting;
    for (let { first } = waiting; first !== undefined && first.due <= time; { first } = waiting) {
      if (here.verdicts.length >= here.room) return false;
      waiting.delete(first.session);
      this.#judgeAgain(here, first, Math.max(first.due, warmSince === warmSince ? warmSince : first.due));
    }
    return true;
  }

  #judgeAgain(here: Here, look: WaitingLook, time: number): void {
    const { known, judge } = here.model;
    const score = judge.score(look);
    const fate = this.#fate(here, known.keyHash(look));
    const last = look.place === 0 ? undefined : this.#last(here, look.session);
    const odd = score > Math.min(this.#limitOf(look, 'static', here.progress), this.#limitOf(look, 'dynamic', here.progress));
    if (look.look === GROWING && !odd && fate !== 'flagged') return;
    this.#say(here, look, time, score, fate, last);
  }

  #fate(here: Here, keyHash: number): Fate {
    const { known } = here.model;
    const answers = here.states.peek(KEYS.answers) as Answers | undefined;
    return answers === undefined ? 'judged' : answers.fate(keyHash, known.generation, (pairs) => known.reduced(pairs));
  }

  #limitOf(look: WaitingLook, which: 'static' | 'dynamic', progress: Progress): number {
    const limit = which === 'static' ? progress.limit : look.limit;
    return limit === limit ? limit : Infinity;
  }

  #say(here: Here, look: WaitingLook, time: number, score: number, fate: Fate, last: LastVerdict | undefined): void {
    const { model, progress } = here;
    const dynamic = this.#limitOf(look, 'dynamic', progress);
    const fixed = this.#limitOf(look, 'static', progress);
    const limit = this.inForce === 'static' ? fixed : dynamic;
    const anomalous = fate === 'flagged' || (fate === 'judged' && score > limit);
    const answered = fate === 'flagged' || (fate === 'silenced' && score > limit);
    const member = answered ? this.#members.length - 2 : score === score ? (model.judge.member ?? 0) : -1;
    const keyHash = model.known.keyHash(look);
    if (score === score) progress.compared.note(time, score, dynamic, fixed);
    progress.judged++;
    if (anomalous) progress.anomalous++;
    (here.states.get(KEYS.patterns) as Patterns).judged(keyHash, time, anomalous);
    const detail = anomalous ? JSON.stringify(this.#detail(here, look, score, keyHash)) : '';
    this.#write(here, look, { time, score, limit, anomalous, member, detail }, last);
  }

  #write(here: Here, look: WaitingLook, said: SessionVerdict, last: LastVerdict | undefined): void {
    const row = writeVerdict(here.verdicts, look, said);
    if (last !== undefined) replaceVerdict(here.verdicts, row, last);
    if (look.look !== CLOSED || look.place > 0) this.#remember(here, look, said.anomalous);
  }

  #detail({ model, states }: Here, look: WaitingLook, score: number, keyHash: number): SessionDetail {
    const { known, judge } = model;
    const said = judge.digits ?? (this.#plan.judge.scale === 'digits' ? Float64Array.of(score) : new Float64Array(0));
    const probabilities = this.#members.map((_, i) => (said[i] >= 0 ? 10 ** -said[i] : null));
    const pattern = (states.peek(KEYS.patterns) as Patterns | undefined)?.get(keyHash);
    const pairs = known.nearestCommon(look, COMMON)?.pairs;
    return {
      reasons: judge.explain(look),
      probabilities,
      first: look.first,
      last: look.last,
      lines: look.lines,
      sequence: [...look.sequence],
      offsets: [...look.offsets],
      nearest: pairs === undefined ? null : Array.from({ length: pairs.length / 2 }, (_, i): [number, number] => [pairs[i * 2], pairs[i * 2 + 1]]),
      pattern: patternName(known.pairs(look)),
      patternFirst: pattern?.first ?? look.time,
      // The meeting with this session itself is not counted.
      patternSeen: Math.max(0, (pattern?.seen ?? 0) - (look.look === GROWING ? 0 : 1)),
    };
  }

  #last({ states }: Here, session: number): LastVerdict | undefined {
    for (let page = 0; page < PAGES; page++) {
      const found = (states.peek(KEYS.remembered + page) as Remembered | undefined)?.find(session);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #remember({ states, progress, model }: Here, look: WaitingLook, anomalous: boolean): void {
    // A session that still grows has no key yet.
    const key = look.look === GROWING ? 0 : model.known.keyHash(look) >>> 0;
    for (let page = 0; look.place > 0 && page < PAGES; page++) {
      if ((states.peek(KEYS.remembered + page) as Remembered | undefined)?.has(look.session) !== true) continue;
      (states.get(KEYS.remembered + page) as Remembered).put(look.session, look.place, anomalous, key);
      return;
    }
    let page = states.get(KEYS.remembered + progress.page) as Remembered;
    if (page.isFull) {
      progress.page = (progress.page + 1) % PAGES;
      page = states.get(KEYS.remembered + progress.page) as Remembered;
      page.clear();
    }
    page.put(look.session, look.place, anomalous, key);
  }
}

/** Row i as a judge sees it; its columns are views that end with the batch. */
function lookAt(batch: EventBatch, i: number): WaitingLook {
  const sessions = batch.sessions!;
  const from = i === 0 ? 0 : sessions.countEnds[i - 1];
  const begin = i === 0 ? 0 : sessions.sequenceEnds[i - 1];
  const templates = sessions.templates.subarray(from, sessions.countEnds[i]);
  const counts = sessions.counts.subarray(from, sessions.countEnds[i]);
  const sequence = sessions.sequence.subarray(begin, sessions.sequenceEnds[i]);
  return {
    session: batch.partition[i] * PARTITION + batch.offset[i],
    id: sessions.id[i],
    series: batch.series[i],
    partition: batch.partition[i],
    offset: batch.offset[i],
    place: batch.place[i],
    time: batch.time[i],
    first: sessions.first[i],
    last: sessions.last[i],
    lines: sessions.lines[i],
    look: sessions.look[i],
    templates,
    counts,
    sequence,
    offsets: sessions.offsets.subarray(begin, sessions.sequenceEnds[i]),
    countHash: countHashOf(templates, counts),
    sequenceHash: sequenceHashOf(sequence),
    due: NaN,
    limit: NaN,
  };
}

/** A copy that outlives the batch. */
function kept(look: WaitingLook): WaitingLook {
  const { templates, counts, sequence, offsets } = look;
  return { ...look, templates: templates.slice(), counts: counts.slice(), sequence: sequence.slice(), offsets: offsets.slice() };
}
