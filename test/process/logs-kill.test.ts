/** Promise 2 for logs, with real processes and real `kill -9`: sessions, templates, rates and what people said are as if nothing had happened. */
import { it } from 'vitest';
import { logHoldsThroughKills } from '../support/log-kill.ts';

const kills = Number(process.env['HOMEOSTAT_KILLS'] ?? 10);
const lines = Number(process.env['HOMEOSTAT_KILL_LINES'] ?? 12_000);
const seed = Number(process.env['HOMEOSTAT_KILL_SEED'] ?? 7);

it(
  `over a log of ${lines} lines is killed ${kills} times and ends as if it had not been`,
  () => logHoldsThroughKills(kills, lines, seed),
  120_000 + kills * 8_000 + lines,
);
