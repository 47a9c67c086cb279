import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineNumbers } from './line-numbers.ts';
import { csvRows, ndjsonRows } from './rows.ts';

const LINE = {
  line: 7,
  time: Date.UTC(2026, 0, 1),
  level: 'info',
  component: 'app, "main"',
  event: 12,
  template: 'user <*> came',
  parameters: [{ type: 'text', value: 'a "b", c' }],
};

describe('rows of parsed lines', () => {
  it('as CSV with names', () => {
    expect(csvRows.head).toBe('line,time,level,component,event_id,template,parameters\n');
    expect(csvRows.row(LINE)).toBe('7,2026-01-01T00:00:00.000Z,info,"app, ""main""",12,user <*> came,"[""a \\""b\\"", c""]"\n');
    expect(csvRows.row({ ...LINE, time: NaN })).toMatch(/^7,,info,/);
  });

  it('as objects, parameters with their types', () => {
    const { event: event_id, ...rest } = LINE;
    expect(JSON.parse(ndjsonRows.row(LINE))).toEqual({ ...rest, event_id, time: '2026-01-01T00:00:00.000Z' });
    expect(JSON.parse(ndjsonRows.row({ ...LINE, time: NaN }))).toMatchObject({ time: null });
  });
});

describe('numbers of lines', () => {
  it('are right for every position, however the bytes are cut and however late it is asked', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 8 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        async (lines, size, late) => {
          const text = Buffer.from(lines.map((line) => `${line.replaceAll('\n', '')}\n`).join(''));
          const begins = [0];
          for (let i = 0; i + 1 < text.length; i++) if (text[i] === 10) begins.push(i + 1);
          const numbers = new LineNumbers();
          const found: number[] = [];
          let read = 0;
          const ask = (): void => {
            while (begins[found.length] < read) found.push(numbers.of(begins[found.length]));
          };
          const chunks = async function* (): AsyncGenerator<Uint8Array> {
            for (let from = 0; from < text.length; from += size) yield text.subarray(from, from + size);
          };
          for await (const chunk of numbers.watch(chunks())) {
            read += chunk.length;
            if (!late) ask();
          }
          ask();
          expect(found).toEqual(begins.map((_, i) => i + 1));
        },
      ),
    );
  });
});
