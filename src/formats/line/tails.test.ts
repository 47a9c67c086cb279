import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Header } from './header.ts';
import { LayoutReader } from './layout.ts';

const RULES = { offset: 0, year: 2024, reference: Date.UTC(2024, 5, 1) };
const LAYOUTS = [
  '{number} {level} {?{component}: }{message}',
  '{number} {level} {component}: {message}',
  '{number} [{level}] {component} - {message}',
  '{number} {level} {?{component}{?#}: }{message}',
  '{number} {level}{message}',
  '{number} {component}:{message}',
];

interface Read {
  fits: boolean;
  parts: unknown[];
}

function readAt(reader: LayoutReader, bytes: Uint8Array, from: number, to: number): Read {
  const header = new Header();
  const fits = reader.read(bytes, from, to, header);
  const { level, component, componentEnd, message, messageEnd } = header;
  return { fits, parts: fits ? [level, component - from, componentEnd - from, message - from, messageEnd - from] : [] };
}

const part = fc.constantFrom(' ', '  ', '\t', ': ', ':', 'INFO', 'WARN', '[INFO]', 'a.B', 'a.B: ', 'c$D: ', '- ', '#', 'x', '7');
const line = fc.array(part, { minLength: 1, maxLength: 7 }).map((parts) => `12 ${parts.join('')}`);

it.each(LAYOUTS)('%s reads a line as if there had been none before', (layout) => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 10 }), (lines) => {
      // Long enough for a text of a stream, and each line often enough that what stands in it is learnt.
      const text = Buffer.from(
        `${Array.from({ length: 8 }, () => lines)
          .flat()
          .join('\n')}\n${' '.repeat(4096)}`,
      );
      const reader = new LayoutReader(layout, RULES);
      let at = 0;
      for (let n = 0; n < 8; n++) {
        for (const one of lines) {
          const alone = Buffer.from(one);
          expect(readAt(reader, text, at, at + one.length)).toEqual(readAt(new LayoutReader(layout, RULES), alone, 0, alone.length));
          at += one.length + 1;
        }
      }
    }),
    { numRuns: 300 },
  );
});
