/** Every notifier there is. */
import { log } from './log.ts';
import { webhook } from './webhook.ts';

export const notifiers = [log, webhook];
