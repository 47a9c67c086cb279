import { appendFile, copyFile, mkdtemp, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteRecords, Position, Source } from '../../core/contracts.ts';
import { SeriesDictionary } from '../../core/events.ts';
import { within } from '../../testing/index.ts';
import { file } from './index.ts';

let folder: string;
let log: string;
let warnings: string[];
let readers: Reader[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homeostat-file-'));
  log = join(folder, 'app.log');
  warnings = [];
  readers = [];
});

afterEach(async () => {
  for (const reader of readers) await reader.stop();
  await rm(folder, { recursive: true });
});

function create(options: Record<string, unknown>): Source {
  const dictionary = new SeriesDictionary();
  const context = { pipeline: 'p', folder, dictionary, journal: folder, now: Date.now, log: (_level: string, message: string) => void warnings.push(message) };
  return file.create({ path: 'app.log', follow: true, poll: 2, chunk: 64, ...options }, context);
}

/** Reads a source and keeps what it said: `<` where a stream begins, `>` where it ends. */
class Reader {
  text = '';
  position: Position | undefined;
  nextOffset = 0;
  readonly #source: Source;
  readonly #abort = new AbortController();
  readonly #batches: AsyncIterator<{ records: unknown; position: Position }>;

  constructor(from?: Position, options: Record<string, unknown> = {}) {
    this.#source = create(options);
    this.#batches = this.#source.open(from, this.#abort.signal)[Symbol.asyncIterator]();
    readers.push(this);
  }

  /** Reads on until the text ends so. */
  async until(end: string): Promise<string> {
    while (!this.text.endsWith(end)) {
      const step = await within(this.#batches.next(), `text that ends with ${JSON.stringify(end)} after ${JSON.stringify(this.text)}`, 3000);
      if (step.done === true) throw new Error(`it ended after ${JSON.stringify(this.text)}`);
      const records = step.value.records as ByteRecords;
      if (this.nextOffset !== 0) expect(records.offset).toBe(this.nextOffset);
      this.nextOffset = records.offset + records.bytes.length;
      this.text += `${records.begins ? '<' : ''}${Buffer.from(records.bytes).toString()}${records.ends ? '>' : ''}`;
      this.position = JSON.parse(JSON.stringify(step.value.position)) as Position;
    }
    return this.text;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#batches.return?.();
    await this.#source.close();
  }
}

describe('a file that is followed', () => {
  it('hands over a line once its newline is there', async () => {
    await writeFile(log, 'one\ntw');
    const reader = new Reader();
    expect(await reader.until('one\n')).toBe('<one\n');
    await appendFile(log, 'o\nthr');
    expect(await reader.until('two\n')).toBe('<one\ntwo\n');
  });

  it('waits for a file that is not there yet', async () => {
    const reader = new Reader();
    const first = reader.until('one\n');
    await writeFile(log, 'one\n');
    expect(await first).toBe('<one\n');
  });

  it('reads the rest of a file renamed away, then the new one', async () => {
    await writeFile(log, 'one\n');
    const reader = new Reader();
    await reader.until('one\n');
    await appendFile(log, 'two\nthr');
    await rename(log, `${log}.1`);
    await appendFile(`${log}.1`, 'ee');
    await writeFile(log, 'four\n');
    expect(await reader.until('four\n')).toBe('<one\ntwo\nthree><four\n');
  });

  it('reads the rest of a file copied away and truncated, then what comes', async () => {
    await writeFile(log, 'one\n');
    const reader = new Reader();
    await reader.until('one\n');
    await reader.stop();
    await appendFile(log, 'two\n');
    await copyFile(log, `${log}.1`);
    await truncate(log);
    await appendFile(log, 'three\n');
    const again = new Reader(reader.position);
    expect(await again.until('three\n')).toBe('two\n><three\n');
  });

  it('notices content replaced in place also when it has grown beyond the position', async () => {
    await writeFile(log, 'one\n');
    const reader = new Reader();
    await reader.until('one\n');
    await writeFile(log, 'something else\n');
    expect(await reader.until('else\n')).toBe('<one\n<something else\n');
    expect(warnings.join()).toContain('no copy');
  });

  it('goes on after a stop through several rotations, in their order', async () => {
    await writeFile(log, 'one\n');
    const reader = new Reader();
    await reader.until('one\n');
    await reader.stop();
    await appendFile(log, 'two\n');
    await rename(log, `${log}.2`);
    await writeFile(`${log}.1`, 'three\n');
    await utimes(`${log}.2`, 1000, 1000);
    await utimes(`${log}.1`, 2000, 2000);
    await writeFile(log, 'four\n');
    const again = new Reader(reader.position);
    expect(await again.until('four\n')).toBe('two\n><three\n><four\n');
    // Also when it stops between two of them.
    const between = new Reader(reader.position);
    expect(await between.until('>')).toBe('two\n>');
    await between.stop();
    const rest = new Reader(between.position);
    expect(await rest.until('four\n')).toBe('<three\n><four\n');
  });

  it('keeps offsets apart over rotations, so that no two records share one', async () => {
    await writeFile(log, 'one\n');
    const reader = new Reader();
    await reader.until('one\n');
    await rename(log, `${log}.1`);
    await writeFile(log, 'two\n');
    await reader.until('two\n');
    expect(reader.nextOffset).toBe(8);
  });

  it('refuses to read on in a file that is another one', async () => {
    await writeFile(log, 'one\ntwo\n');
    const reader = new Reader();
    await reader.until('two\n');
    await reader.stop();
    await writeFile(log, 'ONE\ntwo\nthree\n');
    await expect(new Reader(reader.position).until('three\n')).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    await writeFile(log, 'one\n');
    await expect(new Reader(reader.position).until('three\n')).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    await rm(log);
    await expect(new Reader(reader.position).until('three\n')).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  });

  it('refuses compressed files', () => {
    expect(() => create({ path: 'app.log.gz' })).toThrow('cannot be followed');
  });
});

describe('a file that is read once', () => {
  it('hands over the last line without its newline', async () => {
    await writeFile(log, 'one\ntwo');
    expect(await new Reader(undefined, { follow: false }).until('>')).toBe('<one\ntwo>');
  });

  it('uses memory again that nobody reads any more, and only that', async () => {
    const lines = Array.from({ length: 200 }, (_, i) => `line ${i}\n`).join('');
    await writeFile(log, lines);
    for (const isDone of [true, false]) {
      const memory = new Set<unknown>();
      const read: Uint8Array[] = [];
      let text = '';
      for await (const { records, done } of create({ follow: false }).open(undefined, new AbortController().signal)) {
        const { bytes } = records as ByteRecords;
        text += Buffer.from(bytes).toString();
        memory.add(bytes.buffer);
        read.push(bytes);
        if (isDone) done!();
      }
      expect(text).toBe(lines);
      if (isDone) expect(memory.size).toBeLessThanOrEqual(3);
      else expect(Buffer.concat(read).toString()).toBe(lines);
    }
  });

  it('says that an empty file ends', async () => {
    await writeFile(log, '');
    expect(await new Reader(undefined, { follow: false }).until('>')).toBe('<>');
  });

  it('says what is wrong with a path', async () => {
    const read = (path: string) => new Reader(undefined, { follow: false, path }).until('>');
    await expect(read('nothing.csv')).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    await expect(read('*.csv')).rejects.toThrow('no file fits');
    await expect(read('.')).rejects.toThrow('folder');
    await writeFile(join(folder, 'cut.gz'), gzipSync('some text\n'.repeat(100)).subarray(0, 30));
    await expect(read('cut.gz')).rejects.toThrow('unexpected end of file');
  });

  it('knows how much of a compressed file is left', async () => {
    const bytes = gzipSync(Array.from({ length: 50_000 }, (_, i) => `${i} ${Math.sin(i)}\n`).join(''));
    await writeFile(join(folder, 'long.gz'), bytes);
    const source = create({ path: 'long.gz', follow: false, chunk: 4096 });
    const left: number[] = [];
    for await (const _ of source.open(undefined, new AbortController().signal)) left.push(source.remaining!()!);
    expect(left[0]).toBeGreaterThan(bytes.length / 2);
    expect(left.toSorted((a, b) => b - a)).toEqual(left);
    expect(left.at(-1)).toBe(0);
  });

  it('refuses a compressed file that was changed', async () => {
    const path = join(folder, 'a.gz');
    await writeFile(path, gzipSync('one\ntwo\nthree\n'.repeat(50)));
    const reader = new Reader(undefined, { follow: false, path });
    await reader.until('\n');
    await reader.stop();
    await writeFile(path, gzipSync('four\n'.repeat(500)));
    await expect(new Reader(reader.position, { follow: false, path }).until('>')).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });
});
