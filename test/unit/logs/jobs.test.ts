/** Jobs over uploaded files in this process: real files, real engine threads, a pipeline of numbers in the place of one over logs. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { LogJob, LogJobState } from '../../../src/core/api.ts';
import type { HomeostatError } from '../../../src/core/errors.ts';
import type { JobLimits } from '../../../src/core/log-live.ts';
import { configOf, JOB_PIPELINE } from '../../../src/pipeline/logs/job-config.ts';
import { Jobs } from '../../../src/pipeline/logs/jobs.ts';
import { project } from '../../support/oracle.ts';
import { until } from '../../support/program.ts';

const engineThread = new URL('../../../dist/pipeline/engine-thread.js', import.meta.url);
const LIMITS: JobLimits = { maxUpload: 100_000_000, maxJobs: 50, keep: 86_400_000 };
const ENDED: readonly LogJobState[] = ['done', 'failed', 'cancelled'];

const homes: Home[] = [];
afterEach(async () => {
  for (const home of homes.splice(0)) {
    await home.jobs.close();
    rmSync(home.data, { recursive: true, force: true });
  }
});

/** A data folder, and the jobs of the life of the process that owns it. */
class Home {
  readonly data = mkdtempSync(join(tmpdir(), 'homeostat-jobs-'));
  readonly told: LogJob[] = [];
  jobs = this.#jobs();

  async open(): Promise<this> {
    homes.push(this);
    await this.jobs.open();
    return this;
  }

  /** Ends this life as a signal does, and begins another. */
  async restart(): Promise<void> {
    await this.jobs.close();
    this.jobs = this.#jobs();
    await this.jobs.open();
  }

  #jobs(): Jobs {
    const number = (folder: string, content: string): ReturnType<typeof configOf> =>
      configOf(folder, [`source: { file: { path: ${content}, chunk: 16KiB } }`, 'format: { csv: {} }', 'detect: { detector: { ema: { span: 20 } } }']);
    return new Jobs({
      data: this.data,
      engineThread,
      emit: (job) => this.told.push(job),
      log: () => {},
      configOf: ({ folder, content, session }) => {
        if (session === '(') throw new Error('unterminated group');
        // Only when it is to run.
        if (session === 'odd' && folder.length > this.data.length + 6) throw new Error('no such session');
        return number(folder, content);
      },
    });
  }

  async send(file: string, bytes: Uint8Array, size = bytes.length): Promise<string> {
    const { id } = await this.jobs.create({ file, size }, LIMITS);
    await this.jobs.append(id, 0, pieces(bytes));
    return id;
  }

  ended(id: string): Promise<LogJob> {
    return until(async () => {
      const job = this.jobs.get(id);
      return ENDED.includes(job.state) ? job : undefined;
    }, `${id} ends`);
  }

  folder(id: string): string {
    return join(this.data, 'jobs', id);
  }
}

const home = (): Promise<Home> => new Home().open();

/** Rows with a spike here and there. */
function rows(count: number): Buffer {
  const lines = Array.from(
    { length: count },
    (_, i) => `${1_700_000_000_000 + i * 1000},${(100 + Math.sin(i * 12.9898) * 5 + (i % 500 === 400 ? 90 : 0)).toFixed(3)}`,
  );
  return Buffer.from(`time,value\n${lines.join('\n')}\n`);
}

async function* pieces(bytes: Uint8Array, size = 50_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Bytes, and then the connection breaks. */
async function* broken(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
  throw new Error('aborted');
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (thrown: HomeostatError) => thrown.code,
  );

describe('an upload', () => {
  it('goes on where a broken connection left it, and runs once it is whole', async () => {
    const { jobs, ended, folder, told } = await bound();
    const bytes = rows(3000);
    const { id, state } = await jobs.create({ file: 'C:\\logs\\a.csv', size: bytes.length }, LIMITS);
    expect(state).toBe('uploading');
    expect(await codeOf(jobs.append(id, 0, broken(bytes.subarray(0, 10_000))))).toBe('REQUEST_INVALID');
    expect(jobs.get(id)).toMatchObject({ file: 'a.csv', uploaded: 10_000, state: 'uploading', position: null });
    expect(await jobs.append(id, 10_000, pieces(bytes.subarray(10_000, 20_000)))).toBe(20_000);
    expect(await jobs.append(id, 20_000, pieces(bytes.subarray(20_000)))).toBe(bytes.length);
    expect(await ended(id)).toMatchObject({ state: 'done', lines: 3000, read: bytes.length, uploaded: bytes.length, error: null, position: null });
    expect(readFileSync(join(folder(id), 'content.log')).equals(bytes)).toBe(true);
    expect(new Set(told.map(({ state }) => state))).toEqual(new Set(['uploading', 'queued', 'running', 'done']));
    // The answer to the last part was lost, and it is sent again.
    expect(await jobs.append(id, bytes.length, pieces(new Uint8Array(0)))).toBe(bytes.length);
  });

  it('refuses what does not fit, and says where it stands', async () => {
    const { jobs } = await home();
    const { id } = await jobs.create({ file: 'a.csv', size: 1000 }, LIMITS);
    await jobs.append(id, 0, pieces(new Uint8Array(100).fill(97)));
    await expect(jobs.append(id, 50, pieces(new Uint8Array(10)))).rejects.toMatchObject({
      code: 'UPLOAD_OFFSET',
      message: expect.stringContaining('byte 100') as string,
    });
    expect(await codeOf(jobs.append(id, 200, pieces(new Uint8Array(10))))).toBe('UPLOAD_OFFSET');
    // More than was announced: nothing of it is kept.
    expect(await codeOf(jobs.append(id, 100, pieces(new Uint8Array(901), 300)))).toBe('BODY_TOO_LARGE');
    expect(jobs.get(id).uploaded).toBe(100);
    expect(await codeOf(jobs.append('nobody', 0, pieces(new Uint8Array(1))))).toBe('NOT_FOUND');
  });

  it('belongs to the newest request: the one before ends, and what it brought is kept', async () => {
    const { jobs } = await home();
    const { id } = await jobs.create({ file: 'a.csv', size: 1000 }, LIMITS);
    let arrived = (): void => {};
    const first = new Promise<void>((resolve) => (arrived = resolve));
    async function* hanging(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10).fill(97);
      arrived();
      await new Promise(() => {});
    }
    const hangs = codeOf(jobs.append(id, 0, hanging()));
    await first;
    expect(await codeOf(jobs.append(id, 0, pieces(new Uint8Array(20))))).toBe('UPLOAD_OFFSET');
    expect(await hangs).toBe('REQUEST_INVALID');
    expect(await jobs.append(id, 10, pieces(new Uint8Array(20).fill(98)))).toBe(30);
  });

  it('goes on in the next life of the process', async () => {
    const place = await home();
    const bytes = rows(1000);
    const { id } = await place.jobs.create({ file: 'a.csv', size: bytes.length }, LIMITS);
    await place.jobs.append(id, 0, pieces(bytes.subarray(0, 5000)));
    await place.restart();
    expect(place.jobs.get(id)).toMatchObject({ state: 'uploading', uploaded: 5000 });
    await place.jobs.append(id, 5000, pieces(bytes.subarray(5000)));
    expect((await place.ended(id)).lines).toBe(1000);
  });

  it('that was whole when the process ended is worked on', async () => {
    const place = await home();
    const bytes = rows(1000);
    const { id } = await place.jobs.create({ file: 'a.csv', size: bytes.length }, LIMITS);
    await place.jobs.append(id, 0, pieces(bytes.subarray(0, 5000)));
    await place.jobs.close();
    writeFileSync(join(place.folder(id), 'content.log'), bytes);
    await place.restart();
    expect((await place.ended(id)).state).toBe('done');
  });

  it('is bounded in size and in number', async () => {
    const { jobs } = await home();
    expect(await codeOf(jobs.create({ file: 'a', size: 101 }, { ...LIMITS, maxUpload: 100 }))).toBe('BODY_TOO_LARGE');
    expect(await codeOf(jobs.create({ file: 'a', size: 2 ** 50 }, { ...LIMITS, maxUpload: 2 ** 51 }))).toBe('DISK_FULL');
    expect(await codeOf(jobs.create({ file: 'a', size: 1, session: '(' }, LIMITS))).toBe('REQUEST_INVALID');
    const two = { ...LIMITS, maxJobs: 2 };
    await jobs.create({ file: 'a', size: 1 }, two);
    await jobs.create({ file: 'b', size: 1 }, two);
    expect(await codeOf(jobs.create({ file: 'c', size: 1 }, two))).toBe('OVERLOADED');
  });
});

/** A home whose methods may be taken apart. */
async function bound() {
  const place = await home();
  return { jobs: place.jobs, told: place.told, ended: (id: string) => place.ended(id), folder: (id: string) => place.folder(id) };
}

describe('what is sent', () => {
  it('may be packed with gzip, and gives the same', async () => {
    const place = await home();
    const bytes = rows(2000);
    const plain = await place.send('a.csv', bytes);
    const packed = await place.send('a.csv.gz', gzipSync(bytes));
    expect(await place.ended(plain)).toMatchObject({ state: 'done', lines: 2000 });
    expect(await place.ended(packed)).toMatchObject({ state: 'done', lines: 2000 });
    expect(verdicts(place, packed).map(bare)).toEqual(verdicts(place, plain).map(bare));
  });

  it('may be half a gzip file: what came of it is read, and it is said', async () => {
    const place = await home();
    const id = await place.send('half.csv.gz', gzipSync(rows(20_000)).subarray(0, 100_000));
    const job = await place.ended(id);
    expect(job).toMatchObject({ state: 'failed', error: { code: 'INPUT_UNREADABLE' } });
    expect(job.error!.message).toContain('half.csv.gz');
    expect(job.error!.message).toContain('only the beginning of a gzip file');
    expect(job.lines).toBeGreaterThan(1000);
    expect(verdicts(place, id).length).toBeGreaterThan(1000);
  });

  it.each([
    ['program.bin', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]), /a program \(ELF\)/],
    ['random.log', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)), /it is binary: \d+% of its first 5000 bytes/],
    ['logs.zip', Buffer.from('504b0304140000', 'hex'), /a zip archive; unpack it/],
    ['packed.gz', gzipSync(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0])), /what is in it is a program/],
    ['broken.gz', Buffer.from('1f8b08000000000000ff' + 'ff'.repeat(50), 'hex'), /begins as a gzip file does and cannot be unpacked/],
  ])('is refused where it is no text: %s', async (file, bytes, words) => {
    const place = await home();
    const job = await place.ended(await place.send(file, bytes));
    expect(job).toMatchObject({ state: 'failed', error: { code: 'INPUT_UNREADABLE' } });
    expect(job.error!.message).toMatch(words);
    expect(job.error!.message).toContain(file);
  });
});

describe('the queue', () => {
  it('runs ten jobs one after the other, in the order in which their uploads ended', async () => {
    const place = await home();
    const made: string[] = [];
    for (let i = 0; i < 10; i++) made.push((await place.jobs.create({ file: `${i}.csv`, size: rows(300).length }, LIMITS)).id);
    const order = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7].map((i) => made[i]);
    for (const id of order) await place.jobs.append(id, 0, pieces(rows(300)));
    const places = order.map((id) => place.jobs.get(id).position);
    expect(places.filter((each) => each !== null)).toEqual(places.filter((each) => each !== null).map((_, i) => i));
    for (const id of order) expect((await place.ended(id)).state).toBe('done');
    const begun = place.told.filter(({ state }) => state === 'running').map(({ id }) => id);
    expect([...new Set(begun)]).toEqual(order);
    const ends = order.map((id) => place.jobs.get(id).finishedAt!);
    expect(ends.toSorted()).toEqual(ends);
  });

  it('goes on with the job that was stopped in the middle, and the result is the same', async () => {
    const place = await home();
    const bytes = rows(60_000);
    const id = await place.send('a.csv', bytes);
    await until(async () => (place.jobs.get(id).lines > 2000 ? true : undefined), 'the job is in the middle');
    const waiting = await place.send('b.csv', rows(300));
    await place.restart();
    expect(place.jobs.get(waiting).state).toBe('queued');
    expect((await place.ended(id)).lines).toBe(60_000);
    expect((await place.ended(waiting)).state).toBe('done');
    const again = await place.send('a.csv', bytes);
    await place.ended(again);
    expect(verdicts(place, id)).toEqual(verdicts(place, again));
  });

  it('goes on when one cannot even begin', async () => {
    const place = await home();
    const bytes = rows(100);
    const { id } = await place.jobs.create({ file: 'a.csv', size: bytes.length, session: 'odd' }, LIMITS);
    await place.jobs.append(id, 0, pieces(bytes));
    const next = await place.send('b.csv', bytes);
    expect(await place.ended(id)).toMatchObject({ state: 'failed', error: { code: 'INTERNAL', message: 'no such session' } });
    expect((await place.ended(next)).state).toBe('done');
  });

  it('cancels what runs, what waits and what is sent, and goes on with the next', async () => {
    const place = await home();
    const running = await place.send('a.csv', rows(200_000));
    const waiting = await place.send('b.csv', rows(300));
    const next = await place.send('c.csv', rows(300));
    const { id: uploading } = await place.jobs.create({ file: 'd.csv', size: 100 }, LIMITS);
    await until(async () => (place.jobs.get(running).lines > 0 ? true : undefined), 'the job runs');
    expect(await place.jobs.cancel(waiting)).toMatchObject({ state: 'cancelled', position: null });
    expect(await place.jobs.cancel(running)).toMatchObject({ state: 'cancelled', error: null });
    expect(await place.jobs.cancel(uploading)).toMatchObject({ state: 'cancelled' });
    expect((await place.ended(next)).state).toBe('done');
    expect(verdicts(place, running).length).toBeGreaterThan(0);
    expect(await codeOf(place.jobs.cancel(running))).toBe('JOB_STATE');
    expect(await codeOf(place.jobs.append(uploading, 0, pieces(new Uint8Array(1))))).toBe('JOB_STATE');
    await place.restart();
    expect(place.jobs.get(running).state).toBe('cancelled');
  });
});

describe('jobs that ended', () => {
  it('are kept over a restart, and gone with all their files when removed', async () => {
    const place = await home();
    const id = await place.send('a.csv', rows(300));
    const job = await place.ended(id);
    await place.restart();
    expect(place.jobs.get(id)).toEqual({ ...job, memory: expect.any(Number) as number });
    await place.jobs.remove(id);
    expect(existsSync(place.folder(id))).toBe(false);
    expect(readdirSync(join(place.data, 'jobs'))).toEqual([]);
    expect(await codeOf(place.jobs.remove(id))).toBe('NOT_FOUND');
  });

  it('make room for new ones, the one that ended first before the others', async () => {
    const place = await home();
    const first = await place.send('a.csv', rows(100));
    await place.ended(first);
    const second = await place.send('b.csv', rows(100));
    await place.ended(second);
    const { id } = await place.jobs.create({ file: 'c.csv', size: 1 }, { ...LIMITS, maxJobs: 2 });
    expect(place.jobs.list().map((job) => job.id)).toEqual([id, second]);
    await place.jobs.create({ file: 'd.csv', size: 1 }, { ...LIMITS, keep: -1 });
    expect(existsSync(place.folder(second))).toBe(false);
  });

  it('can be removed while they run', async () => {
    const place = await home();
    const id = await place.send('a.csv', rows(100_000));
    await until(async () => (place.jobs.get(id).lines > 0 ? true : undefined), 'the job runs');
    await place.jobs.remove(id);
    expect(place.jobs.list()).toEqual([]);
    expect(existsSync(place.folder(id))).toBe(false);
  });

  it('leave nothing half made behind', async () => {
    const place = await home();
    const id = await place.send('a.csv', rows(100));
    await place.ended(id);
    await place.jobs.close();
    // A folder whose record was never moved into place, and one whose removal was cut.
    mkdirSync(place.folder('half'));
    writeFileSync(join(place.folder('half'), 'job.json.tmp'), '{"id":"half"');
    renameSync(place.folder(id), place.folder(`.gone-${id}`));
    await place.restart();
    expect(place.jobs.list()).toEqual([]);
    expect(readdirSync(join(place.data, 'jobs'))).toEqual([]);
  });

  it('take what people say', async () => {
    const place = await home();
    const id = await place.send('a.csv', rows(100));
    await place.ended(id);
    const results = place.jobs.results(id);
    expect(await results.control({ type: 'savepoint', by: 'ann' })).toBe(1);
    expect(await results.control({ type: 'savepoint', by: 'ann' })).toBe(2);
    const { id: open } = await place.jobs.create({ file: 'b.csv', size: 1 }, LIMITS);
    expect(await codeOf(place.jobs.results(open).control({ type: 'savepoint', by: 'ann' }))).toBe('JOB_STATE');
  });
});

function verdicts(place: Home, id: string): string[] {
  return project(place.folder(id), JOB_PIPELINE).verdicts;
}

/** Without the hash of the configuration, which names the file. */
function bare(verdict: string): object {
  const { config: _config, ...rest } = JSON.parse(verdict) as { config: string };
  return rest;
}
