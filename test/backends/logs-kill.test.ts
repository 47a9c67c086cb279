/** The whole of it on a real disk: a log of 200,000 lines, and fifty kills. */
import { it } from 'vitest';
import { logHoldsThroughKills } from '../support/log-kill.ts';

it('over a log of 200,000 lines is killed 50 times and ends as if it had not been', () => logHoldsThroughKills(50, 200_000, 11), 900_000);
