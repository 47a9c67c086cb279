/** Hostile logs through the command line: memory stays bounded, words are clear, exit codes right, and nothing hangs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { line, linesOf, longLine, words } from '../support/hostile-logs.ts';

const main = join(process.cwd(), 'dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'homeostat-hostile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Longest time that any of these may take, ms. */
const PATIENCE = 60_000;
const MB = 1e6;

interface Ended {
  code: number | null;
  out: string;
  err: string;
  /** Largest resident memory seen, bytes; 0 where this system does not say. */
  memory: number;
}

/** Largest resident memory of a process so far, bytes. */
function memoryOf({ pid }: ChildProcess): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Runs `homeostat logs …`, with what `input` gives on standard input. */
async function logs(args: string[], input?: Iterable<Uint8Array>): Promise<Ended> {
  const child = spawn(process.execPath, [main, 'logs', ...args], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
  const ended: Ended = { code: null, out: '', err: '', memory: 0 };
  child.stdout.on('data', (chunk) => (ended.out = (ended.out + String(chunk)).slice(-100_000)));
  child.stderr.on('data', (chunk) => (ended.err += String(chunk)));
  // One that refuses its input does not read it.
  child.stdin.on('error', () => {});
  if (input === undefined) child.stdin.end();
  else Readable.from(input).pipe(child.stdin);
  const looking = setInterval(() => (ended.memory = Math.max(ended.memory, memoryOf(child))), 20);
  const killing = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  [ended.code] = (await once(child, 'close')) as [number | null];
  clearInterval(looking);
  clearTimeout(killing);
  return ended;
}

function file(name: string, content: Uint8Array | string): string {
  writeFileSync(join(folder, name), content);
  return name;
}

const job = (i: number): string => line(i, `job_${i >> 2} step ${['one', 'two', 'three', 'four'][i % 4]}`);
const text = Buffer.concat([...linesOf(4000, job)]);

/** What the summary says of a log that is read. */
async function summary(name: string, ...options: string[]): Promise<string> {
  const { code, err } = await logs(['detect', name, '--judge', 'none', ...options]);
  expect([code, err.includes('error')], err).toEqual([0, false]);
  return err;
}

describe('logs that are too much', () => {
  it('a line of 200 MB is cut and counted, in the memory of a short one', async () => {
    const detected = await logs(['detect', '-', '--judge', 'none'], longLine(200 * MB));
    expect(detected).toMatchObject({ code: 0 });
    expect(detected.err).toMatch(/3 lines, .*\n[^]*1 line broken or cut/);
    expect(detected.memory).toBeLessThan(250 * MB);
    const parsed = await logs(['parse', '-', '--out', 'long.csv'], longLine(200 * MB));
    expect(parsed).toMatchObject({ code: 0 });
    expect(parsed.memory).toBeLessThan(250 * MB);
    const rows = readFileSync(join(folder, 'long.csv'), 'utf8').trim().split('\n');
    expect(rows.slice(1).map((row) => row.split(',')[0])).toEqual(['1', '2', '3']);
  });

  it('a line longer than several chunks of a file does not shift the numbers of those behind it', async () => {
    file('shift.log', Buffer.concat([...longLine(9 * MB), Buffer.from(line(2, 'job_2 begins'))]));
    expect((await logs(['parse', 'shift.log', '--out', 'shift.csv'])).code).toBe(0);
    const rows = readFileSync(join(folder, 'shift.csv'), 'utf8').trim().split('\n');
    expect(rows.slice(1).map((row) => row.split(',')[0])).toEqual(['1', '2', '3', '4']);
  });

  it('lines that are all different templates do not fill the memory', async () => {
    const word = words(1);
    const made = linesOf(150_000, (i) => line(i, `${word()} ${word()} ${word()} ${word()} ${word()}`));
    const { code, memory } = await logs(['detect', '-', '--judge', 'none'], made);
    expect(code).toBe(0);
    expect(memory).toBeLessThan(450 * MB);
  });

  it('sessions that never end are held, and all are judged', async () => {
    const { code, err, memory } = await logs(
      ['detect', '-', '--session', 'req_\\d+', '-q', '--json'],
      linesOf(100_000, (i) => line(i, `open req_${i} from pool`)),
    );
    expect([code, err]).toEqual([0, '']);
    expect(memory).toBeLessThan(450 * MB);
  });

  it('10,000 components are no trouble', async () => {
    file('components.log', Buffer.concat([...linesOf(40_000, (i) => line(i, `handled job_${i >> 2} well`, `comp${i % 10_000}`))]));
    expect(await summary('components.log')).toContain('40,000 lines, 1 template,');
  });
});

describe('patterns that are meant to backtrack', () => {
  const evil = Buffer.concat([...linesOf(300, () => line(0, `${'a'.repeat(6000)}b`))]);

  it('end in time as --session and as a layout', async () => {
    file('evil.log', evil);
    expect((await logs(['detect', 'evil.log', '--session', '(a+)+$'])).code).toBe(0);
    expect((await logs(['detect', 'evil.log', '--format', 'line:layout=(?P<message>(a+)+)$'])).code).toBe(0);
    expect((await logs(['detect', 'evil.log', '--format', 'line:multiline=(a|a)*$'])).code).toBe(0);
  });

  it('are refused where they cannot be matched in linear time, or are none, with the place', async () => {
    for (const pattern of ['(?<=a)b', '(a)\\1', '(a', 'a{1000}{1000}']) {
      const { code, err } = await logs(['detect', 'evil.log', '--session', pattern]);
      expect(code, err).toBe(2);
      expect(err).toMatch(/session\.by .*\[OPTION_INVALID\]/s);
    }
  });
});

describe('files that are no log, or half of one', () => {
  it.each([
    ['a gzip file that ends early', (): Buffer => gzipSync(text).subarray(0, 2000), 'its gzip data ends early'],
    ['a gzip file with a damaged middle', (): Buffer => Buffer.concat([gzipSync(text).subarray(0, 3000), Buffer.alloc(3000, 7)]), 'its gzip data'],
    ['zeros', (): Buffer => Buffer.alloc(100_000), 'it is binary'],
    ['a program', (): Buffer => Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(1000, 1)]), 'a program (ELF)'],
    ['text that turns out to be binary', (): Buffer => Buffer.alloc(5000, 'job\0\0\0\x01 '), 'it is binary'],
  ])('%s is refused in words', async (name, made, wanted) => {
    for (const command of ['detect', 'parse']) {
      const { code, err, out } = await logs([command, file('no.log', made())]);
      expect([code, out], name).toEqual([1, '']);
      expect(err).toContain(wanted);
      expect(err).toContain('[INPUT_UNREADABLE]');
      expect(err.split('cannot be read').length).toBe(2);
    }
  });

  it('binary data on standard input is refused in words', async () => {
    const { code, err } = await logs(['detect', '-'], [Buffer.alloc(300_000)]);
    expect(code).toBe(1);
    expect(err).toContain('it is binary');
  });

  it.each([
    ['nothing', ''],
    ['only newlines', '\n\n\r\n\n'],
  ])('%s is said to be empty', async (_, content) => {
    for (const command of ['detect', 'parse']) {
      const { code, err } = await logs([command, file('empty.log', content)]);
      expect(code).toBe(1);
      expect(err).toContain('[INPUT_EMPTY]');
    }
  });
});

describe('logs that are odd, and logs all the same', () => {
  it('is the same text in any encoding and with any ends of lines', async () => {
    const plain = /4,000 lines, .* templates?/;
    const wanted = plain.exec(await summary(file('plain.log', text)))![0];
    const wide = Buffer.from(text.toString('latin1'), 'utf16le');
    const encodings = {
      crlf: text.toString('latin1').replaceAll('\n', '\r\n'),
      bom: `\ufeff${text.toString('latin1')}`,
      utf16le: wide,
      utf16be: Buffer.from(wide).swap16(),
    };
    for (const [name, content] of Object.entries(encodings)) expect(plain.exec(await summary(file(`${name}.log`, content)))?.[0], name).toBe(wanted);
  });

  it.each([
    ['Latin-1', (i: number): string => line(i, `caf\xe9 job_${i >> 2} \xfc ${i % 4}`)],
    ['no time at all', (i: number): string => `worker ${i % 7} took job_${i >> 2} and went on\n`],
    ['no identifier', (i: number): string => line(i, ['the cache is warm', 'nothing to do', 'going to sleep', 'waking up'][i % 4])],
    ['times that go back', (i: number): string => line(i % 2 === 0 ? 4000 - i : i, `job_${i >> 2} goes on`)],
    ['single zeros', (i: number): string => line(i, i % 50 === 20 ? `job_${i >> 2} has a \0 in it` : `job_${i >> 2} has none in it`)],
    ['a time of the year 9999 now and then', (i: number): string => (i % 500 === 250 ? job(i).replace('2026-01-05', '9999-12-31') : job(i))],
    ['a second half in the year 9999', (i: number): string => (i > 2000 ? job(i).replace('2026-01-05', '9999-12-31') : job(i))],
  ])('%s', async (_, of) => {
    expect(await summary(file('odd.log', Buffer.concat([...linesOf(4000, of)])))).toContain('4,000 lines');
  });
});
