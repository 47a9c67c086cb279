import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import type { JsonValue } from '../../core/contracts.ts';
import { hunksOf, linesOf, merge, unified } from './diff.ts';
import { EditRefused, setAt, valueAt } from './edit.ts';

/** The same pipeline in several hands: flow, block, comments in every place, Windows line ends, no end of the last line. */
const FLOW = `# top
data: ./d   # where
pipelines:
  p:
    source: { redis: { url: "\${REDIS}", password_file: 'secret.txt' } }   # src
    detect: { detector: { ema: { span: 20 } }, threshold: { sigma: { k: 3 } } } # d
    incident: { open: 3 of 5 , }
  other: { source: host }
`;
const BLOCK = `pipelines:

    p:     # one
        source: "host"
        detect:
            # the detector
            detector:
                ema:   # smooth
                    span: 20 # twenty

                    min_spread: \${SPREAD:-1}
            # the limit
            threshold:
                sigma: { k: 3 }

            learn: 'never'     # spaces
        incident:
            open:
                for: 5s   # long
            # end

    other:
        source: { host: {} }
        detect: { detector: ema }
# last`;
const FILES = [
  FLOW,
  BLOCK,
  BLOCK.replaceAll('\n', '\r\n'),
  `${BLOCK}\n`,
  'pipelines: { p: { source: host, detect: { } }, other: { source: host } }\n',
  'pipelines:\n  p:\n    source: host\n    detect:\n    incident: # nothing\n  other:\n    source: host\n',
];

const leaf = fc.oneof(
  fc.constant<JsonValue>('3 of 5'),
  fc.integer({ min: -9, max: 99 }),
  fc.boolean(),
  fc.constantFrom('5s', 'a, b', '#x', 'yes: no', "it's", '', 'null', '0x1', '{ a }', '[', '*x'),
  fc.array(fc.constantFrom('host', 'machine, a'), { maxLength: 3 }),
);
const component = fc.oneof(
  fc.constantFrom('ema', 'auto'),
  fc.dictionary(fc.constantFrom('ema', 'sma'), fc.dictionary(fc.constantFrom('span', 'window'), leaf, { maxKeys: 2 }), { minKeys: 1, maxKeys: 1 }),
);
const change = fc.oneof(
  fc.tuple(fc.constantFrom(['detect', 'detector'], ['detect', 'threshold']), fc.option(component, { nil: undefined })),
  fc.tuple(
    fc.constantFrom(['detect', 'detector', 'ema', 'span'], ['detect', 'learn'], ['incident', 'open'], ['incident', 'group_by'], ['order', 'idle']),
    fc.option(leaf, { nil: undefined }),
  ),
);

/** Changed as a map of values, without any text. */
function expected(tree: JsonValue, path: readonly string[], value: JsonValue | undefined): JsonValue {
  const map = { ...(tree as Record<string, JsonValue>) };
  const [key, ...rest] = path;
  if (rest.length === 0 && value === undefined) delete map[key];
  else if (rest.length === 0) map[key] = value!;
  else if (map[key] !== undefined || value !== undefined) map[key] = expected(map[key] ?? null, rest, value);
  return map;
}

const place = (path: readonly string[]): string[] => ['pipelines', 'p', ...path];

describe('setAt', () => {
  it('changes one value and leaves every line that does not hold it as it is, byte for byte', () => {
    let edits = 0;
    fc.assert(
      fc.property(fc.constantFrom(...FILES), change, (text, [path, value]) => {
        let result: string;
        try {
          result = setAt(text, place(path), value);
        } catch (thrown) {
          // Only where a scalar stands on the way.
          expect(thrown).toBeInstanceOf(EditRefused);
          return;
        }
        edits++;
        expect(parseDocument(result).toJS()).toEqual(expected(parseDocument(text).toJS() as JsonValue, place(path), value));
        const before = linesOf(text);
        const touched = hunksOf(before, linesOf(result));
        expect(touched.length).toBeLessThanOrEqual(1);
        const [first, last] = [touched[0]?.from ?? 0, touched[0]?.to ?? 0];
        // Everything about the other pipeline, and comments of their own, is outside of what was touched.
        for (const [i, line] of before.entries())
          if (i >= first && i < last)
            expect(line).not.toMatch(/^\s*# (top|last|the detector|the limit|end)|^\s*(other|source|data):.*[^{]*$(?<!pipelines: .*)/);
      }),
      { numRuns: 600 },
    );
    expect(edits).toBeGreaterThan(400);
  });

  it('keeps comments on the line of a value, and references elsewhere', () => {
    expect(setAt(BLOCK, place(['detect', 'detector', 'ema', 'span']), 40)).toBe(BLOCK.replace('span: 20 # twenty', 'span: 40 # twenty'));
    expect(setAt(FLOW, place(['detect', 'detector']), 'sma')).toBe(FLOW.replace('{ ema: { span: 20 } }', 'sma'));
    expect(setAt(FLOW, place(['order']), { idle: '2s' })).toContain('incident: { open: 3 of 5 , }\n    order: { idle: 2s }\n  other');
    expect(valueAt(FLOW, ['pipelines', 'p', 'source', 'redis', 'url'])).toBe('${REDIS}');
  });

  it('refuses what is shared with other places', () => {
    const shared = 'x: &d { ema: { span: 3 } }\npipelines: { p: { source: host, detect: { detector: *d } } }\n';
    expect(() => setAt(shared, place(['detect', 'detector', 'ema', 'span']), 4)).toThrow(EditRefused);
    expect(() => setAt('pipelines: { p: { detect: &a { learn: never } } }\n', place(['detect']), 'x')).toThrow(EditRefused);
  });
});

describe('differences of texts', () => {
  const texts = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 }).map((lines) => lines.map((line) => `${line}\n`).join(''));

  it('turn one into the other', () => {
    fc.assert(fc.property(texts, texts, (a, b) => void expect(merge(a, a, b)).toBe(b)));
    fc.assert(fc.property(texts, texts, (a, b) => void expect(merge(a, b, a)).toBe(b)));
  });

  it('are shown as diff -u does', () => {
    const before = 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n';
    expect(unified(before, before, 'f')).toBe('');
    expect(unified(before, before.replace('e\n', 'E\n'), 'f')).toBe('--- f\n+++ f\n@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n');
    expect(unified('a\n', 'a\nb', 'f')).toBe('--- f\n+++ f\n@@ -1,1 +1,2 @@\n a\n+b\n\\ No newline at end of file\n');
    expect(unified(before, `0\n${before}`, 'f').split('\n')[2]).toBe('@@ -1,3 +1,4 @@');
  });

  it('go into a text that was changed elsewhere, and not over lines that were changed too', () => {
    const base = 'a\nb\nc\nd\ne\n';
    expect(merge(base, base.replace('a', 'A'), base.replace('d\n', 'D\nd2\n'))).toBe('A\nb\nc\nD\nd2\ne\n');
    expect(merge(base, base.replace('d', 'X'), base.replace('d', 'Y'))).toBeUndefined();
  });
});
