import { describe, expect, it } from 'vitest';
import type { Answer, AnswerPart, AnswerRecord } from '../core/contracts.ts';
import { SeriesDictionary } from '../core/events.ts';
import { ANSWERS_A_SERIES, AnswerBook } from './answers.ts';

const part = (series: string, limitFactor = 2): AnswerPart => ({ series, from: 10, to: 20, limitFactor, onsetFactor: 1.5 });

function given(id: string, parts: AnswerPart[], changes: Partial<Answer> = {}): { type: 'answer' } & Answer {
  return { type: 'answer', id, says: 'false-alarm', when: 'always', until: null, incident: null, parts, by: 'ann', comment: '', ...changes };
}

function book(recovered: readonly AnswerRecord[] = []): AnswerBook {
  const dictionary = new SeriesDictionary();
  for (const key of ['a', 'b', 'c']) dictionary.intern(key);
  return new AnswerBook('p', dictionary, recovered);
}

const at = (watermark: number) => ({ watermark, clock: watermark + 5 });

describe('the book of answers', () => {
  it('tells the stages what is in force for the series, the newest last, and the ledger what is new', () => {
    const answers = book();
    const first = answers.apply(given('1', [part('b', 2)]), at(100));
    expect(first.controls).toEqual([
      { type: 'answers', series: 1, answers: [{ when: 'always', from: 10, to: 20, until: Infinity, limitFactor: 2, onsetFactor: 1.5 }] },
    ]);
    const second = answers.apply(given('2', [part('a', 3), part('b', 4)], { until: 500, when: 'hour-of-day', comment: 'backup' }), at(200));
    expect(second.controls.map(({ series, answers }) => [series, answers.map(({ limitFactor }) => limitFactor)])).toEqual([
      [0, [3]],
      [1, [2, 4]],
    ]);
    expect(second.controls[0].answers[0]).toMatchObject({ until: 500, when: 'hour-of-day' });
    expect([first.note, second.note]).toEqual(['1 false-alarm b', '2 false-alarm 2 series backup']);
    const [one, two] = answers.take();
    expect(one).toEqual({ ...given('1', []), type: undefined, pipeline: 'p', at: 105, since: 100, undone: null, parts: [{ ...part('b', 2), ended: null }] });
    expect(two).toMatchObject({ id: '2', since: 200, parts: [{ series: 'a' }, { series: 'b' }] });
    expect(answers.take()).toEqual([]);
  });

  it('takes an answer back: the stages hear of the rest, and the ledger who did it and when', () => {
    const answers = book();
    answers.apply(given('1', [part('a', 2)]), at(100));
    answers.apply(given('2', [part('a', 3), part('c')]), at(200));
    answers.take();
    const { controls, note } = answers.apply({ type: 'undo-answer', id: '2', by: 'bob' }, at(300));
    expect(controls).toMatchObject([
      { series: 0, answers: [{ limitFactor: 2 }] },
      { series: 2, answers: [] },
    ]);
    expect(note).toBe('2');
    expect(answers.take()).toMatchObject([{ id: '2', undone: { by: 'bob', at: 305 }, parts: [{ ended: 300 }, { ended: 300 }] }]);
    const again = answers.apply({ type: 'undo-answer', id: '2', by: 'bob' }, at(300));
    expect(again).toEqual({ controls: [], note: '2: no such answer is in force' });
    expect(answers.take()).toEqual([]);
  });

  it('goes on after a restart as if there had been none', () => {
    const before = book();
    before.apply(given('1', [part('a', 2)]), at(100));
    before.apply(given('2', [part('a', 3), part('b', 4)]), at(200));
    before.apply(given('3', [part('c', 5)]), at(200));
    before.apply({ type: 'undo-answer', id: '3', by: 'bob' }, at(300));
    const kept = before.take().filter(({ parts }) => parts.some(({ ended }) => ended === null));
    const after = book(structuredClone(kept));
    expect(after.all()).toEqual(before.all());
    expect(after.all()).toHaveLength(2);
    const undo = { type: 'undo-answer', id: '1', by: 'x' } as const;
    expect(after.apply(undo, at(400))).toEqual(before.apply(undo, at(400)));
    expect(after.take()).toEqual(before.take());
  });

  it('does not bring back a part that had ended', () => {
    const before = book();
    before.apply(given('1', [part('a', 2), part('b', 3)]), at(100));
    const [record] = before.take();
    record.parts[0].ended = 150;
    expect(book([record]).all()).toMatchObject([{ series: 1, answers: [{ limitFactor: 3 }] }]);
  });

  it('drops the oldest of a series for one more, and keeps it for its other series', () => {
    const answers = book();
    answers.apply(given('old', [part('a', 9), part('b', 9)]), at(1));
    for (let i = 1; i <= ANSWERS_A_SERIES; i++) answers.apply(given(`${i}`, [part('a', 1 + i / 100)]), at(i + 1));
    const [ofA, ofB] = answers.all();
    expect(ofA.answers).toHaveLength(ANSWERS_A_SERIES);
    expect(ofA.answers[0].limitFactor).toBe(1.01);
    expect(ofB.answers).toHaveLength(1);
    const old = answers.take().find(({ id }) => id === 'old')!;
    expect(old.parts.map(({ ended }) => ended)).toEqual([ANSWERS_A_SERIES + 1, null]);
    expect(old.undone).toBeNull();
  });

  it('drops what has expired before it drops what has not', () => {
    const answers = book();
    for (let i = 1; i <= ANSWERS_A_SERIES; i++) answers.apply(given(`${i}`, [part('a')], i === 7 ? { until: 50 } : {}), at(10));
    answers.apply(given('more', [part('a')]), at(50));
    const ended = answers.take().filter(({ parts }) => parts[0].ended !== null);
    expect(ended.map(({ id }) => id)).toEqual(['7']);
  });

  it('keeps ten thousand in all', () => {
    const dictionary = new SeriesDictionary();
    for (let i = 0; i < 400; i++) dictionary.intern(`s${i}`);
    const many = new AnswerBook('p', dictionary, []);
    for (let i = 0; i < 10_000; i++) many.apply(given(`${i}`, [part(`s${i % 400}`)]), at(1));
    many.take();
    const { controls } = many.apply(given('one more', [part('s9')]), at(2));
    expect(controls.map(({ series }) => series).toSorted((a, b) => a - b)).toEqual([0, 9]);
    expect(
      many
        .take()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(['0', 'one more']);
  });

  it('leaves out series that the pipeline does not know, and what is known already', () => {
    const answers = book();
    expect(answers.apply(given('1', [part('nobody')]), at(1))).toEqual({ controls: [], note: '1: none of its series is known' });
    expect(answers.apply(given('2', [part('nobody'), part('a')]), at(1)).controls).toHaveLength(1);
    expect(answers.apply(given('2', [part('b')]), at(1))).toEqual({ controls: [], note: '2: is known already' });
    expect(answers.take().map(({ id, parts }) => [id, parts.length])).toEqual([['2', 1]]);
  });

  it('keeps times that JSON can hold', () => {
    const answers = book();
    answers.apply(given('first', [part('a')]), { watermark: -Infinity, clock: 1 });
    answers.apply(given('last', [part('a')]), { watermark: Infinity, clock: 1 });
    expect(answers.take().map(({ since }) => since)).toEqual([null, 8.64e15]);
  });
});
