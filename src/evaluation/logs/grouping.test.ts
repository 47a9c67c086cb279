import { expect, test } from 'vitest';
import { groupingOf, measureSystem, reportOf, templateAccuracy } from './grouping.ts';
import { csvOf } from './loghub.ts';

test('a line is right if its group holds exactly the lines of its true group', () => {
  const truth = ['a', 'a', 'b', 'b', 'c', 'd'];
  expect(groupingOf([1, 1, 2, 2, 3, 4], truth)).toEqual({ accuracy: 1, f1: 1, groups: 4, trueGroups: 4 });
  // b is split, c and d are one: only the lines of a are right.
  expect(groupingOf([1, 1, 2, 5, 3, 3], truth)).toEqual({ accuracy: 2 / 6, f1: 2 / 8, groups: 4, trueGroups: 4 });
  expect(groupingOf([1, 1, 1, 1, 1, 1], truth)).toMatchObject({ accuracy: 0, f1: 0 });
  expect(groupingOf([], [])).toMatchObject({ accuracy: 1, f1: 1 });
});

test('a label that names two true groups in turn is right in neither', () => {
  expect(groupingOf(['x', 'y', 'x', 'y'], ['a', 'a', 'b', 'b'])).toMatchObject({ accuracy: 0, f1: 0 });
});

test('templates are compared letter by letter but for white space', () => {
  expect(templateAccuracy(['a <*>', 'b  c', 'x'], ['a <*>', ' b c', 'X'])).toBeCloseTo(2 / 3);
});

test('the miner is measured at the end and at arrival', () => {
  const colours = ['red', 'green', 'blue', 'black', 'white'];
  const system = measureSystem({
    system: 'lamps',
    messages: [...colours.map((colour) => `the ${colour} lamp is on`), 'the end'],
    truth: [...colours.map(() => 'the <*> lamp is on'), 'the end'],
  });
  expect(system).toMatchObject({ final: { accuracy: 1, f1: 1 }, arrival: { accuracy: 1 / 6 }, templateAccuracy: 1 });
  expect(reportOf([system, { ...system, templateAccuracy: 0 }]).mean).toEqual({ accuracy: 1, f1: 1, arrival: 1 / 6, templateAccuracy: 0.5 });
});

test('quoted fields of a CSV file keep their commas and quotes', () => {
  const text = 'LineId,Content,EventTemplate\r\n1,"a, ""b""","a, <*>"\r\n2,c,c\r\n';
  expect(csvOf(Buffer.from(text))).toEqual({
    head: ['LineId', 'Content', 'EventTemplate'],
    rows: [
      ['1', 'a, "b"', 'a, <*>'],
      ['2', 'c', 'c'],
    ],
  });
});
