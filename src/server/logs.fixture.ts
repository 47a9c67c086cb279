/** Logs of a process in memory: one log pipeline, `app`, and one job that is done, with results that are all made up. */
import type { LogJob, LogSession, LogTemplate } from '../core/api.ts';
import type { ControlRecord } from '../core/contracts.ts';
import { HomeostatError } from '../core/errors.ts';
import type { JobLimits, LogJobs, LogResults, NewLogJob, RunningLogs } from '../core/log-live.ts';

const AT = '2026-01-05T10:00:00.000Z';

export function templateFixture(id = 1, text = 'Received block <*> of size <*>'): LogTemplate {
  return {
    id,
    text,
    name: null,
    level: 'info',
    count: 12,
    first: AT,
    last: AT,
    pinned: false,
    ignored: false,
    example: 'Received block blk_1 of size 7, "quoted"',
    parameters: [{ type: 'integer', examples: ['7'] }],
    trend: [1, 2, 9],
  };
}

export function sessionFixture(session = 'blk_1', anomalous = true): LogSession {
  return {
    session,
    verdict: '00000000000000a1',
    time: AT,
    first: AT,
    last: AT,
    lines: 3,
    score: anomalous ? 4.2 : null,
    threshold: anomalous ? 2 : null,
    anomalous,
    reasons: anomalous ? [{ judge: 'new-event', text: '=the template was never seen' }] : [],
    pattern: 'a1b2',
    patternSeen: 0,
    patternFirst: null,
    answered: null,
  };
}

export function jobFixture(more: Partial<LogJob> = {}): LogJob {
  return {
    id: 'job1',
    file: 'app.log',
    size: 100,
    uploaded: 100,
    read: 100,
    state: 'done',
    lines: 10,
    linesPerSecond: 0,
    memory: 1,
    secondsLeft: null,
    anomalous: 1,
    createdAt: AT,
    finishedAt: AT,
    error: null,
    position: null,
    ...more,
  };
}

class FixtureResults implements LogResults {
  readonly said: ControlRecord[] = [];

  async overview(): ReturnType<LogResults['overview']> {
    const counts = { lines: 10, bytes: 100, templates: 1, sessionsJudged: 2, sessionsOpen: 0, anomalous: 1, deadLetters: 0 };
    return { layout: ['{time:ymd} {level} {message}'], sessions: { by: 'identifier', evidence: ['blk_… in 9 of 10 lines'] }, ...counts, first: AT, last: null };
  }
  async templates(): ReturnType<LogResults['templates']> {
    return { templates: [templateFixture()], total: 1, bucket: 1000, from: AT };
  }
  async sessions({ anomalous }: { anomalous?: boolean }): ReturnType<LogResults['sessions']> {
    const sessions = [sessionFixture(), sessionFixture('blk_2', false)].filter((each) => anomalous === undefined || each.anomalous === anomalous);
    return { sessions, next: null };
  }
  async session(id: string): ReturnType<LogResults['session']> {
    if (id !== 'blk_1') throw new HomeostatError('NOT_FOUND', { what: 'session of app', name: id });
    const line = { offset: 0, time: null, level: 'info', template: 1, templateText: 'a', text: null, highlighted: true };
    return { ...sessionFixture(), lineList: [line], nearest: [{ template: 1, templateText: 'a', here: 1, there: 2 }] };
  }
  async scores(): ReturnType<LogResults['scores']> {
    const thresholds = [{ name: 'budget', kind: 'dynamic', limit: 2, flagged: 1, inForce: true } as const];
    return { edges: [1, 2, 4], counts: [1, 0], thresholds, time: [AT], sessions: [1], flagged: [[1]], limits: [[null]] };
  }
  async models(): ReturnType<LogResults['models']> {
    return [{ judge: 'lstm-autoencoder', card: [['hidden', '32']], loss: [{ epoch: 1, training: 2, validation: 3 }] }];
  }
  async answers(): ReturnType<LogResults['answers']> {
    return [{ id: 'a1', pattern: 'a1b2', says: 'normal', reason: 'a test', by: 'ann', session: 'blk_1', at: AT, undone: false }];
  }
  async preview(question: Parameters<LogResults['preview']>[0]): ReturnType<LogResults['preview']> {
    // oxlint-disable-next-line unicorn/no-thenable -- no function
    return { pattern: question.pattern, days: question.days, alerts: 1, silenced: 0, added: 0, normal: 0, anomalous: 0, then: 'judged' };
  }
  async *allTemplates(): AsyncGenerator<LogTemplate[]> {
    yield [templateFixture()];
  }
  async *allSessions(): AsyncGenerator<LogSession[]> {
    yield [sessionFixture()];
    yield [sessionFixture('blk_2', false)];
  }
  async control(record: ControlRecord): Promise<number> {
    return this.said.push(record);
  }
}

export class FixtureLogs implements RunningLogs {
  readonly app = new FixtureResults();
  readonly made: { job: NewLogJob; limits: JobLimits }[] = [];
  readonly received: { offset: number; bytes: Buffer }[] = [];
  readonly gone: string[] = [];

  readonly jobs: LogJobs = {
    list: () => [jobFixture(), jobFixture({ id: 'job2', state: 'uploading', uploaded: 40, finishedAt: null })],
    get: (id) => this.#need(id),
    create: async (job, limits) => {
      this.made.push({ job, limits });
      return jobFixture({ id: 'job3', file: job.file, size: job.size, state: 'uploading', uploaded: 0 });
    },
    append: async (id, offset, content) => {
      const { uploaded } = this.#need(id);
      if (offset !== uploaded) throw new HomeostatError('UPLOAD_OFFSET', { offset: uploaded, given: offset });
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      this.received.push({ offset, bytes });
      return offset + bytes.length;
    },
    cancel: async (id) => {
      const job = this.#need(id);
      if (job.state === 'done') throw new HomeostatError('JOB_STATE', { job: id, state: job.state, detail: 'it has ended already' });
      return { ...job, state: 'cancelled' };
    },
    remove: async (id) => void this.gone.push(this.#need(id).id),
    results: (id) => (this.#need(id), this.app),
  };

  results(pipeline: string): LogResults {
    if (pipeline === 'app') return this.app;
    if (pipeline === 'checkout') throw new HomeostatError('LOGS_NONE', { pipeline });
    throw new HomeostatError('NOT_FOUND', { what: 'pipeline', name: pipeline });
  }

  #need(id: string): LogJob {
    const job = this.jobs.list().find((each) => each.id === id);
    if (job === undefined) throw new HomeostatError('NOT_FOUND', { what: 'job', name: id });
    return job;
  }
}
