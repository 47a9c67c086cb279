import { expect, it } from 'vitest';
import { parseConfig } from './load.ts';

it('refuses options of sources, sinks and receivers that do not fit each other, all of them at once', () => {
  const text = `
pipelines:
  p:
    source: { redis: { url: 'redis://h:1' } }
    sinks: [ { redis: { url: 'redis://h:1' } }, { redis: { url: 'redis://h:1', channel: a, stream: b } } ]
`;
  const said = (): void => void parseConfig(text, 'x.yaml', {});
  expect(said).toThrow(/pipelines\.p\.source\.redis names neither channels nor patterns/);
  expect(said).toThrow(/sinks\[0\]\.redis names neither channel nor stream/);
  expect(said).toThrow(/sinks\[1\]\.redis names both channel and stream/);
});
