/** Hostile lines: whatever stands in a log, every row lies within its bytes, no stage fails, and memory has its bounds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBuilder, SeriesDictionary } from '../../src/core/events.ts';
import { line } from '../../src/formats/line/index.ts';
import { LogRun } from '../../src/pipeline/logs/run.ts';
import { line as made, linesOf, words } from '../support/hostile-logs.ts';

/** Good lines of usual layouts, by which the layout is found. */
const LAYOUTS: Record<string, (i: number) => string> = {
  log4j: (i) => made(i, `job_${i} took 12 ms`).trimEnd(),
  brackets: (i) => `[2026-01-05 10:00:${10 + (i % 50)}] [error] [client 10.0.0.${i % 250}] job_${i} failed`,
  hdfs: (i) => `081109 2035${10 + (i % 50)} ${i} INFO dfs.Node: Receiving block blk_${i}`,
  syslog: (i) => `Jan  5 10:00:${10 + (i % 50)} host sshd[${1000 + i}]: Failed password for user${i}`,
  syslog5424: (i) => `<34>1 2026-01-05T10:00:${10 + (i % 50)}Z host app ${i} ID47 - job ${i} done`,
  klog: (i) => `I0105 10:00:${10 + (i % 50)}.000000 ${i} server.go:12] job ${i} done`,
  access: (i) => `10.0.0.${i % 250} - - [05/Jan/2026:10:00:${10 + (i % 50)} +0000] "GET /a/${i} HTTP/1.1" 200 ${i}`,
  json: (i) => `{"time":"2026-01-05T10:00:${10 + (i % 50)}Z","level":"warn","msg":"job \\"${i}\\" done","n":{"a":[1]}}`,
  logfmt: (i) => `time=2026-01-05T10:00:${10 + (i % 50)}Z level=info msg="job ${i} \\"done\\"" n=1`,
};

/** A good line cut, spliced with another, or with bytes changed. */
const damage = fc.record({ from: fc.nat(120), to: fc.nat(120), joins: fc.boolean(), bytes: fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 4 }) });

function damaged(good: string, other: string, { from, to, joins, bytes }: { from: number; to: number; joins: boolean; bytes: [number, number][] }): Buffer {
  const text = Buffer.from(`${good.slice(0, from)}${joins ? other.slice(to) : ''}`, 'latin1');
  for (const [at, byte] of bytes) if (at < text.length) text[at] = byte;
  return Buffer.concat([text, Buffer.from('\n')]);
}

describe('damaged lines of any layout', () => {
  it.each(Object.entries(LAYOUTS))('%s: rows lie within the bytes, and every stage takes them', async (_, of) => {
    const good = Buffer.from(Array.from({ length: 40 }, (_, i) => `${of(i)}\n`).join(''), 'latin1');
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 40 }), fc.integer({ min: 20, max: 5000 }), async (all, cut) => {
        const bytes = Buffer.concat([good, ...all.map((each, i) => damaged(of(i), of(i + 7), each))]);
        expectWithin(bytes, cut);
        const run = new LogRun({}, () => {});
        await run.read([{ name: 'damaged', chunks: pieces(bytes, cut) }]);
        run.finish();
        expect(run.lines).toBeGreaterThanOrEqual(30);
      }),
      { numRuns: 40 },
    );
  });
});

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Decodes in pieces of this size; all spans of all rows are in order and in the table. */
function expectWithin(bytes: Uint8Array, size: number): void {
  const dictionary = new SeriesDictionary();
  const decoder = line.create({} as never, dictionary);
  const out = new EventBuilder(dictionary, 1, 16, true);
  for (let at = 0; at <= bytes.length; at += size) {
    out.reset();
    const ends = at + size > bytes.length;
    decoder.decode({ kind: 'bytes', partition: 0, offset: at, bytes: bytes.subarray(at, at + size), begins: at === 0, ends, name: 'x' }, out);
    const { start, end, message, messageEnd, component, componentEnd, used } = out.lines!;
    for (let i = 0; i < out.length; i++) {
      expect(out.offset[i]).toBeGreaterThanOrEqual(0);
      expect(out.offset[i]).toBeLessThanOrEqual(bytes.length);
      for (const [from, to] of [
        [start[i], end[i]],
        [message[i], messageEnd[i]],
        [component[i], componentEnd[i]],
      ]) {
        expect(from).toBeLessThanOrEqual(to);
        expect(to).toBeLessThanOrEqual(used);
      }
    }
  }
}

describe('a run has bounds', () => {
  it('of templates: of ever new words no more than the bound are kept, and one for all others', async () => {
    const word = words(3);
    const run = new LogRun({ judge: null }, () => {});
    const all = linesOf(60_000, (i) => made(i, `${word()} ${word()} ${word()} ${word()}`));
    await run.read([
      {
        name: 'words',
        chunks: (async function* () {
          yield* all;
        })(),
      },
    ]);
    run.finish();
    expect(run.lines).toBe(60_000);
    expect(run.known().templates().templates.length).toBe(20_001);
  });

  it('of sessions: identifiers that never come again are all judged in the end', async () => {
    const judged = new Set<string>();
    const run = new LogRun({ by: 'req_\\d+' }, ({ length, texts }) => {
      for (let i = 0; i < length; i++) judged.add(texts?.subject[i] ?? '');
    });
    await run.read([
      {
        name: 'requests',
        chunks: (async function* () {
          yield* linesOf(30_000, (i) => made(i, `open req_${i}`));
        })(),
      },
    ]);
    run.finish();
    judged.delete('');
    expect(judged.size).toBe(30_000);
    expect(run.known().sessions()).toMatchObject({ by: 'identifier', open: 0 });
  });
});
