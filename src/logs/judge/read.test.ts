import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { judges } from '../judges/index.ts';
import { KnownSessions } from '../judges/known.ts';
import { lookOf, madeSequences } from '../judges/made.fixture.ts';
import { logModels } from './read.ts';
import { Model } from './stage.ts';

it.each(judges)('the card of $name says in words what it is and what it has learnt', (definition) => {
  const known = new KnownSessions({ halfLife: 300, most: 200 });
  const judge = definition.create(Value.Default(definition.options, {}) as Record<string, unknown>, known);
  for (const [i, sequence] of madeSequences(300).entries()) {
    const look = lookOf(sequence, i * 1000);
    judge.score(look);
    judge.learn(look);
    known.learn(look);
  }
  const [{ judge: name, card }] = logModels(definition, new Model(known, judge));
  expect(name).toBe(definition.name);
  expect(card).toContainEqual(['sessions learnt', '300']);
  expect(card).toContainEqual(['events that do not count', '{t:4}, {t:9}']);
  for (const [title, text] of card) expect(`${title} ${text}`).not.toMatch(/undefined|NaN|\n/);
});
