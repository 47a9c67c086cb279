/** The suites of formats, sources and sinks find the mistakes that they are there for. */
import { describe, expect, it } from 'vitest';
import type { ByteRecords, Decoder, JsonValue, Position, Sink, Source } from '../core/contracts.ts';
import type { EventBuilder } from '../core/events.ts';
import { Type, defineFormat } from '../core/schema.ts';
import { verdictAt, type Verdict } from '../core/verdicts.ts';
import type { AsyncCheck } from './check.ts';
import { formatChecks } from './format-suite.ts';
import { sinkChecks } from './sink-suite.ts';
import { sourceChecks } from './source-suite.ts';

/** Names of the checks that fail, without what they are tried on. */
async function failing(checks: readonly AsyncCheck[]): Promise<string[]> {
  const failed: string[] = [];
  for (const check of checks) await check.run().catch(() => failed.push(check.name.replace(/^.*?: /, '')));
  return failed;
}

/** One number a line; `fault` plants one mistake. */
function numbers(fault: string) {
  class Numbers implements Decoder {
    tail = '';
    skipping = false;
    readonly most: number;
    constructor(most: number, state?: JsonValue) {
      this.most = most;
      if (state !== undefined && fault !== 'forgets its tail') [this.tail, this.skipping] = state as [string, boolean];
    }
    decode(records: ByteRecords, out: EventBuilder): void {
      if (records.begins) [this.tail, this.skipping] = ['', false];
      const base = records.offset - this.tail.length;
      const text = this.tail + Buffer.from(records.bytes).toString('latin1');
      const lines = text.split('\n');
      this.tail = fault === 'loses what a cut leaves' ? '' : lines.pop()!;
      let at = base;
      for (const line of lines) {
        if (!this.skipping) this.line(line, at, records.partition, out);
        this.skipping = false;
        at += line.length + 1;
      }
      if (this.tail.length > this.most && fault !== 'keeps everything') {
        if (!this.skipping) out.refuse(records.partition, at, 0, 'RECORD_TOO_LARGE', 'too long', new Uint8Array(0));
        this.skipping = true;
        this.tail = '';
      }
    }
    line(line: string, at: number, partition: number, out: EventBuilder): void {
      if (line === '') return;
      const x = Number(line);
      if (Number.isNaN(x) && fault === 'throws') throw new Error('bad line');
      const series = out.dictionary.intern('x');
      if (Number.isNaN(x)) out.refuse(partition, at, 0, 'RECORD_MALFORMED', 'no number', new Uint8Array(0));
      else if (series < 0) out.refuse(partition, at, 0, 'SERIES_LIMIT', 'full', new Uint8Array(0));
      else out.add(series, x, x, partition, fault === 'wrong offsets' ? 0 : at, 0);
    }
    state(): JsonValue {
      return [this.tail, this.skipping];
    }
    report(): string[] {
      return [];
    }
  }
  const format = defineFormat({
    name: 'numbers',
    summary: '',
    options: Type.Object({}),
    sample: {},
    create: (options, _dictionary, state) => new Numbers((options as { max_record: number }).max_record, state),
  });
  return formatChecks(format, [
    {
      name: 'numbers',
      text: '1\n22\n333\nx\n4444\n',
      rows: ['x 1 1', 'x 22 22', 'x 333 333', 'x 4444 4444'],
      refused: ['RECORD_MALFORMED'],
      good: '5',
      endless: '',
    },
  ]);
}

describe('the suite of formats', () => {
  it('passes a format without a mistake', async () => expect(await failing(numbers(''))).toEqual([]));
  it('finds each mistake', async () => {
    for (const fault of ['forgets its tail', 'loses what a cut leaves', 'throws', 'keeps everything', 'wrong offsets'])
      expect(await failing(numbers(fault)), fault).not.toEqual([]);
  });
});

/** Ten numbers, one a batch; `fault` plants one mistake. */
function tenNumbers(fault: string): AsyncCheck[] {
  const create = (): Source => ({
    partitions: 1,
    finite: true,
    async *open(from: Position | undefined, signal: AbortSignal) {
      const start = ((from as number | undefined) ?? 0) + (from === undefined ? 0 : fault === 'skips one' ? 1 : fault === 'repeats one' ? -1 : 0);
      for (let n = start; n < 10 && (fault === 'runs on' || !signal.aborted); n++) {
        const last = n === 9;
        yield {
          records: {
            kind: 'bytes',
            partition: 0,
            offset: n * 2,
            bytes: Buffer.from(`${n}\n`),
            begins: n === 0,
            ends: last && fault !== 'never ends',
            name: '',
          },
          position: n + 1,
        };
      }
    },
    close: async () => undefined,
  });
  return sourceChecks([{ name: 'numbers', create }]);
}

describe('the suite of sources', () => {
  it('passes a source without a mistake', async () => expect(await failing(tenNumbers(''))).toEqual([]));
  it('finds each mistake', async () => {
    expect(await failing(tenNumbers('skips one'))).toEqual(['reads on from any position, neither again nor skipped']);
    expect(await failing(tenNumbers('repeats one'))).toEqual(['reads on from any position, neither again nor skipped']);
    expect(await failing(tenNumbers('runs on'))).toEqual(['stops when told to, also while it waits']);
    expect(await failing(tenNumbers('never ends'))).toEqual(['keeps its promise about its end']);
  });
});

/** Keeps verdicts in a list; `fault` plants one mistake. */
function list(fault: string): AsyncCheck[] {
  return sinkChecks([
    {
      name: 'list',
      repeats: 'once',
      async receiver() {
        const got: Verdict[] = [];
        const create = (only: 'all' | 'anomalies'): Sink => ({
          async open(resume) {
            if (fault !== 'does not cut') got.length = Number(resume ?? 0);
          },
          write(batch, pipeline, dictionary) {
            for (let i = 0; i < batch.length - (fault === 'drops the last' ? 1 : 0); i++) {
              const verdict = verdictAt(batch, i, pipeline, dictionary);
              if (only === 'all' || verdict.anomalous || fault === 'ignores only') got.push(verdict);
            }
          },
          flush: async () => got.length,
          close: async () => undefined,
        });
        return { create, received: () => got, close: async () => undefined };
      },
    },
  ]);
}

describe('the suite of sinks', () => {
  it('passes a sink without a mistake', async () => expect(await failing(list(''))).toEqual([]));
  it('finds each mistake', async () => {
    expect(await failing(list('does not cut'))).toEqual(['a repeat after a crash is not there twice']);
    expect(await failing(list('ignores only'))).toEqual(['anomalous verdicts alone when asked']);
    expect(await failing(list('drops the last'))).toContain('everything written is with the receiver after flush, in order');
  });
});
