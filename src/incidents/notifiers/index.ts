/** Every notifier there is, each with the options that all share. */
import { withDelivery } from '../delivery.ts';
import { alertmanager } from './alertmanager.ts';
import { email } from './email.ts';
import { log } from './log.ts';
import { slack } from './slack.ts';
import { webhook } from './webhook.ts';

const GENTLE = { rate: '30/min', wait: '5s' };

export const notifiers = [
  withDelivery(log),
  withDelivery(webhook),
  withDelivery(alertmanager, { rate: '0/s', wait: '0s' }, ['resolved']),
  withDelivery(slack, GENTLE),
  withDelivery(email, GENTLE),
];
