import { it } from 'vitest';
import { holdsThroughKills } from '../support/kill-claim.ts';

const kills = Number(process.env['HOMEOSTAT_KILLS'] ?? 10);
const events = Number(process.env['HOMEOSTAT_KILL_EVENTS'] ?? 20_000);
const seed = Number(process.env['HOMEOSTAT_KILL_SEED'] ?? 7);

it(
  `is killed ${kills} times within ${events * 2} events and ends as if it had not been`,
  () => holdsThroughKills(kills, events, seed),
  120_000 + kills * 8_000 + events / 2,
);
