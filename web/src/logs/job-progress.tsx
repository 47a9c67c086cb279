/** How far a job is: upload, place in the queue, reading. */
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { LogJob } from '../../../src/core/api.ts';
import { messageOf } from '../api/client.ts';
import { bytes, count, duration, plural } from '../format.ts';
import { now } from '../state/live.ts';
import { Badge } from '../parts/badges.tsx';
import { type IconName } from '../parts/icon.tsx';
import { cancel, resume, uploads } from './jobs.ts';
import type { Upload } from './upload.ts';

const STATES: Record<LogJob['state'], [tone: 'good' | 'warn' | 'bad' | 'quiet' | 'accent', icon: IconName, text: string]> = {
  uploading: ['accent', 'upload', 'Uploading'],
  queued: ['quiet', 'dots', 'Queued'],
  running: ['accent', 'dots', 'Running'],
  done: ['good', 'check', 'Done'],
  failed: ['bad', 'cross', 'Failed'],
  cancelled: ['quiet', 'square', 'Cancelled'],
};

export function JobBadge({ of }: { of: LogJob }): JSX.Element {
  const [tone, icon, text] = STATES[of.state] ?? ['quiet', 'dots', of.state];
  return (
    <Badge tone={tone} icon={icon}>
      {text}
    </Badge>
  );
}

/** Whole percent, never 100 before all is there. */
const percent = (part: number, whole: number): number => (whole <= 0 ? 0 : Math.min(part >= whole ? 100 : 99, Math.floor((part / whole) * 100)));

const left = (seconds: number | null): string | null =>
  seconds === null || !Number.isFinite(seconds) ? null : `${duration(Math.max(1, Math.round(seconds)) * 1000)} left`;

/** A bar; what it says aloud changes each ten percent. */
function Bar({ label, at, of, state }: { label: string; at: number; of: number; state: string }): JSX.Element {
  const done = percent(at, of);
  return (
    <div class="job-bar">
      <progress aria-label={label} max={100} value={done} />
      <b>{done}%</b>
      <span class="hidden" role="status">
        {label}: {state}, {Math.floor(done / 10) * 10}%
      </span>
    </div>
  );
}

const Words = ({ of }: { of: (string | null)[] }): JSX.Element => <p class="muted job-words">{of.filter((text) => text !== null).join(' · ')}</p>;

/** Sent from this page. */
function Sending({ job, upload }: { job: LogJob; upload: Upload }): JSX.Element {
  const { state, sent, speed, secondsLeft, error, retryAt } = upload.view.value;
  const wait = retryAt === null ? 0 : Math.max(0, retryAt - now.value);
  return (
    <>
      <Bar label={`Upload of ${job.file}`} at={sent} of={job.size} state={state === 'retrying' ? 'broken, tries again' : 'sending'} />
      {state === 'retrying' && (
        <p class="reason job-reason">
          {messageOf(error)} {wait > 1000 ? `Next attempt in ${duration(Math.round(wait / 1000) * 1000)}; ` : 'Trying again; '}it goes on at{' '}
          {percent(sent, job.size)}%.{' '}
          <button type="button" class="button small" onClick={() => upload.retryNow()}>
            Try now
          </button>
        </p>
      )}
      {state === 'waiting' && <Words of={['waits for the file before it']} />}
      {state !== 'waiting' && state !== 'retrying' && (
        <Words of={[`${bytes(sent)} of ${bytes(job.size)}`, speed === null ? null : `${bytes(speed)}/s`, left(secondsLeft)]} />
      )}
    </>
  );
}

/** Begun, and not being sent by this page: the file has to be chosen again. */
function Interrupted({ job, failed }: { job: LogJob; failed: unknown }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const [error, setError] = useState(failed);
  const choose = (file: File | undefined): void => {
    if (file === undefined) return;
    try {
      resume(job, file);
    } catch (problem) {
      setError(problem);
    }
    if (input.current) input.current.value = '';
  };
  return (
    <>
      <Bar label={`Upload of ${job.file}`} at={job.uploaded} of={job.size} state="stopped" />
      <div class="reason job-reason">
        {error !== undefined && <span role="alert">{messageOf(error)} </span>}
        The upload stopped at {bytes(job.uploaded)} of {bytes(job.size)}. Choose the same file to go on from there.
        <label class="button small">
          <input ref={input} class="hidden" type="file" onChange={(event) => choose(event.currentTarget.files?.[0])} />
          Choose {job.file}
        </label>
      </div>
    </>
  );
}

function Reading({ job }: { job: LogJob }): JSX.Element {
  return (
    <>
      <Bar label={`Reading of ${job.file}`} at={job.read} of={job.size} state="reading" />
      <Words of={[plural(job.lines, 'line'), `${count(job.linesPerSecond)} lines/s`, `${bytes(job.memory)} memory`, left(job.secondsLeft)]} />
    </>
  );
}

function Ended({ job }: { job: LogJob }): JSX.Element | null {
  if (job.state === 'failed') {
    return (
      <div class="reason failed" role="alert">
        <p>
          {job.error?.message ?? 'It failed without a reason.'} {job.error && <code>{job.error.code}</code>}
        </p>
        <p>What was read until then is kept. Delete it and upload the file again, or read it where it is: homeostat logs detect {job.file}</p>
      </div>
    );
  }
  const took = job.finishedAt === null ? null : Date.parse(job.finishedAt) - Date.parse(job.createdAt);
  return <Words of={[bytes(job.size), plural(job.lines, 'line'), took === null ? null : `${duration(took)} from choosing it to the end`]} />;
}

/** What the state of a job calls for. */
export function JobProgress({ job }: { job: LogJob }): JSX.Element {
  return (
    <>
      <Progress job={job} />
      <Halted job={job} />
    </>
  );
}

function Progress({ job }: { job: LogJob }): JSX.Element | null {
  const upload = uploads.value.get(job.id);
  if (job.state === 'uploading') {
    const view = upload?.view.value;
    if (upload !== undefined && view !== undefined && view.state !== 'failed' && view.state !== 'cancelled') return <Sending job={job} upload={upload} />;
    return <Interrupted key={String(view?.state)} job={job} failed={view?.error} />;
  }
  if (job.state === 'queued')
    return <Words of={[bytes(job.size), job.position === null ? 'waits' : job.position <= 1 ? 'is next' : `${count(job.position - 1)} before it`]} />;
  return job.state === 'running' ? <Reading job={job} /> : <Ended job={job} />;
}

/** Why a job that is not over stands still for now. */
function Halted({ job }: { job: LogJob }): JSX.Element | null {
  if (job.error === null || job.state === 'failed') return null;
  return (
    <p class="reason" role="status">
      {job.error.message} <code>{job.error.code}</code> It goes on by itself.
    </p>
  );
}

export function CancelButton({ job }: { job: LogJob }): JSX.Element {
  return (
    <button type="button" class="button small" aria-label={`Cancel ${job.file}`} onClick={() => void cancel(job)}>
      Cancel
    </button>
  );
}
