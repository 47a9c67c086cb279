import { describe, expect, it } from 'vitest';
import { parseConfig } from '../load.ts';
import { ConfigErrors } from './problems.ts';

const ofSource = (source: string): string => {
  try {
    parseConfig(`pipelines: { a: { source: ${source} } }`, '/data/a.yaml', {});
    return '';
  } catch (thrown) {
    if (thrown instanceof ConfigErrors) return thrown.message;
    throw thrown;
  }
};

function complaint(top: string, notify = '[]'): string {
  try {
    parseConfig(`${top}\npipelines: { a: { source: { simulate: {} }, notify: ${notify} } }`, '/data/a.yaml', {});
    return '';
  } catch (thrown) {
    if (thrown instanceof ConfigErrors) return thrown.message;
    throw thrown;
  }
}

describe('times that become timers', () => {
  it.each([
    ['heartbeat: { url: "http://127.0.0.1/", interval: 0s }', '[]', /heartbeat\.interval is 0s, less than the least, 100ms/],
    // A timer of more than 24 days would fire at once, again and again.
    ['heartbeat: { url: "http://127.0.0.1/", interval: 30d }', '[]', /heartbeat\.interval is 30d, more than the most, 1d/],
    ['', '[{ alertmanager: { url: "http://127.0.0.1/", repeat: 0s } }]', /repeat is 0s, less than the least, 100ms/],
    ['', '[{ alertmanager: { url: "http://127.0.0.1/", repeat: 30d } }]', /repeat is 30d, more than the most, 1d/],
    ['history: { cassandra: { timeout: 0s } }', '[]', /history\.cassandra\.timeout is 0s, less than the least, 100ms/],
    ['history: { cassandra: { ttl: 9000d } }', '[]', /history\.cassandra\.ttl is 9000d, more than the most, 7298d/],
    ['', '[{ webhook: { url: "http://127.0.0.1/", timeout: 0s } }]', /timeout is 0s, less than the least, 100ms/],
    ['', '[{ slack: { url: "http://127.0.0.1/", timeout: 30d } }]', /timeout is 30d, more than the most, 1d/],
  ])('%s %s', (top, notify, words) => expect(complaint(top, notify)).toMatch(words));

  it.each([
    ['{ prometheus: { targets: ["http://h/"], interval: 0s } }', /interval is 0s, less than the least/],
    ['{ prometheus: { targets: ["http://h/"], timeout: 30d } }', /timeout is 30d, more than the most, 1d/],
    // A step of nothing would never come to an end.
    ['{ promql: { url: "http://h", query: up, step: 0s } }', /step is 0s, less than the least/],
    ['{ redis: { url: "redis://h", channels: [a], ping: 0s } }', /ping is 0s, less than the least/],
    ['{ redis: { url: "redis://h", channels: [a], max_backoff: 0s } }', /max_backoff is 0s, less than the least/],
    ['{ redis-stream: { url: "redis://h", streams: [a], block: 0s } }', /block is 0s, less than the least/],
    ['{ redis-stream: { url: "redis://h", streams: [a], timeout: 30d } }', /timeout is 30d, more than the most, 1d/],
    // The protocol has 16 bits for it, seconds.
    ['{ mqtt: { url: "mqtt://h", topics: [{ filter: a }], keepalive: 1d } }', /keepalive is 1d, more than the most, 18h/],
    ['{ mqtt: { url: "mqtt://h", topics: [{ filter: a }], timeout: 0s } }', /timeout is 0s, less than the least/],
    ['{ kafka: { brokers: h, topic: a, request_timeout: 30d } }', /request_timeout is 30d, more than the most, 1d/],
    ['{ kafka: { brokers: h, topic: a, session_timeout: 1h } }', /session_timeout is 1h, more than the most, 30m/],
    ['{ file: { path: a.log, follow: true, poll: 0s } }', /poll is 0s, less than the least/],
    ['{ file: { path: a.log, follow: true, poll: 30d } }', /poll is 30d, more than the most, 1d/],
    ['{ host: { interval: 0s } }', /interval is 0s, less than the least/],
    ['{ host: { interval: 30d } }', /interval is 30d, more than the most, 1d/],
    ['{ simulate: {} }, sinks: [{ webhook: { url: "http://h/", timeout: 0s } }]', /timeout is 0s, less than the least/],
    ['{ simulate: {} }, sinks: [{ webhook: { url: "http://h/", backoff: 0s } }]', /backoff is 0s, less than the least/],
    ['{ simulate: {} }, sinks: [{ webhook: { url: "http://h/", max_backoff: 30d } }]', /max_backoff is 30d, more than the most, 1d/],
  ])('%s', (source, words) => expect(ofSource(source)).toMatch(words));

  it('are taken as they are usual', () => {
    expect(complaint('heartbeat: { url: "http://127.0.0.1/" }\nhistory: { cassandra: {} }', '[{ alertmanager: { url: "http://127.0.0.1/" } }]')).toBe('');
  });
});
