/** Every action there is. */
import { checkpoint } from './checkpoint.ts';
import { restartSource } from './restart-source.ts';
import { webhook } from './webhook.ts';

export const actions = [checkpoint, restartSource, webhook];
