import { expect, it } from 'vitest';
import { EventBuilder, LONGEST_KEY, SeriesDictionary } from '../core/events.ts';
import { json } from './json/index.ts';
import { JSON_DEFAULTS } from './json/options.ts';

it('a series whose name no table could have as its key is refused, and the next one is not', () => {
  const dictionary = new SeriesDictionary(1);
  const bodies = ['x'.repeat(LONGEST_KEY + 1), 'x'.repeat(LONGEST_KEY), 'y'].map((series) => Buffer.from(JSON.stringify({ series, value: 1, time: 1e12 })));
  let end = 0;
  const out = new EventBuilder(dictionary);
  json.create(JSON_DEFAULTS, dictionary).decode(
    {
      kind: 'messages',
      partition: 0,
      offsets: Float64Array.from(bodies, (_, i) => i),
      ends: Uint32Array.from(bodies, ({ length }) => (end += length)),
      bytes: Buffer.concat(bodies),
    },
    out,
  );
  expect(out.length).toBe(1);
  expect(out.bad.map(({ offset, code, detail }) => [offset, code, detail.length < 300, detail.slice(-40)])).toEqual([
    [0, 'SERIES_LIMIT', true, `has a name of more than ${LONGEST_KEY} characters`.slice(-40)],
    [2, 'SERIES_LIMIT', true, 'series "y" would be one more than max_series 1'.slice(-40)],
  ]);
});
