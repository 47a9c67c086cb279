import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NotifierDefinition } from '../../core/schema.ts';
import { notifierChecks, type NotifierCase } from '../../testing/notifier-suite.ts';
import { hang, Receiver } from '../receiver.fixture.ts';
import { notifiers } from './index.ts';

const taking = new Receiver();
const silent = new Receiver();
silent.always = hang;
const gone = new Receiver();
const urls = { taking: '', silent: '', gone: '' };

beforeAll(async () => {
  urls.taking = await taking.start();
  urls.silent = await silent.start();
  urls.gone = await gone.start();
  await gone.stop();
});
afterAll(async () => {
  await taking.stop();
  await silent.stop();
});

const QUANTITIES = { timeout: 5_000 };

/** Circumstances by name of the notifier. */
const circumstances: Record<string, Omit<NotifierCase, 'definition'>> = {
  log: { working: async () => ({}) },
  webhook: {
    working: async () => ({ ...QUANTITIES, url: urls.taking }),
    hanging: async () => ({ ...QUANTITIES, url: urls.silent }),
    unreachable: async () => ({ ...QUANTITIES, url: urls.gone }),
  },
};

describe('every notifier', () => {
  it('has circumstances to be tried in', () => {
    expect(Object.keys(circumstances).sort()).toEqual(notifiers.map(({ name }) => name).sort());
  });

  const cases = notifiers.map((definition) => ({ definition: definition as unknown as NotifierDefinition, ...circumstances[definition.name] }));
  for (const check of notifierChecks(cases)) it(check.name, check.run);
});
