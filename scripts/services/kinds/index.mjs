/** All kinds of servers that can be started; a new one is a file here and a line in this list. */
import { alertmanager } from './alertmanager.mjs';
import { cassandra } from './cassandra.mjs';
import { kafka } from './kafka.mjs';
import { mqtt } from './mqtt.mjs';
import { prometheus } from './prometheus.mjs';
import { redis } from './redis.mjs';

/** @type {Record<import('../types.d.mts').ServiceKind, import('../types.d.mts').Kind>} */
export const kinds = { redis, mqtt, kafka, cassandra, prometheus, alertmanager };
