import { describe, expect, it } from 'vitest';
import { Value } from 'typebox/value';
import type { StageOutput } from '../../core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { emptyVerdicts } from '../../core/verdicts.ts';
import { lookBatch, type Look } from '../../testing/looks.ts';
import { memoryStates } from '../../testing/memory-states.ts';
import { thresholds } from '../../thresholds/index.ts';
import { judges } from '../judges/index.ts';
import { judgeOptions, type JudgeOptions } from './options.ts';
import { JudgeStage } from './stage.ts';

const HOUR = 3_600_000;

function stage(): JudgeStage {
  const judge = judges.find(({ name }) => name === 'auto')!;
  return new JudgeStage({
    judge,
    judgeOptions: Value.Default(judge.options, {}) as Record<string, unknown>,
    threshold: thresholds.find(({ name }) => name === judge.threshold.name)!,
    thresholdOptions: { ...judge.threshold.options },
    options: { ...(Value.Default(judgeOptions, {}) as JudgeOptions), warm_up: 60, confirm_after: HOUR },
    config: 'cafe',
  });
}

/** What is said, in pieces: those of each call of the stage. */
function pieces(looks: readonly Look[], room: number | undefined, marks: readonly number[]): string[][] {
  const judging = stage();
  const states = memoryStates(judging);
  const dictionary = new SeriesDictionary();
  const out: StageOutput = { events: new EventBuilder(dictionary, 1, 1), verdicts: emptyVerdicts(1, 1), rollups: [], room };
  const said: string[][] = [];
  const take = (): void => {
    do {
      const { verdicts } = out;
      said.push(Array.from({ length: verdicts.length }, (_, i) => `${verdicts.texts!.subject[i]} ${verdicts.time[i]} ${verdicts.score[i]}`));
      verdicts.length = 0;
    } while (judging.resume(states, out));
  };
  judging.process(lookBatch(looks, dictionary), states, out);
  take();
  for (const mark of marks) {
    judging.advance(mark, states, out);
    take();
  }
  return said;
}

describe('what is due at once', () => {
  // The first 59 wait for the warm-up, and so do odd ones for their confirmation: a look a day later finds all of them due.
  const odd = (i: number): number[] => [1, 10 + (i % 7), 20 + (i % 11), 30 + i];
  const looks = Array.from({ length: 160 }, (_, i): Look => {
    const time = i < 140 ? i * 1000 : 24 * HOUR + i * 1000;
    return { id: `s${i}`, time, session: i, place: 0, look: 'idle', first: time - 10, last: time, sequence: i % 3 === 1 ? odd(i) : [1, 2, 2, 3] };
  });

  it.each([1, 7, 50])('is said in pieces of %i, and is the same as without a bound', (room) => {
    const whole = pieces(looks, undefined, [25 * HOUR, Infinity]);
    const parts = pieces(looks, room, [25 * HOUR, Infinity]);
    expect(parts.flat()).toEqual(whole.flat());
    expect(whole.flat()).toHaveLength(160);
    expect(parts.length).toBeGreaterThan(whole.length);
    const behind = pieces(looks.slice(0, 140), room, [25 * HOUR]).slice(1);
    expect(Math.max(...behind.map(({ length }) => length))).toBe(room);
  });
});
