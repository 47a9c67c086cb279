import { describe, expect, it } from 'vitest';
import { Value } from 'typebox/value';
import type { SessionLook } from '../../core/contracts/logs.ts';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { givenOptions } from '../../testing/given-options.ts';
import { trainedLimit, type JudgeDefinition, type TrainedJudge } from './definition.ts';
import { judges } from './index.ts';
import { KnownSessions } from './known.ts';
import { lookOf, madeSequences } from './made.fixture.ts';

const KNOWN = { halfLife: 300, most: 200 };

/** A judge with what is known beside it. */
class Subject {
  readonly definition: JudgeDefinition;
  readonly known: KnownSessions;
  readonly judge: TrainedJudge;

  constructor(definition: JudgeDefinition, known = new KnownSessions(KNOWN), judge?: TrainedJudge) {
    this.definition = definition;
    this.known = known;
    this.judge = judge ?? definition.create(givenOptions(definition, {}), known);
  }

  run(looks: readonly SessionLook[]): number[] {
    return looks.map((look) => {
      const score = this.judge.score(look);
      this.judge.learn(look);
      this.known.learn(look);
      return score;
    });
  }

  bytes(): [Uint8Array, Uint8Array] {
    const writer = new SnapshotWriter();
    writer.begin(1);
    this.known.snapshot(writer);
    const known = writer.end();
    writer.begin(this.definition.version);
    this.judge.snapshot(writer);
    return [known, writer.end()];
  }

  copy(): Subject {
    const { definition } = this;
    const [known, judge] = this.bytes();
    const restored = KnownSessions.restore(new SnapshotReader(known, 1), KNOWN);
    return new Subject(definition, restored, definition.restore(new SnapshotReader(judge, definition.version), givenOptions(definition, {}), restored));
  }
}

const looks = madeSequences(600).map((sequence, i) => lookOf(sequence, i * 1000));

describe.each(judges)('judge $name', (definition) => {
  it('has options whose defaults are complete, and a sample that fits', () => {
    const defaults = Value.Default(definition.options, {});
    expect([...Value.Errors(definition.options, defaults)]).toEqual([]);
    expect(definition.name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(definition.summary).not.toMatch(/the the/);
  });

  it('has no score before it learnt anything, and finite ones or none afterwards', () => {
    const scores = new Subject(definition).run(looks);
    expect(scores[0]).toBeNaN();
    for (const score of scores) expect(Math.abs(score)).not.toBe(Infinity);
    expect(scores.filter((score) => score === score).length).toBeGreaterThan(100);
  });

  it('goes on from a snapshot at every tenth look to the last bit', () => {
    const whole = new Subject(definition).run(looks);
    const subject = new Subject(definition);
    for (let at = 0; at < looks.length; at += 10) {
      expect(
        subject
          .copy()
          .copy()
          .run(looks.slice(at, at + 40)),
      ).toEqual(whole.slice(at, at + 40));
      subject.run(looks.slice(at, at + 10));
    }
  });

  it('learns nothing from being asked, in whatever order', () => {
    const asked = new Subject(definition);
    const plain = new Subject(definition);
    for (const [i, look] of looks.entries()) {
      if (i % 7 === 0) asked.judge.score(looks[(i * 31) % looks.length]);
      expect(asked.run([look])).toEqual(plain.run([look]));
    }
    expect(asked.bytes()).toEqual(plain.bytes());
  });

  it('explains what is odd by its templates, and describes itself in lines', () => {
    const subject = new Subject(definition);
    subject.run(looks);
    const odd = lookOf(definition.name === 'order' ? [1, 2, 2, 3, 2] : [1, 2, 2, 2, 77, 77, 3], 1e6);
    const score = subject.judge.score(odd);
    expect(score).toBeGreaterThan(subject.judge.score(lookOf([1, 2, 2, 2, 3], 1e6)));
    subject.judge.score(odd);
    const reasons = subject.judge.explain(odd);
    expect(reasons.length).toBeGreaterThan(0);
    for (const { text } of reasons) expect(text).not.toMatch(/undefined|NaN/);
    for (const line of subject.judge.describe?.() ?? []) expect(line).not.toContain('\n');
  });

  it('stays small and finite when every session is different', () => {
    const subject = new Subject(definition);
    const wild = Array.from({ length: 2000 }, (_, i) => lookOf([1, 1000 + i, 5000 + i, 5000 + i], i * 1000));
    subject.run(wild);
    const [known, judge] = subject.bytes();
    expect(subject.known.vectors).toBeLessThanOrEqual(KNOWN.most);
    expect(known.length + judge.length).toBeLessThan(4_000_000);
  });
});

describe('scores of auto', () => {
  it('are those of the member that found the session least probable, which it names', () => {
    const auto = new Subject(judges.find(({ name }) => name === 'auto')!);
    auto.run(looks);
    const odd = lookOf([1, 2, 2, 2, 3, 99], 1e6);
    const score = auto.judge.score(odd);
    expect(score).toBe(Math.max(...auto.judge.digits!));
    expect(auto.judge.digits![auto.judge.member!]).toBe(score);
  });
});

describe('after a training period', () => {
  /** As the stage learns: scored before it is learnt. */
  function trainedBy(name: string, training: readonly SessionLook[]): { subject: Subject; limit: number } {
    const definition = judges.find((one) => one.name === name)!;
    const subject = new Subject(definition);
    subject.run(training);
    subject.judge.endTraining?.();
    const own = 'trained' in definition.limit ? definition.limit.trained : NaN;
    return { subject, limit: subject.judge.limit?.() ?? trainedLimit(own, training.length) };
  }
  const usual = (count: number): SessionLook[] => Array.from({ length: count }, (_, i) => lookOf([1, 2, 2, 2, 3, ...(i % 3 === 0 ? [4, 5] : [])], i * 1000));
  /** Some of the training are odd themselves: 1 in 100. */
  const soiled = usual(600).map((look, i) => (i % 100 === 50 ? lookOf([1, 2, 2, 2, 3, 60 + i], i * 1000) : look));
  const odd = lookOf([1, 2, 2, 2, 3, 4, 5, 77, 78, 79], 1e6);
  const names = ['auto', 'new-event', 'count-vector', 'rare-key', 'sequence'];

  it.each(names)('%s finds what never came after a few hundred sessions', (name) => {
    const { subject, limit } = trainedBy(name, usual(300));
    expect(subject.judge.score(odd)).toBeGreaterThan(limit);
    for (const look of usual(6)) expect(subject.judge.score(look)).toBeLessThanOrEqual(limit);
  });

  it.each(['auto', 'count-vector'])('%s is not blind because some sessions of the training were the only ones of their kind', (name) => {
    const { subject, limit } = trainedBy(name, soiled);
    expect(subject.judge.score(odd)).toBeGreaterThan(limit);
    for (const look of soiled) expect(subject.judge.score(look)).toBeLessThanOrEqual(limit);
  });

  it.each(names)('%s goes on from a snapshot with the same scores', (name) => {
    const { subject } = trainedBy(name, soiled);
    const copy = subject.copy();
    for (const look of [odd, ...looks.slice(0, 50)]) expect(copy.judge.score(look)).toBe(subject.judge.score(look));
    expect(copy.judge.limit?.()).toBe(subject.judge.limit?.());
  });
});

describe('without a training period', () => {
  it.each(['new-event', 'count-vector', 'rare-key'])('%s finds what is rare, however often it came', (name) => {
    const subject = new Subject(judges.find((one) => one.name === name)!);
    const often = Array.from({ length: 600 }, (_, i) => lookOf(i % 50 === 7 ? [1, 9] : [1, 2, 2, 3], i * 1000));
    const scores = subject.run(often);
    for (const at of [307, 357, 407, 457, 507, 557]) expect(scores[at]).toBeGreaterThan(1.3);
    expect(Math.max(...scores.filter((_, i) => i > 100 && i % 50 !== 7))).toBeLessThan(1.3);
  });
});
