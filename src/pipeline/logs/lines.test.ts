import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeriesDictionary } from '../../core/events.ts';
import { line } from '../../formats/line/index.ts';
import { LINE_DEFAULTS } from '../../formats/line/options.ts';
import { linesOf, type LineInput } from './lines.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

/** Cut into chunks of so many bytes, each overwritten once the next but one is asked for. */
function input(name: string, text: string, size: number): LineInput {
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    const given: Uint8Array[] = [];
    for (let from = 0; from < text.length; from += size) {
      given.at(-2)?.fill(0);
      given.push(new TextEncoder().encode(text.slice(from, from + size)));
      yield given.at(-1)!;
    }
  };
  return { name, chunks: chunks() };
}

async function read(inputs: readonly LineInput[]): Promise<{ time: number; partition: number; text: string }[]> {
  const dictionary = new SeriesDictionary();
  const rows = [];
  for await (const { length, time, partition, lines } of linesOf(inputs, () => line.create(LINE_DEFAULTS, dictionary), dictionary)) {
    const { bytes, message, messageEnd } = lines!;
    for (let i = 0; i < length; i++)
      rows.push({ time: time[i], partition: partition[i], text: Buffer.from(bytes.subarray(message[i], messageEnd[i])).toString() });
  }
  return rows;
}

describe('lines of several inputs', () => {
  it('come in order of time, those of the first input first, each input in its own order, whatever the cuts', async () => {
    const file = fc.array(fc.nat(30), { maxLength: 60 }).map((seconds) => seconds.sort((a, b) => a - b));
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 4 }), fc.integer({ min: 40, max: 400 }), async (files, size) => {
        const all = files.flatMap((seconds, partition) =>
          seconds.map((second, n) => ({ time: Date.parse(at(second)), partition, text: `line ${n} of file ${partition}` })),
        );
        const texts = files.map((seconds, partition) => seconds.map((second, n) => `${at(second)} INFO app: line ${n} of file ${partition}\n`).join(''));
        const rows = await read(texts.map((text, i) => input(`${i}`, text, size)));
        expect(rows).toEqual(all.sort((a, b) => a.time - b.time || a.partition - b.partition));
      }),
      { numRuns: 60 },
    );
  });

  it('hand on what could not be read', async () => {
    const long = `${at(1)} INFO app: ${'x'.repeat(70_000)}\n`;
    const dictionary = new SeriesDictionary();
    const bad: string[] = [];
    const inputs = [input('a', long, 1000), input('b', `${at(0)} INFO app: fine\n`, 1000)];
    for await (const events of linesOf(inputs, () => line.create(LINE_DEFAULTS, dictionary), dictionary)) bad.push(...events.bad.map(({ code }) => code));
    expect(bad).toEqual(['RECORD_TOO_LARGE']);
  });
});
