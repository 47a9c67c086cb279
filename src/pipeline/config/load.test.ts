import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HomeostatError } from '../../core/errors.ts';
import { ConfigErrors } from './problems.ts';
import { loadConfigWith, parseConfigWith } from './load.ts';
import { registry } from './registry.fixture.ts';

const parse = (text: string, env: Record<string, string> = {}, file = 'a.yaml') => parseConfigWith(registry, text, file, env);

/** The messages of everything that is wrong with a text. */
function complaints(text: string, env: Record<string, string> = {}): string[] {
  try {
    parse(text, env);
  } catch (thrown) {
    if (thrown instanceof ConfigErrors) return thrown.errors.map((error) => `${error.code} ${error.message}`);
    throw thrown;
  }
  return [];
}

const least = 'pipelines:\n  a:\n    source: numbers\n';
const withPipeline = (line: string): string => `${least}    ${line}\n`;

describe('a configuration', () => {
  it('takes the threshold and the opening rule that suit the detector, where none is named', () => {
    const of = (text: string) => parse(withPipeline(text)).pipelines[0];
    expect(of('detect: { detector: free }').detect.threshold).toEqual({ name: 'static', options: { limit: 1 } });
    expect(of('detect: { detector: ema }').detect.threshold).toEqual({ name: 'sigma', options: { k: 3 } });
    expect(of('detect: { detector: free }').incident['open_on']).toBe('onset');
    expect(of('detect: { detector: free }\n    incident: { open: 2 of 3 }').incident['open_on']).toBeUndefined();
    expect(of('detect: { detector: ema }').incident['open_on']).toBeUndefined();
  });

  it('gives each pipeline defaults of its own', () => {
    const { pipelines } = parse('pipelines:\n  a: { source: numbers, detect: { detector: free } }\n  b: { source: numbers, detect: { detector: ema } }\n');
    expect(pipelines.map(({ incident }) => incident['open_on'])).toEqual(['onset', undefined]);
  });

  it('needs nothing but a source: everything else has a default', () => {
    const config = parse(least);
    expect(config.pipelines[0]).toMatchObject({
      name: 'a',
      source: { name: 'numbers', options: { rate: 10, seed: 1 } },
      order: { allowedLateness: 0, maxFuture: 3_600_000, idle: 5000, maxBuffer: 100_000 },
      maxSeries: 100_000,
      detect: { detector: { name: 'auto' }, learn: 'always', learnOneIn: 10, adaptAfter: 600_000 },
      incident: { resolve_after: 30_000, open_on: 'onset' },
      checkpoint: { minInterval: 100, maxInterval: 1000 },
      journal: { maxSize: 2 ** 30, maxAge: 604_800_000 },
      restart: { backoff: 500, maxBackoff: 30_000, attempts: 10 },
    });
    expect(config).toMatchObject({ parallelism: 1, ledger: { synchronous: 'full' }, history: { keep: 7_776_000_000, maxSize: 10 * 2 ** 30 } });
    expect(config.pipelines[0].format).toBeUndefined();
  });

  it('takes a component as a map of one key, or as its name alone', () => {
    const long = parse(withPipeline('detect: { detector: { ema: { span: 20 } } }'));
    const short = parse(withPipeline('detect: { detector: ema }'));
    expect(long.pipelines).toEqual(short.pipelines);
  });

  it('brings the format that a source of records names, and none for ready events', () => {
    expect(parse('pipelines: { a: { source: lines } }').pipelines[0].format).toEqual({ name: 'csv', options: { delimiter: ',' } });
  });

  it('reads durations, sizes and rates as ms, bytes and 1/s', () => {
    const config = parse('history: { keep: 1h30m, max_size: 64MiB }\npipelines: { a: { source: { numbers: { rate: 30/min } } } }');
    expect(config.history).toMatchObject({ keep: 5_400_000, maxSize: 64 * 2 ** 20 });
    expect(config.pipelines[0].source.options['rate']).toBe(0.5);
  });

  it('keeps labels as they are written, numbers too', () => {
    expect(parse(withPipeline('labels: { site: 007, up: true }')).pipelines[0].labels).toEqual({ site: '007', up: 'true' });
  });

  it('resolves aliases', () => {
    const text = 'pipelines:\n  a: &a { source: numbers, unit: ms }\n  b: *a\n';
    expect(parse(text).pipelines.map(({ name, unit }) => [name, unit])).toEqual([
      ['a', 'ms'],
      ['b', 'ms'],
    ]);
  });
});

describe('the environment', () => {
  it('is put into values, also where a number is wanted', () => {
    const config = parse('parallelism: ${N:-1}\nserver: { host: "${HOST}" }\n' + least, { N: '4', HOST: '::1' });
    expect(config).toMatchObject({ parallelism: 4, server: { host: '::1' } });
  });

  it('leaves the default where a variable is not set or empty, and $${ as it is', () => {
    const config = parse(withPipeline('labels: { a: "${NONE:-b}", c: "${EMPTY:-d}", e: "$${F}" }'), { EMPTY: '' });
    expect(config.pipelines[0].labels).toEqual({ a: 'b', c: 'd', e: '${F}' });
  });

  it('is complained about where a variable is missing', () => {
    expect(complaints(withPipeline('unit: ${UNIT}'))).toEqual(['CONFIG_MISSING_ENV a.yaml:4:11: the environment variable UNIT is not set']);
  });
});

describe('a secret', () => {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-config-'));
  const file = join(folder, 'a.yaml');
  const text = 'server: { tokens: [ { name: ops, role: viewer, token_file: token.txt } ] }\n' + least;

  it('is read from the file beside the configuration, without the newline at its end', () => {
    writeFileSync(join(folder, 'token.txt'), 'correct-horse-battery\n');
    expect(parse(text, {}, file).server).toMatchObject({ tokens: [{ name: 'ops', role: 'viewer', token: 'correct-horse-battery' }] });
  });

  it('is never part of a message', () => {
    writeFileSync(join(folder, 'token.txt'), 'short');
    expect(() => parse(text, {}, file)).toThrow(/token_file is the text, shorter than 16 characters/);
    expect(complaints(text.replace('token_file: token.txt', 'token: hush'))[0]).not.toContain('hush');
    expect(complaints(text.replace('token_file: token.txt', 'token: [hush]'))[0]).not.toContain('hush');
  });

  it('must be there', () => {
    expect(complaints(text.replace('token.txt', 'none.txt'))[0]).toMatch(/a\.yaml:1:48: server\.tokens\[0\]\.token_file cannot be read: ENOENT/);
    expect(complaints(text.replace(', token_file: token.txt', ''))[0]).toMatch(/server\.tokens\[0\] holds neither token nor token_file/);
  });
});

describe('what is wrong', () => {
  it.each([
    ['an unknown key', withPipeline('detekt: {}'), 'CONFIG_UNKNOWN_KEY a.yaml:4:5: unknown key "detekt" in pipelines.a; did you mean "detect"?'],
    [
      'an unknown component',
      'pipelines: { a: { source: { nubers: {} } } }',
      'CONFIG_UNKNOWN_KEY a.yaml:1:29: unknown key "nubers" in pipelines.a.source (sources); did you mean "numbers"?',
    ],
    [
      'an unknown option',
      withPipeline('detect: { detector: { ema: { spam: 3 } } }'),
      'CONFIG_UNKNOWN_KEY a.yaml:4:34: unknown key "spam" in pipelines.a.detect.detector.ema; did you mean "span"?',
    ],
    [
      'two components in one place',
      'pipelines: { a: { source: { numbers: {}, lines: {} } } }',
      'CONFIG_INVALID a.yaml:1:27: pipelines.a.source has 2 keys; a source is written { name: options } or as its name alone',
    ],
    ['a number out of range', 'parallelism: 0\n' + least, 'CONFIG_INVALID a.yaml:1:14: parallelism is 0, less than the least, 1'],
    ['a fraction', 'parallelism: 1.5\n' + least, 'CONFIG_INVALID a.yaml:1:14: parallelism is 1.5, not a whole number'],
    ['a text for a number', 'parallelism: many\n' + least, 'CONFIG_INVALID a.yaml:1:14: parallelism is "many", not a whole number'],
    [
      'a number for a duration',
      withPipeline('rollup: 60'),
      'CONFIG_INVALID a.yaml:4:13: pipelines.a.rollup is 60, not a duration such as 500ms, 5s, 10m, 1h or 7d',
    ],
    ['a wrong choice', withPipeline('store: al'), 'CONFIG_INVALID a.yaml:4:12: pipelines.a.store is "al", not one of all, anomalies (did you mean all?)'],
    ['a missing key', 'pipelines:\n  a: { unit: ms }', 'CONFIG_INVALID a.yaml:2:6: pipelines.a.source is missing: Where events come from'],
    ['no pipeline', 'pipelines: {}', 'CONFIG_INVALID a.yaml:1:12: pipelines is empty; at least one is needed'],
    ['an empty file', '', 'CONFIG_INVALID a.yaml:1:1: pipelines is missing: Pipelines by name'],
    [
      'a name that is no path',
      'pipelines: { ../a: { source: numbers } }',
      'CONFIG_INVALID a.yaml:1:14: pipelines.../a is no name: letters, digits, - _ and ., at most 64, the first a letter or digit',
    ],
    ['a list for a map', withPipeline('order: [1]'), 'CONFIG_INVALID a.yaml:4:12: pipelines.a.order is a list, not a map of names and values'],
    [
      'a format for ready events',
      withPipeline('format: csv'),
      'CONFIG_INVALID a.yaml:4:13: pipelines.a.format is not used: the source numbers hands over ready events',
    ],
    [
      'a threshold that does not fit',
      withPipeline('detect: { detector: free, threshold: sigma }'),
      'CONFIG_INVALID a.yaml:4:42: pipelines.a.detect.threshold is sigma, which counts in standard deviations, and the scores of free are not; use static',
    ],
    [
      'an option that has alternatives',
      withPipeline('incident: { open: { for: soon } }'),
      'CONFIG_INVALID a.yaml:4:30: pipelines.a.incident.open.for is "soon", not a duration such as 500ms, 5s, 10m, 1h or 7d',
    ],
    [
      'intervals the wrong way round',
      withPipeline('checkpoint: { min_interval: 2s }'),
      'CONFIG_INVALID a.yaml:4:33: pipelines.a.checkpoint.min_interval is 2s, more than max_interval 1s',
    ],
    [
      'one that is cut off, said once',
      'a: { b: { c: {} ',
      'CONFIG_SYNTAX a.yaml:1:17: Flow map in block collection must be sufficiently indented and end with a }',
    ],
    ['broken YAML', 'a: [1', 'CONFIG_SYNTAX a.yaml:1:6: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ])('is named with its place: %s', (_what, text, message) => {
    expect(complaints(text).map((one) => one.split('\n')[0])[0]).toContain(message);
  });

  it('is reported all at once, in the order of the lines', () => {
    const text = 'paralelism: 2\nlog: { level: loud }\npipelines:\n  a: { source: numbers, rollup: 60 }\n  b: { source: none }\n';
    expect(complaints(text).map((one) => one.replace(/^(\w+ a\.yaml:\d+).*$/s, '$1'))).toEqual([
      'CONFIG_UNKNOWN_KEY a.yaml:1',
      'CONFIG_INVALID a.yaml:2',
      'CONFIG_INVALID a.yaml:4',
      'CONFIG_UNKNOWN_KEY a.yaml:5',
    ]);
  });

  it('says what is known where a key is not', () => {
    try {
      parse('parallelsm: 1\n' + least);
      expect.unreachable();
    } catch (thrown) {
      expect((thrown as HomeostatError).mend).toContain('known here: data, server, log, parallelism, ledger, history, heartbeat, pipelines');
    }
  });

  it('is an unreadable file too', async () => {
    await expect(loadConfigWith(registry, join(tmpdir(), 'homeostat-none.yaml'), {})).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringContaining('there is no such file') as string,
    });
    await expect(loadConfigWith(registry, tmpdir(), {})).rejects.toThrow('it is a folder');
  });
});
