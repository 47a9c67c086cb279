/** Every source and sink that a configuration can name. */
import type { SinkDefinition, SourceDefinition } from '../core/schema.ts';
import { alertmanager } from './alertmanager/index.ts';
import { file, fileSink } from './file/index.ts';
import { host } from './host/index.ts';
import { http } from './http/index.ts';
import { kafka, kafkaSink } from './kafka/index.ts';
import { mqtt, mqttSink } from './mqtt/index.ts';
import { redis, redisSink, redisStream } from './redis/index.ts';
import { prometheus, promql } from './prometheus/index.ts';
import { simulate } from './simulate/index.ts';
import { stdin } from './stdin/index.ts';
import { stdout } from './stdout/index.ts';
import { webhook } from './webhook/index.ts';

export const sources: readonly SourceDefinition[] = [http, simulate, host, file, stdin, kafka, redis, redisStream, mqtt, prometheus, promql, alertmanager];
export const sinks: readonly SinkDefinition[] = [fileSink, stdout, webhook, kafkaSink, redisSink, mqttSink];
