import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ActionDefinition } from '../../core/schema.ts';
import { hang, Receiver } from '../../incidents/receiver.fixture.ts';
import { actionChecks, type ActionCase } from '../../testing/action-suite.ts';
import { actions } from './index.ts';

const taking = new Receiver();
const silent = new Receiver();
silent.always = hang;
const urls = { taking: '', silent: '' };

beforeAll(async () => {
  urls.taking = await taking.start();
  urls.silent = await silent.start();
});
afterAll(async () => {
  await taking.stop();
  await silent.stop();
});

const QUANTITIES = { timeout: 5_000, check: 60_000 };

/** Circumstances by name of the action. */
const circumstances: Record<string, Omit<ActionCase, 'definition'>> = {
  checkpoint: { working: async () => ({ timeout: 5_000 }) },
  'restart-source': { working: async () => QUANTITIES },
  webhook: { working: async () => ({ ...QUANTITIES, url: urls.taking }), hanging: async () => ({ ...QUANTITIES, url: urls.silent }) },
};

describe('every action', () => {
  it('has circumstances to be tried in', () => {
    expect(Object.keys(circumstances).sort()).toEqual(actions.map(({ name }) => name).sort());
  });

  const cases = actions.map((definition) => ({ definition: definition as unknown as ActionDefinition, ...circumstances[definition.name] }));
  for (const check of actionChecks(cases)) it(check.name, check.run);
});
