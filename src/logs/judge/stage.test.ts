import { describe, expect, it } from 'vitest';
import { Value } from 'typebox/value';
import type { StageOutput } from '../../core/contracts.ts';
import type { LogControl, SessionDetail } from '../../core/contracts/logs.ts';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { ANOMALOUS, emptyVerdicts } from '../../core/verdicts.ts';
import { lookBatch, type Look } from '../../testing/looks.ts';
import { memoryStates, type MemoryStates } from '../../testing/memory-states.ts';
import { thresholds } from '../../thresholds/index.ts';
import { judges } from '../judges/index.ts';
import { madeSequences } from '../judges/made.fixture.ts';
import { judgeOptions, type JudgeOptions, type JudgePlan } from './options.ts';
import type { Progress } from './progress.ts';
import { JudgeStage, KEYS, type JudgeState } from './stage.ts';
import type { Waiting } from './waiting.ts';

const MINUTE = 60_000;
const CONFIRM = 15 * MINUTE;

function planOf(options: Partial<JudgeOptions> = {}, name = 'auto'): JudgePlan {
  const judge = judges.find((definition) => definition.name === name)!;
  const threshold = thresholds.find((definition) => definition.name === judge.threshold.name)!;
  return {
    judge,
    judgeOptions: Value.Default(judge.options, {}) as Record<string, unknown>,
    threshold,
    thresholdOptions: Value.Default(threshold.options, { ...judge.threshold.options }) as Record<string, unknown>,
    options: { ...(Value.Default(judgeOptions, {}) as JudgeOptions), confirm_after: CONFIRM, warm_up: 100, ...options },
    config: 'cafe',
  };
}

interface Said {
  id: string;
  time: number;
  place: number;
  score: number;
  limit: number;
  anomalous: boolean;
  onset: number;
  member: string | undefined;
  replaces: number;
  detail: SessionDetail | null;
}

/** A stage with states in memory that can be put down and taken up again. */
class Bench {
  readonly plan: JudgePlan;
  states: MemoryStates<JudgeState>;
  stage: JudgeStage;
  readonly said: Said[] = [];
  readonly #dictionary = new SeriesDictionary();
  readonly #out: StageOutput = { events: new EventBuilder(this.#dictionary, 1, 1), verdicts: emptyVerdicts(1, 1), rollups: [] };

  constructor(plan: JudgePlan) {
    this.plan = plan;
    this.stage = new JudgeStage(plan);
    this.states = memoryStates(this.stage);
  }

  look(...looks: Look[]): this {
    if (looks.length > 0) this.stage.process(lookBatch(looks, this.#dictionary), this.states, this.#out);
    return this.#take();
  }

  until(watermark: number): this {
    this.stage.advance(watermark, this.states, this.#out);
    return this.#take();
  }

  control(control: LogControl): this {
    this.stage.control(control, this.states);
    return this;
  }

  restart(): this {
    const saved = this.states.save();
    this.stage = new JudgeStage(this.plan);
    this.states = memoryStates(this.stage, saved);
    return this;
  }

  of(id: string): Said[] {
    return this.said.filter((said) => said.id === id);
  }

  #take(): this {
    const { verdicts } = this.#out;
    for (let i = 0; i < verdicts.length; i++) {
      const texts = verdicts.texts!;
      this.said.push({
        id: texts.subject[i],
        time: verdicts.time[i],
        place: verdicts.place[i],
        score: verdicts.score[i],
        limit: verdicts.limit[i],
        anomalous: (verdicts.flags[i] & ANOMALOUS) !== 0,
        onset: verdicts.onset[i],
        member: verdicts.members[verdicts.member[i]],
        replaces: texts.replaces[i],
        detail: texts.detail[i] === '' ? null : (JSON.parse(texts.detail[i]) as SessionDetail),
      });
    }
    verdicts.length = 0;
    return this;
  }
}

let sessions = 0;

function look(id: string, time: number, sequence: readonly number[], rest: Partial<Look> = {}): Look {
  return { id, time, session: sessions++, place: 0, look: 'idle', first: time - 1000, last: time, sequence, ...rest };
}

const USUAL = [1, 2, 2, 2, 3];

/** Usual sessions a minute apart. */
function usual(count: number, from = 0): Look[] {
  return Array.from({ length: count }, (_, i) => look(`usual${from / MINUTE + i}`, from + i * MINUTE, USUAL));
}

function answer(id: string, pattern: string, says: 'normal' | 'anomalous'): LogControl {
  return { type: 'log-answer', at: 0, answer: { id, pattern, says, reason: 'known', by: 'anna', session: 's' } };
}

/** Looks at made sessions, some of them growing and then idle. */
function madeLooks(count: number): Look[] {
  const looks: Look[] = [];
  for (const [i, sequence] of madeSequences(count).entries()) {
    const session = 10_000 + i;
    const time = i * 20_000;
    if (i % 5 === 0) looks.push({ id: `m${i}`, time, session, place: 0, look: 'growing', first: time - 100, last: time, sequence: sequence.slice(0, 3) });
    looks.push({ id: `m${i}`, time: time + 5000, session, place: i % 5 === 0 ? 1 : 0, look: 'idle', first: time - 100, last: time + 1000, sequence });
  }
  return looks;
}

describe('judge stage', () => {
  it.each(['auto', 'rare-key', 'count-vector', 'new-event', 'sequence'])(
    'says the same with %s however looks are cut into batches, and from snapshots at any cut',
    (name) => {
      const looks = madeLooks(260);
      const options = { warm_up: 50, confirm_after: 3 * MINUTE };
      const whole = new Bench(planOf(options, name)).look(...looks).until(Infinity).said;
      expect(whole.length).toBeGreaterThan(200);
      for (const step of [1, 7, 90]) {
        const bench = new Bench(planOf(options, name));
        for (let i = 0; i < looks.length; i += step) {
          bench.look(...looks.slice(i, i + step));
          if (i + step < looks.length) bench.until(looks[i + step].time);
          bench.restart();
        }
        expect(bench.until(Infinity).said, `steps of ${step}`).toEqual(whole);
      }
    },
  );

  it('holds its judgement back until it is warm, and then judges what came before', () => {
    const bench = new Bench(planOf({ warm_up: 100 })).look(look('early', 0, [7, 8]), ...usual(98, MINUTE));
    expect(bench.said).toEqual([]);
    bench.look(...usual(20, 99 * MINUTE)).until(Infinity);
    expect(bench.of('early')).toMatchObject([{ anomalous: true }]);
    expect(bench.said.filter(({ anomalous }) => anomalous)).toHaveLength(1);
  });

  it('alerts what still looks odd after the time to confirm, and not before', () => {
    const at = 200 * MINUTE;
    const bench = new Bench(planOf()).look(...usual(200), look('odd', at, [1, 2, 9]), ...usual(14, at + MINUTE));
    expect(bench.of('odd')).toEqual([]);
    bench.until(at + CONFIRM - 1);
    expect(bench.of('odd')).toEqual([]);
    bench.until(at + CONFIRM);
    expect(bench.of('odd')).toMatchObject([{ time: at + CONFIRM, anomalous: true, onset: 1, replaces: -1, place: 0 }]);
  });

  it('does not alert what was new and then became frequent', () => {
    const at = 200 * MINUTE;
    const many = Array.from({ length: 40 }, (_, i) => look(`new${i}`, at + i * 1000, [1, 2, 9]));
    const bench = new Bench(planOf()).look(...usual(200), ...many).until(Infinity);
    expect(bench.of('new0')).toMatchObject([{ anomalous: false, time: at + CONFIRM }]);
  });

  it('explains an alert: reasons, the nearest usual session, and when its pattern was met', () => {
    const at = 200 * MINUTE;
    const bench = new Bench(planOf()).look(...usual(200), look('odd', at, [1, 2, 2, 9])).until(Infinity);
    const { detail, member } = bench.of('odd')[0];
    expect(['new-event', 'count-vector', 'rare-key', 'order']).toContain(member);
    expect(detail).toMatchObject({ first: at - 1000, last: at, lines: 4, sequence: [1, 2, 2, 9], pattern: '1:1 2:2 9:1', patternFirst: at, patternSeen: 0 });
    expect(detail!.nearest).toEqual([
      [1, 1],
      [2, 3],
      [3, 1],
    ]);
    expect(detail!.reasons.map(({ judge }) => judge)).toContain('new-event');
    expect(detail!.probabilities).toHaveLength(6);
    expect(bench.of('usual150')[0].detail).toBeNull();
  });

  it('says what a further verdict on a session replaces, and says nothing where nothing changed', () => {
    const at = 200 * MINUTE;
    const session = 77_777;
    const again = (place: number, minutes: number, sequence: number[]): Look => look('s', at + minutes * MINUTE, sequence, { session, place });
    const bench = new Bench(planOf()).look(...usual(200), again(0, 0, [1, 2, 2]), ...usual(30, at + MINUTE), again(1, 40, [1, 2, 2]), again(2, 50, USUAL));
    bench.restart().until(Infinity);
    expect(bench.of('s')).toMatchObject([
      { place: 0, replaces: -1, anomalous: true },
      { place: 2, replaces: 0, anomalous: false },
    ]);
  });

  it('takes a newer look at a session that waits in its place', () => {
    const at = 200 * MINUTE;
    const session = 77_778;
    const bench = new Bench(planOf()).look(...usual(200), look('s', at, [1, 2, 2], { session }), look('s', at + MINUTE, USUAL, { session, place: 1 }));
    expect(bench.until(Infinity).of('s')).toMatchObject([{ place: 1, replaces: -1, anomalous: false }]);
  });

  it('alerts a new event of a session that still grows, without learning the half of it', () => {
    const at = 200 * MINUTE;
    const session = 77_779;
    const bench = new Bench(planOf({ confirm_after: 0 })).look(...usual(200), look('s', at, [1, 9], { session, look: 'growing' }));
    expect(bench.of('s')).toMatchObject([{ anomalous: true, member: 'new-event' }]);
    bench.look(look('s', at + MINUTE, [1, 2, 2, 2, 3, 9], { session, place: 1, first: at - 1000 }));
    expect(bench.of('s')[1]).toMatchObject({ anomalous: true, replaces: 0, onset: 0 });
    bench.look(look('g', at + 2 * MINUTE, [1, 2], { look: 'growing' }));
    expect(bench.of('g')).toEqual([]);
  });

  it('does not alert a new event of sessions that still grow when it comes in several', () => {
    const at = 200 * MINUTE;
    const grow = (id: string, minutes: number): Look => look(id, at + minutes * MINUTE, [1, 9], { look: 'growing' });
    const bench = new Bench(planOf()).look(...usual(200), grow('a', 0), grow('b', 5)).until(at + 60 * MINUTE);
    expect([...bench.of('a'), ...bench.of('b')]).toEqual([]);
    const alone = new Bench(planOf()).look(...usual(200), grow('a', 0)).until(at + 60 * MINUTE);
    expect(alone.of('a')).toMatchObject([{ anomalous: true, time: at + CONFIRM }]);
  });

  it('judges the oldest at once when too many wait', () => {
    const at = 200 * MINUTE;
    const odd = Array.from({ length: 12 }, (_, i) => look(`odd${i}`, at + i, [20 + i]));
    const bench = new Bench(planOf({ max_waiting: 10 })).look(...usual(200), ...odd);
    expect((bench.states.peek(KEYS.waiting) as Waiting).size).toBe(10);
    expect(bench.of('odd0')).toHaveLength(1);
    expect(bench.of('odd2')).toEqual([]);
  });

  it('remembers as many sessions as told, and says of older ones nothing that they replace', () => {
    const bench = new Bench(planOf({ max_remembered: 1000, warm_up: 1 })).look(
      ...Array.from({ length: 3000 }, (_, i) => look(`s${i}`, i, USUAL, { session: i })),
    );
    bench.look(look('s0', 1e7, [...USUAL, 3], { session: 0, place: 1 }), look('s2999', 1e7, [...USUAL, 3], { session: 2999, place: 1 })).until(Infinity);
    expect(bench.of('s0')[1]).toMatchObject({ place: 1, replaces: -1 });
    expect(bench.of('s2999')[1]).toMatchObject({ place: 1, replaces: 0 });
  });
});

describe('a training period', () => {
  it('is learnt and not judged; afterwards nothing is learnt, and alerts come at once', () => {
    const bench = new Bench(planOf({ train_sessions: 200 })).look(...usual(200));
    expect(bench.said).toHaveLength(200);
    for (const { score, anomalous } of bench.said) expect([score, anomalous]).toEqual([NaN, false]);
    bench.look(look('after', 200 * MINUTE, USUAL));
    const model = bench.states.save().states.get(KEYS.model);
    bench.look(look('odd', 201 * MINUTE, [1, 2, 9]), look('odd again', 202 * MINUTE, [1, 2, 9]));
    expect(bench.of('odd')).toMatchObject([{ anomalous: true, time: 201 * MINUTE }]);
    expect(bench.of('odd again')).toMatchObject([{ anomalous: true }]);
    expect(bench.of('after')).toMatchObject([{ anomalous: false }]);
    expect(bench.states.save().states.get(KEYS.model)).toEqual(model);
  });

  it('may end at a time, and learning may go on', () => {
    const train_until = new Date(100 * MINUTE).toISOString();
    const bench = new Bench(planOf({ train_until, keep_learning: true, confirm_after: 0 })).look(...usual(150));
    expect(bench.said.filter(({ score }) => score !== score)).toHaveLength(101);
    const odd = Array.from({ length: 60 }, (_, i) => look(`odd${i}`, (150 + i) * MINUTE, [1, 2, 9]));
    bench.look(...odd);
    expect(bench.of('odd0')).toMatchObject([{ anomalous: true }]);
    expect(bench.of('odd59')).toMatchObject([{ anomalous: false }]);
  });

  it('takes the static limit of scores that are no probabilities from the training', () => {
    const sequences = madeSequences(300).map((sequence, i) => look(`t${i}`, i * MINUTE, sequence));
    const bench = new Bench(planOf({ train_sessions: 300, in_force: 'static' }, 'sequence')).look(...sequences, look('after', 301 * MINUTE, USUAL));
    expect(bench.of('after')[0].limit).toBeGreaterThan(0);
    expect(bench.of('after')[0].limit).toBeLessThan(Infinity);
  });
});

describe('answers', () => {
  const odd = (id: string, minutes: number): Look => look(id, minutes * MINUTE, [1, 2, 9]);
  const PATTERN = '1:1 2:1 9:1';

  it('silence a pattern after two normal ones, and not after one', () => {
    const bench = new Bench(planOf({ train_sessions: 200 })).look(...usual(200), odd('a', 201));
    bench.control(answer('1', PATTERN, 'normal')).look(odd('b', 202));
    expect(bench.of('b')).toMatchObject([{ anomalous: true }]);
    bench
      .control(answer('2', PATTERN, 'normal'))
      .restart()
      .look(odd('c', 203));
    expect(bench.of('c')).toMatchObject([{ anomalous: false, member: 'answer' }]);
    bench.control({ type: 'undo-log-answer', id: '1', by: 'anna', at: 0 }).look(odd('d', 204));
    expect(bench.of('d')).toMatchObject([{ anomalous: true }]);
  });

  it('flag at once what was confirmed, without waiting', () => {
    const bench = new Bench(planOf())
      .look(...usual(200))
      .control(answer('1', '1:1 2:3 3:1', 'anomalous'))
      .look(...usual(1, 200 * MINUTE));
    expect(bench.of('usual200')).toMatchObject([{ anomalous: true, member: 'answer', time: 200 * MINUTE }]);
  });

  it('hold for what waits already', () => {
    const at = 200 * MINUTE;
    const bench = new Bench(planOf()).look(...usual(200), look('odd', at, [1, 2, 9]));
    bench
      .control(answer('1', PATTERN, 'normal'))
      .control(answer('2', PATTERN, 'normal'))
      .until(Infinity);
    expect(bench.of('odd')).toMatchObject([{ anomalous: false, member: 'answer' }]);
  });
});

describe('thresholds side by side', () => {
  it('judge the same scores; the one in force decides', () => {
    const looks = madeLooks(400);
    const flagged = (in_force: JudgeOptions['in_force']): { alerts: number; shown: { flagged: number; inForce: boolean }[]; sessions: number } => {
      const bench = new Bench(planOf({ in_force, static_limit: 1, confirm_after: 0 }));
      bench.look(...looks).until(Infinity);
      const shown = (bench.states.peek(KEYS.progress) as Progress).compared.shown({ dynamic: 'd', static: 's' }, bench.stage.inForce);
      expect(shown.counts.reduce((a, b) => a + b, 0)).toBe(shown.sessions.reduce((a, b) => a + b, 0));
      return { alerts: bench.said.filter(({ anomalous }) => anomalous).length, shown: shown.thresholds, sessions: shown.sessions.reduce((a, b) => a + b, 0) };
    };
    const fixed = flagged('static');
    const dynamic = flagged('dynamic');
    expect(fixed.shown[1]).toMatchObject({ flagged: fixed.alerts, inForce: true });
    expect(dynamic.shown[0]).toMatchObject({ flagged: dynamic.alerts, inForce: true });
    expect(fixed.shown.map(({ flagged: n }) => n)).toEqual(dynamic.shown.map(({ flagged: n }) => n));
    expect(fixed.alerts).not.toBe(dynamic.alerts);
  });
});
