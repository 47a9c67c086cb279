/** Jobs over uploaded files as the page shows them, and the uploads that this page sends. */
import { computed, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { LogJob, Page } from '../../../src/core/api.ts';
import { get, post, remove, signedOut } from '../api/client.ts';
import { generation, on } from '../api/connection.ts';
import { attempt, toast } from '../state/toasts.ts';
import type { Source } from './source.ts';
import { transportTo } from './transport.ts';
import { Upload } from './upload.ts';

export const jobs = signal<readonly LogJob[] | null>(null);
export const jobsError = signal<unknown>(undefined);
/** By id of the job. */
export const uploads = signal<ReadonlyMap<string, Upload>>(new Map());

/** How often the list is read while a job is on its way, in case an event was missed, and else; ms. */
const BUSY = 3000;
const CALM = 15_000;
const KEY = 'homeostat.uploads';

/** File of a job, name of a pipeline. */
export const nameOf = ({ kind, id }: Source): string => (kind === 'pipeline' ? id : (jobs.value?.find((job) => job.id === id)?.file ?? id));

export const isActive = ({ state }: LogJob): boolean => state === 'uploading' || state === 'queued' || state === 'running';
const anyActive = computed(() => jobs.value?.some(isActive) ?? false);

async function load(): Promise<void> {
  try {
    jobs.value = (await get<Page<LogJob>>('logs/jobs')).items;
    jobsError.value = undefined;
  } catch (error) {
    jobsError.value = error;
  }
}

export const reloadJobs = (): void => void load();

/** Keeps the list up to date while a component shows it: by events, and by asking in case one was missed. */
export function useJobs(): void {
  const every = anyActive.value ? BUSY : CALM;
  const again = generation.value;
  const open = !signedOut.value;
  useEffect(() => on('log-job', ({ job }) => takeJob(job)), []);
  useEffect(() => {
    if (!open) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const run = async (): Promise<void> => {
      if (!document.hidden || jobs.peek() === null) await load();
      if (!ended) timer = setTimeout(() => void run(), every);
    };
    void run();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [every, again, open]);
}

export function takeJob(job: LogJob): void {
  const known = jobs.peek() ?? [];
  jobs.value = known.some(({ id }) => id === job.id) ? known.map((one) => (one.id === job.id ? job : one)) : [job, ...known];
}

/** What this browser knows of files that it began to send, so that another file of the same name is not mistaken for one. */
function begun(): Record<string, number> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, number>;
  } catch {
    return {};
  }
}

function remember(job: string, modified: number | null): void {
  const all = begun();
  if (modified === null) delete all[job];
  else all[job] = modified;
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    // Private windows may refuse: a reload then asks to choose the job's file by its own button.
  }
}

/** Sends one file after the other: two at once would only share the way. */
let queue: Promise<void> = Promise.resolve();

async function sendAfter(before: Promise<void>, job: string, upload: Upload): Promise<void> {
  await before;
  await upload.run();
  if (upload.view.peek().state === 'sent') remember(job, null);
  reloadJobs();
}

function send(job: string, file: File): void {
  const upload = new Upload(file, transportTo(job));
  uploads.value = new Map(uploads.peek()).set(job, upload);
  queue = sendAfter(queue, job, upload);
}

/** The job to which this very file was already being sent. */
function unfinished(file: File): LogJob | undefined {
  const known = begun();
  return jobs
    .peek()
    ?.find(({ id, state, file: name, size }) => state === 'uploading' && name === file.name && size === file.size && known[id] === file.lastModified);
}

/** Begins to send a file, or goes on with it. Answers the job's id; throws what the server says when it refuses. */
export async function begin(file: File, session: string): Promise<string> {
  if (file.size === 0) throw new Error(`${file.name} is empty: there is nothing to read.`);
  await load();
  const before = unfinished(file);
  if (before !== undefined) {
    resume(before, file);
    toast(`Going on with ${file.name}.`);
    return before.id;
  }
  const job = await post<LogJob>('logs/jobs', { file: file.name, size: file.size, ...(session === '' ? {} : { session }) });
  remember(job.id, file.lastModified);
  takeJob(job);
  send(job.id, file);
  return job.id;
}

/** Goes on with an upload that stopped; the file has to be the one that was begun. */
export function resume(job: LogJob, file: File): void {
  if (file.name !== job.file || file.size !== job.size) throw new Error(`This is not the file that was begun: ${job.file} has ${job.size} bytes.`);
  if (uploads.peek().get(job.id)?.active) return;
  remember(job.id, file.lastModified);
  send(job.id, file);
}

export async function cancel(job: LogJob): Promise<void> {
  uploads.peek().get(job.id)?.cancel();
  await attempt(() => post(`logs/jobs/${encodeURIComponent(job.id)}/cancel`), `${job.file} is cancelled.`);
  remember(job.id, null);
  reloadJobs();
}

export async function discard(job: LogJob): Promise<boolean> {
  uploads.peek().get(job.id)?.cancel();
  const done = await attempt(() => remove(`logs/jobs/${encodeURIComponent(job.id)}`), `${job.file} and its results are deleted.`);
  if (done) {
    remember(job.id, null);
    jobs.value = (jobs.peek() ?? []).filter(({ id }) => id !== job.id);
  }
  return done;
}

addEventListener('beforeunload', (event) => {
  if ([...uploads.peek().values()].some((upload) => upload.active)) event.preventDefault();
});
addEventListener('online', () => {
  for (const upload of uploads.peek().values()) upload.retryNow();
});
