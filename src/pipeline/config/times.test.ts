import { describe, expect, it } from 'vitest';
import { parseConfig } from '../load.ts';
import { ConfigErrors } from './problems.ts';

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
  ])('%s %s', (top, notify, words) => expect(complaint(top, notify)).toMatch(words));

  it('are taken as they are usual', () => {
    expect(complaint('heartbeat: { url: "http://127.0.0.1/" }\nhistory: { cassandra: {} }', '[{ alertmanager: { url: "http://127.0.0.1/" } }]')).toBe('');
  });
});
