/** Every judge there is. */
import { autoJudge } from './auto.ts';
import { countVector } from './count-vector.ts';
import type { JudgeDefinition } from './definition.ts';
import { lstmAutoencoder } from './lstm/judge.ts';
import { newEvent } from './new-event.ts';
import { order } from './order.ts';
import { rareKey } from './rare-key.ts';
import { sequence } from './sequence.ts';

/** Those that `auto` may combine. */
const members: readonly JudgeDefinition[] = [newEvent, countVector, rareKey, order, sequence, lstmAutoencoder];

export const judges: readonly JudgeDefinition[] = [autoJudge(members, ['new-event', 'count-vector', 'rare-key', 'order']), ...members];
