/** The whole of it on a real disk: a million events, half of them through a file and half through HTTP, and fifty kills. */
import { it } from 'vitest';
import { holdsThroughKills } from '../support/kill-claim.ts';

it('is killed 50 times within 1,000,000 events and ends as if it had not been', () => holdsThroughKills(50, 500_000, 11), 900_000);
