import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, configHash, configSchema, DEFAULT_DETECTOR, definitionOf, describePlan, parseConfigWith, printConfig } from './index.ts';
import { withoutReferences } from './env.ts';
import { registry } from './registry.fixture.ts';

const parse = (text: string) => parseConfigWith(registry, text, '/data/a.yaml', {});
const one = (text: string) => parse(text).pipelines[0];

const duration = fc.integer({ min: 1, max: 10_000_000 }).map((n) => `${n}ms`);
const label = fc.stringMatching(/^([a-z :#'"0-9]|\$|\$\{|\$\{a\}|\}){0,8}$/);

const pipelineText = fc.record(
  {
    source: fc.oneof(
      fc.constant('numbers'),
      fc.record({ numbers: fc.record({ rate: fc.integer({ min: 1, max: 99 }).map((n) => `${n}/min`), seed: fc.integer() }) }),
    ),
    labels: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), label.map(withoutReferences)),
    unit: fc.constantFrom('ms', '%', 'null', '1e3', 'true'),
    order: fc.record({ allowed_lateness: duration, idle: duration }, { requiredKeys: [] }),
    align: fc.record({ by: fc.constant('host'), columns: fc.constant(['cpu', 'memory']), every: duration }),
    detect: fc.record({
      detector: fc.record({ ema: fc.record({ span: fc.double({ min: 2, max: 1e6, noNaN: true }) }) }),
      learn: fc.constantFrom('always', 'never', 'down-weighted'),
    }),
    incident: fc.record({ open: fc.oneof(fc.constant('2 of 9'), fc.record({ for: duration })), resolve_after: duration }),
    rollup: duration,
    journal: fc.record({ max_size: fc.integer({ min: 1 }).map((n) => `${n}B`) }),
  },
  { requiredKeys: ['source'] },
);

describe('the canonical form', () => {
  it('is the same for a file and for the file that is printed of it, with every default', () => {
    fc.assert(
      fc.property(pipelineText, (pipeline) => {
        const first = parse(JSON.stringify({ pipelines: { a: pipeline } }));
        const again = parse(printConfig(first, registry));
        expect(again).toEqual(first);
        expect(canonical(again.pipelines[0], registry)).toEqual(canonical(first.pipelines[0], registry));
      }),
    );
  });

  it('does not depend on the order of keys or on what is written though it is the default', () => {
    const short = one('pipelines: { a: { source: numbers, unit: ms, detect: { detector: ema } } }');
    const long = one(
      'pipelines: { a: { unit: ms, detect: { detector: { ema: { span: 20 } }, learn: always }, source: { numbers: { seed: 1, rate: 10/s } } } }',
    );
    expect(configHash(long, registry)).toBe(configHash(short, registry));
  });

  it('changes with what can change a verdict, and not with what cannot', () => {
    const hash = (text: string) => configHash(one(text), registry);
    const plain = hash('pipelines: { a: { source: numbers, detect: { detector: ema } } }');
    expect(hash('pipelines: { a: { source: numbers, detect: { detector: ema, threshold: { sigma: { k: 2 } } } } }')).not.toBe(plain);
    expect(hash('pipelines: { a: { source: numbers, detect: { detector: ema }, order: { allowed_lateness: 1s } } }')).not.toBe(plain);
    expect(
      hash(
        'parallelism: 4\ndata: ./b\npipelines: { a: { source: numbers, detect: { detector: ema }, store: anomalies, state: { cache: 5 }, checkpoint: { max_interval: 2s } } }',
      ),
    ).toBe(plain);
  });

  it('names the versions of detector and threshold', () => {
    expect(canonical(one('pipelines: { a: { source: numbers } }'), registry)).toMatchObject({
      detect: { detector: { version: definitionOf(registry, 'detector', DEFAULT_DETECTOR)!.version }, threshold: { version: 1 } },
    });
  });
});

describe('the printed file', () => {
  it('hides secrets', () => {
    const text = 'server: { tokens: [ { name: ops, role: viewer, token: correct-horse-battery } ] }\npipelines: { a: { source: numbers } }';
    const printed = printConfig(parse(text), registry);
    expect(printed).not.toContain('horse');
    expect(printed).toContain('token: "***"');
  });
});

describe('the JSON Schema', () => {
  const schema = configSchema(registry) as { properties: Record<string, never>; $defs: Record<string, { anyOf: Record<string, unknown>[] }> };

  it('lists every component, by name alone where it needs no options', () => {
    const detectors = schema.$defs['detector'].anyOf.map((one) => one['const'] ?? Object.keys(one['properties'] as object)[0]);
    expect(detectors).toEqual(expect.arrayContaining(['sma', 'ema', 'free']));
    const bare = schema.$defs['threshold'].anyOf.flatMap((one) => ('const' in one ? [one['const']] : []));
    expect(bare).toContain('sigma');
    expect(bare).not.toContain('static');
  });

  it('takes quantities as text, and references to the environment for numbers', () => {
    expect(JSON.stringify(schema.properties['history'])).toContain('[kKMGT]?B');
    expect(JSON.stringify(schema.properties['parallelism'])).toContain('"pattern":"\\\\$\\\\{"');
  });
});

describe('the plan', () => {
  it('says stages with their keys, state, commits, bounds and places', () => {
    const text = describePlan(
      parse('data: ./d\npipelines: { a: { source: numbers, detect: { detector: ema }, align: { by: host, columns: [cpu, disk] } } }'),
      registry,
    );
    expect(text).toContain('/data/d/ledger.db');
    expect(text).toMatch(/align +by host: one row every 1m of cpu, disk/);
    expect(text).toMatch(/detect +by series: ema \(span 20, min_spread 0\), threshold sigma \(k 3\)/);
    expect(text).toMatch(/commit +every 100ms while cheap, at least every 1s/);
  });
});
