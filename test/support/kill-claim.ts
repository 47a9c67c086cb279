/** What is claimed of a run that is killed again and again. */
import { expect } from 'vitest';
import { runScenario, type Scenario } from './kill-scenario.ts';

/** Runs the scenario calmly and killed, with `events` through a file and as many through HTTP, and compares. */
export async function holdsThroughKills(kills: number, events: number, seed: number): Promise<void> {
  const scenario: Scenario = { events, start: Math.floor(Date.now() / 60_000) * 60_000 - 86_400_000 };
  const calm = await runScenario(scenario, 0, seed);
  const killed = await runScenario(scenario, kills, seed);
  const points = killed.log.map(({ where, afterMs }) => `${where} after ${afterMs} ms`);
  console.log(`kill points (seed ${seed}): ${points.join(', ')}; ${killed.repeats} pushes repeated, ${killed.webhook.length} notices`);
  expect(calm.fromFile.verdicts.length).toBe(events - Math.floor(events / 1000));
  expect(calm.fromHttp.verdicts.length).toBe(events);
  expect(calm.fromFile.incidents.length).toBeGreaterThan(10);
  expect(calm.webhook.length).toBeGreaterThan(20);
  expect(killed.log.length).toBe(kills);
  expect(killed.fromFile).toEqual(calm.fromFile);
  expect(killed.fromHttp.verdicts).toEqual(calm.fromHttp.verdicts);
  expect(killed.fromHttp.incidents).toEqual(calm.fromHttp.incidents);
  expect(killed.fromHttp.deadLetters).toEqual([]);
  expect(killed.webhook).toEqual(calm.webhook);
  expect(killed.unmarked).toEqual([]);
  expect([calm.exit, killed.exit]).toEqual([0, 0]);
}
