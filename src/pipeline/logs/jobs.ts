/** Jobs over uploaded files: their uploads, their queue, and the one that runs. All of it is on the disk, so that a new process goes on where this one was. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LogJob } from '../../core/api.ts';
import type { ControlRecord } from '../../core/contracts.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { JobLimits, LogJobs, LogResults, NewLogJob } from '../../core/log-live.ts';
import { pause } from '../../runtime/ports.ts';
import type { Config } from '../config/index.ts';
import { lookAtHead } from './head.ts';
import { jobConfig, type JobInput } from './job-config.ts';
import { controlOnce } from './job-engine.ts';
import { JobRun } from './job-run.ts';
import { JobStore, type JobRecord } from './job-store.ts';
import { OpenResults } from './open-results.ts';
import { Progress } from './progress.ts';
import { openResults, type ResultsOptions, type ResultsReader } from './results.ts';
import { needRoom, Upload } from './upload.ts';

export interface JobsOptions {
  /** Data folder of the process; jobs lie in `jobs` in it. */
  data: string;
  /** A job is another than before; not more than twice a second while it only goes on. */
  emit(job: LogJob): void;
  log(level: 'info' | 'warn' | 'error', message: string): void;
  /** Reads what is committed of a job. */
  openResults?: (options: ResultsOptions) => ResultsReader;
  /** Entry of the engine thread; the built one unless told otherwise. */
  engineThread?: URL;
  /** The pipeline of a job; tests give another. */
  configOf?: (input: JobInput) => Config;
}

/** How long a cancellation waits for the engine, which reads no more by then but may still write, and how long the end of the process does, ms. */
const CANCEL_WAIT = 800;
const CLOSE_WAIT = 10_000;

/** How often anomalous sessions are counted while a job runs, ms. */
const COUNT_EVERY = 2_000;

interface Job {
  record: JobRecord;
  progress: Progress;
  upload: Upload | undefined;
  run: JobRun | undefined;
  /** What is asked of a job that does not run is done one after the other. */
  asked: Promise<unknown>;
}

export class Jobs implements LogJobs {
  readonly #options: JobsOptions;
  readonly #store: JobStore;
  readonly #jobs = new Map<string, Job>();
  readonly #results = new OpenResults((id) => this.#openResults(id));
  #isOpen = false;
  #working: Promise<void> | undefined;

  constructor(options: JobsOptions) {
    this.#options = options;
    this.#store = new JobStore(join(options.data, 'jobs'));
  }

  /** Takes up what another life of the process left; called once this one owns the data folder. */
  async open(): Promise<void> {
    for (const record of this.#store.load()) this.#jobs.set(record.id, this.#job(record));
    this.#isOpen = true;
    for (const job of this.#jobs.values()) {
      // The process ended between the last byte and the look at the file.
      if (job.record.state === 'uploading' && this.#store.uploaded(job.record.id) === job.record.size) await this.#complete(job);
    }
    this.#next();
  }

  /** Stops what runs after a last commit; it goes on in the next life of the process. */
  async close(): Promise<void> {
    this.#isOpen = false;
    for (const { upload } of this.#jobs.values()) await upload?.stop();
    const ending = [...this.#jobs.values()].flatMap(({ run, asked }) => [run?.stop(), asked]);
    await within(Promise.allSettled([...ending, this.#working]), CLOSE_WAIT);
    this.#results.closeAll();
  }

  list(): LogJob[] {
    return [...this.#jobs.values()].toSorted((a, b) => b.record.createdAt - a.record.createdAt || b.record.turn - a.record.turn).map((job) => this.#view(job));
  }

  get(id: string): LogJob {
    return this.#view(this.#need(id));
  }

  async create({ file, size, session }: NewLogJob, limits: JobLimits): Promise<LogJob> {
    if (size > limits.maxUpload) throw new HomeostatError('BODY_TOO_LARGE', { limit: limits.maxUpload, bound: 'server.max_upload' });
    this.#checkSession(session);
    await this.#prune(limits, 1);
    if (this.#jobs.size >= limits.maxJobs) throw new HomeostatError('OVERLOADED', { what: 'The number of jobs (server.max_jobs)', limit: limits.maxJobs });
    mkdirSync(this.#store.folder, { recursive: true });
    needRoom(this.#store.folder, size + this.#stillToCome());
    const record: JobRecord = {
      id: randomBytes(8).toString('hex'),
      file: basename(file.replaceAll('\\', '/')) || 'log',
      size,
      ...(session === undefined ? {} : { session }),
      state: 'uploading',
      createdAt: Date.now(),
      finishedAt: null,
      turn: 0,
      read: 0,
      lines: 0,
      anomalous: 0,
      error: null,
    };
    this.#store.save(record);
    const job = this.#job(record);
    this.#jobs.set(record.id, job);
    return this.#tell(job);
  }

  async append(id: string, offset: number, content: AsyncIterable<Uint8Array>): Promise<number> {
    const job = this.#need(id);
    if (job.record.state !== 'uploading') {
      const whole = job.record.state !== 'cancelled' && offset === job.record.size;
      // The answer to the last part was lost: the same again changes nothing.
      if (whole) return offset;
      throw new HomeostatError('JOB_STATE', { job: id, state: job.record.state, detail: 'its upload has ended' });
    }
    needRoom(this.#store.folder, 0);
    job.upload ??= new Upload(this.#store.contentOf(id), job.record.size, (bytes) => job.progress.uploading(bytes));
    const at = await job.upload.append(offset, content).finally(() => job.progress.uploading(this.#store.uploaded(id)));
    if (at === job.record.size) await this.#complete(job);
    else this.#tell(job);
    return at;
  }

  async cancel(id: string): Promise<LogJob> {
    const job = this.#need(id);
    const { state } = job.record;
    if (state === 'done' || state === 'failed' || state === 'cancelled')
      throw new HomeostatError('JOB_STATE', { job: id, state, detail: 'it has ended already' });
    this.#end(job, 'cancelled');
    await job.upload?.stop();
    if (job.run !== undefined) await within(job.run.stop(), CANCEL_WAIT);
    this.#tellAll();
    return this.#view(job);
  }

  async remove(id: string): Promise<void> {
    const job = this.#need(id);
    if (job.record.finishedAt === null) await this.cancel(id);
    // Nobody may write to a folder that is being removed.
    await job.run?.stop();
    await job.asked.catch(() => undefined);
    this.#forget(id);
  }

  results(id: string): LogResults {
    this.#need(id);
    return this.#results.of(id);
  }

  #openResults(id: string): ResultsReader {
    const { data, pipelines } = this.#config(this.#need(id).record);
    return (this.#options.openResults ?? openResults)({ data, pipeline: pipelines[0], control: (control) => this.#control(id, control) });
  }

  #need(id: string): Job {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new HomeostatError('NOT_FOUND', { what: 'job', name: id });
    return job;
  }

  #job(record: JobRecord): Job {
    const progress = new Progress(() => this.#tell(job));
    progress.uploading(this.#store.uploaded(record.id));
    const job: Job = { record, progress, upload: undefined, run: undefined, asked: Promise.resolve() };
    return job;
  }

  #config(record: JobRecord): Config {
    const content = basename(this.#store.contentOf(record.id));
    const input: JobInput = { folder: this.#store.folderOf(record.id), content, ...(record.session === undefined ? {} : { session: record.session }) };
    return (this.#options.configOf ?? jobConfig)(input);
  }

  #checkSession(session: string | undefined): void {
    if (session === undefined) return;
    try {
      (this.#options.configOf ?? jobConfig)({ folder: this.#store.folder, content: 'content.log', session });
    } catch (thrown) {
      throw new HomeostatError('REQUEST_INVALID', { detail: `"session" is none: ${messageOf(thrown)}` }, thrown);
    }
  }

  /** Bytes that uploads under way will still bring. */
  #stillToCome(): number {
    let bytes = 0;
    for (const { record, progress } of this.#jobs.values()) if (record.state === 'uploading') bytes += record.size - progress.uploaded;
    return bytes;
  }

  /** The file is whole: it waits for its turn, or is refused at once. */
  async #complete(job: Job): Promise<void> {
    const { record } = job;
    try {
      const { packed } = await lookAtHead(this.#store.contentOf(record.id), record.file);
      if (record.state !== 'uploading') return;
      if (packed) this.#store.markPacked(record.id);
      const turn = 1 + Math.max(0, ...[...this.#jobs.values()].map((each) => each.record.turn));
      this.#store.save({ ...record, turn, state: 'queued' });
      Object.assign(record, { turn, state: 'queued' });
    } catch (thrown) {
      // Where the disk is at fault, the end of the upload is sent again.
      if (!(thrown instanceof HomeostatError) || thrown.code !== 'INPUT_UNREADABLE') throw thrown;
      this.#end(job, 'failed', { code: thrown.code, message: thrown.message });
    }
    this.#tell(job);
    this.#next();
  }

  /** The one that was interrupted goes on first, then in the order of their turns. */
  #queue(): Job[] {
    const waiting = [...this.#jobs.values()].filter(({ record: { state } }) => state === 'running' || state === 'queued');
    const rank = ({ record }: Job): number => (record.state === 'running' ? 0 : record.turn);
    return waiting.toSorted((a, b) => rank(a) - rank(b));
  }

  /** Begins with the next job unless one runs. */
  #next(): void {
    if (!this.#isOpen || this.#working !== undefined) return;
    const job = this.#queue()[0];
    if (job === undefined) return;
    this.#working = this.#work(job)
      .catch((thrown: unknown) => this.#broken(job, thrown))
      .finally(() => {
        this.#working = undefined;
        this.#tellAll();
        this.#next();
      });
  }

  async #work(job: Job): Promise<void> {
    const { record } = job;
    if (record.state !== 'running') {
      record.state = 'running';
      this.#store.save(record);
    }
    const content = this.#store.contentOf(record.id);
    const run = new JobRun({
      config: this.#config(record),
      size: record.size,
      path: content,
      name: record.file,
      progress: job.progress,
      engineThread: this.#options.engineThread,
    });
    job.run = run;
    this.#tellAll();
    const counting = setInterval(() => void this.#count(job), COUNT_EVERY);
    const end = await run.ended().finally(() => clearInterval(counting));
    job.run = undefined;
    // Cancelled, or the process ends and goes on with it when it is started again.
    if (end.type === 'stopped' || !isRunning(record)) return;
    Object.assign(record, run.figures());
    await this.#count(job);
    if (!isRunning(record)) return;
    if (end.type === 'finished') {
      record.read = record.size;
      this.#end(job, 'done');
    } else this.#end(job, 'failed', end.error);
  }

  /** Counted from what is stored: what the engine counts holds verdicts that were taken back as well. */
  async #count({ record }: Job): Promise<void> {
    try {
      record.anomalous = await this.#results.of(record.id).anomalous();
    } catch {
      // It is removed, or cannot be read for now: the number is the one before.
    }
  }

  /** A defect, or a record that cannot be written: the others go on. */
  #broken(job: Job, thrown: unknown): void {
    const { id, file } = job.record;
    this.#options.log('error', `job ${id} (${file}): ${messageOf(thrown)}`);
    job.run = undefined;
    if (!this.#jobs.has(id)) return;
    try {
      this.#end(job, 'failed', { code: thrown instanceof HomeostatError ? thrown.code : 'INTERNAL', message: messageOf(thrown) });
    } catch (again) {
      this.#options.log('error', `job ${id} (${file}): ${messageOf(again)}`);
    }
  }

  #end(job: Job, state: 'done' | 'failed' | 'cancelled', error: JobRecord['error'] = null): void {
    const { record } = job;
    Object.assign(record, job.run?.figures(), { state, finishedAt: Date.now(), error });
    this.#store.save(record);
  }

  /** What people say of a job's results: to its engine while there is one, else to one that is started for it. */
  async #control(id: string, record: ControlRecord): Promise<number> {
    const job = this.#need(id);
    const asked = job.asked.catch(() => undefined).then(() => this.#applied(job, record));
    job.asked = asked;
    return asked;
  }

  async #applied(job: Job, record: ControlRecord): Promise<number> {
    const { id, state } = job.record;
    if (job.run !== undefined) return job.run.control(record);
    if (state !== 'done') throw new HomeostatError('JOB_STATE', { job: id, state, detail: 'only one that runs or is done takes answers and edits' });
    return controlOnce(this.#config(job.record), this.#options.engineThread, record);
  }

  /** Makes room for further jobs: what is too old goes, then those that ended first. */
  async #prune({ maxJobs, keep }: JobLimits, room: number): Promise<void> {
    const now = Date.now();
    for (const { record, upload } of this.#jobs.values()) {
      const last = record.finishedAt ?? (record.state === 'uploading' && upload === undefined ? this.#store.touched(record.id) : now);
      if (now - last > keep) await this.remove(record.id);
    }
    const ended = [...this.#jobs.values()].filter(({ record }) => record.finishedAt !== null).toSorted((a, b) => a.record.finishedAt! - b.record.finishedAt!);
    for (const { record } of ended.slice(0, Math.max(0, this.#jobs.size + room - maxJobs))) await this.remove(record.id);
  }

  #forget(id: string): void {
    this.#results.close(id);
    this.#jobs.delete(id);
    this.#store.remove(id);
    this.#tellAll();
  }

  /** Places in the queue change together. */
  #tellAll(): void {
    for (const job of this.#jobs.values()) if (job.record.finishedAt === null || Date.now() - job.record.finishedAt < 1_000) this.#tell(job);
  }

  #tell(job: Job): LogJob {
    const view = this.#view(job);
    this.#options.emit(view);
    return view;
  }

  #view(job: Job): LogJob {
    const { record, progress, run } = job;
    const { id, file, size, state, createdAt, finishedAt } = record;
    const figures = run?.figures() ?? record;
    const place = this.#queue().indexOf(job);
    return {
      id,
      file,
      size,
      uploaded: progress.uploaded,
      read: Math.min(size, figures.read),
      state,
      lines: figures.lines,
      linesPerSecond: run === undefined ? 0 : progress.linesPerSecond,
      memory: process.memoryUsage.rss(),
      secondsLeft: run === undefined ? null : progress.secondsLeft(size),
      anomalous: record.anomalous,
      createdAt: new Date(createdAt).toISOString(),
      finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString(),
      error: record.error ?? run?.trouble ?? null,
      position: place < 0 ? null : place,
    };
  }
}

function isRunning({ state }: JobRecord): boolean {
  return state === 'running';
}

/** Goes on when the work is done, or after so long, ms. */
async function within(work: Promise<unknown>, most: number): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, pause(most, over.signal)]);
  over.abort();
}
