import { describe, expect, it } from 'vitest';
import { canonical, configSchema, parseConfigWith, printConfig, ConfigErrors } from './index.ts';
import { registry } from './registry.fixture.ts';

const parse = (text: string) => parseConfigWith(registry, text, 'a.yaml', {});
const detecting = (detector: string) => parse(`pipelines:\n  a:\n    source: numbers\n    detect:\n      detector: ${detector}\n`).pipelines[0];

function complaints(detector: string): string[] {
  try {
    detecting(detector);
  } catch (thrown) {
    if (thrown instanceof ConfigErrors) return thrown.errors.map(({ message }) => message);
    throw thrown;
  }
  return [];
}

describe('a detector whose options name detectors', () => {
  it('has each of them with its defaults, as a map or as a name', () => {
    const { options } = detecting('{ ensemble: { of: [sma, { ema: { span: 50 } }] } }').detect.detector;
    expect(options['of']).toEqual([
      { name: 'sma', options: expect.objectContaining({ window: 20 }) as unknown },
      { name: 'ema', options: expect.objectContaining({ span: 50, min_spread: 0 }) as unknown },
    ]);
    expect(options['how']).toBe('mean');
  });

  it('has members with their defaults where it names none', () => {
    const members = detecting('ensemble').detect.detector.options['of'] as { name: string; options: Record<string, unknown> }[];
    expect(members.map(({ name }) => name)).toEqual(['seasonal', 'quantile', 'half-space-trees']);
    expect(members[2].options['window']).toBe(250);
  });

  it('is refused with the line of the member that is wrong', () => {
    const [wrong] = complaints('\n        ensemble:\n          of:\n            - sma\n            - { ema: { span: 1 } }');
    expect(wrong).toContain('a.yaml:9:');
    expect(wrong).toContain('of[1].ema.span');
    const [unknown] = complaints('\n        ensemble:\n          of:\n            - smma');
    expect(unknown).toContain('a.yaml:8:');
    expect(unknown).toContain('did you mean "sma"');
    expect(complaints('{ ensemble: { of: [] } }')[0]).toContain('fewer than 1');
  });

  it('is printed as it is written, and reads back as the same', () => {
    const config = parse('pipelines: { a: { source: numbers, detect: { detector: { ensemble: { of: [sma, { ema: { span: 50 } }], how: max } } } } }');
    const text = printConfig(config, registry);
    expect(text).toMatch(/- sma:\n\s+window: 20/);
    expect(parse(text)).toEqual(config);
  });

  it('has the versions of its members in the canonical form', () => {
    const later = { ...registry, detectors: registry.detectors.map((one) => (one.name === 'sma' ? { ...one, version: 9 } : one)) };
    const pipeline = detecting('{ ensemble: { of: [{ ensemble: { of: [sma] } }, ema] } }');
    const { detect } = canonical(pipeline, later) as unknown as {
      detect: { detector: { options: { of: { options: { of: { version: number }[] }; version: number }[] } } };
    };
    expect(detect.detector.options.of[0].options.of[0].version).toBe(9);
    expect(detect.detector.options.of[1].version).toBe(registry.detectors.find(({ name }) => name === 'ema')!.version);
    expect(canonical(pipeline, later)).not.toEqual(canonical(pipeline, registry));
  });

  it('refers editors to the same list', () => {
    const schema = configSchema(registry) as {
      $defs: { detector: { anyOf: { properties?: Record<string, { anyOf: { properties: Record<string, unknown> }[] }> }[] } };
    };
    const ensemble = schema.$defs.detector.anyOf.find(({ properties }) => properties !== undefined && 'ensemble' in properties)!.properties!['ensemble'];
    expect(ensemble.anyOf[0].properties['of']).toMatchObject({ type: 'array', items: { $ref: '#/$defs/detector' } });
  });
});
