/** A log file uploaded to the built program and worked on there: over broken connections, and killed with -9 again and again. */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogAnswerPreview, LogJob, LogOverview, LogScores, LogSessionDetail, LogSessions, LogTemplates, Page, Problem } from '../../src/core/api.ts';
import { JOB_PIPELINE } from '../../src/pipeline/logs/job-config.ts';
import { get } from '../support/api.ts';
import { project, type Projection } from '../support/oracle.ts';
import { startServer, until, type Server } from '../support/program.ts';

const PART = 1_000_000;
const BLOCKS = 24_000;
const folders: string[] = [];
const servers: Server[] = [];
let log: Buffer;

/** Blocks of a file system: nine lines each, in turn; one in 300 loses its last lines and says why. */
function makeLog(): Buffer {
  const lines: string[] = [];
  const start = Date.UTC(2026, 0, 5);
  const events = (b: number): string[] => {
    const id = `blk_${(b * 7919) % 1_000_003}`;
    const ip = `10.0.${b % 200}.${b % 250}`;
    const odd = b % 300 === 299;
    return [
      `INFO dfs.FSNamesystem: BLOCK* allocateBlock: /user/root/part-${b}. ${id}`,
      ...[1, 2, 3].map((k) => `INFO dfs.DataNode: Receiving block ${id} src: /${ip}:${5000 + k} dest: /${ip}:50010`),
      ...[1, 2, 3].map((k) => `INFO dfs.PacketResponder: PacketResponder ${k} for block ${id} terminating`),
      odd
        ? `ERROR dfs.DataNode: writeBlock ${id} received exception java.io.IOException: Connection reset by peer`
        : `INFO dfs.FSNamesystem: addStoredBlock: ${ip}:50010 is added to ${id} size ${b * 1024}`,
      ...(odd ? [] : [`INFO dfs.FSDataset: Deleting block ${id} file /mnt/${b}`]),
    ];
  };
  for (let b = 0; b < BLOCKS; b += 4) {
    const four = [0, 1, 2, 3].map((k) => events(b + k));
    for (let i = 0; i < 9; i++) {
      for (const each of four) {
        const time = new Date(start + lines.length * 250).toISOString().replace('T', ' ').slice(0, 23);
        if (each[i] !== undefined) lines.push(`${time} ${each[i]}`);
      }
    }
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

beforeAll(() => void (log = makeLog()));
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

class Home {
  readonly folder = mkdtempSync(join(tmpdir(), 'homeostat-log-jobs-'));
  server!: Server;

  /** `more`: further pipelines. */
  constructor(more = '') {
    folders.push(this.folder);
    writeFileSync(join(this.folder, 'none.csv'), 'time,value\n');
    writeFileSync(join(this.folder, 'app.log'), '');
    writeFileSync(
      join(this.folder, 'homeostat.yaml'),
      `data: ./data\nserver: { max_upload: 1GiB }\npipelines:\n  p: { source: { file: { path: none.csv, follow: true } } }\n  ${more}\n`,
    );
  }

  async start(): Promise<void> {
    this.server = await startServer(['run', 'homeostat.yaml'], this.folder);
    servers.push(this.server);
  }

  async killAndStart(): Promise<void> {
    const gone = new Promise((resolve) => this.server.child.once('exit', resolve));
    this.server.child.kill('SIGKILL');
    await gone;
    await this.start();
  }

  get<T>(path: string): Promise<T> {
    return get(this.server.address, path);
  }

  async make(size = log.length): Promise<string> {
    const answer = await this.#send('POST', 'logs/jobs', JSON.stringify({ file: 'hdfs.log', size }), { 'content-type': 'application/json' });
    expect(answer.status).toBe(201);
    return ((await answer.json()) as LogJob).id;
  }

  async offset(id: string): Promise<number> {
    const answer = await this.#send('HEAD', `logs/jobs/${id}/content`);
    return Number(answer.headers.get('upload-offset'));
  }

  part(id: string, from: number, to = from + PART): Promise<Response> {
    const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': String(from) };
    return this.#send('PATCH', `logs/jobs/${id}/content`, log.subarray(from, to), headers);
  }

  /** From where the server is to the end, or to `to`. */
  async sendOn(id: string, to = log.length): Promise<void> {
    for (let at = await this.offset(id); at < to;) {
      const answer = await this.part(id, at, Math.min(to, at + PART));
      expect(answer.status, await answer.text()).toBe(204);
      at = Number(answer.headers.get('upload-offset'));
    }
  }

  /** Announces a part and sends only a piece of it; answers once the server has that. */
  async sendHalf(id: string, from: number, bytes: number): Promise<() => void> {
    const url = `${this.server.address}/api/v1/logs/jobs/${id}/content`;
    const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': String(from), 'content-length': String(PART) };
    const sent = request(url, { method: 'PATCH', headers });
    sent.on('error', () => {});
    sent.write(log.subarray(from, from + bytes));
    await until(async () => ((await this.offset(id)) >= from + bytes ? true : undefined), 'the piece arrives');
    return () => void sent.destroy();
  }

  ended(id: string): Promise<LogJob> {
    const look = async (): Promise<LogJob | undefined> => {
      const job = await this.get<LogJob>(`logs/jobs/${id}`);
      return ['done', 'failed', 'cancelled'].includes(job.state) ? job : undefined;
    };
    return until(look, 'the job ends', 90_000);
  }

  #send(method: string, path: string, body?: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.server.address}/api/v1/${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: body as never }),
      signal: AbortSignal.timeout(20_000),
    });
  }

  async text(path: string): Promise<string> {
    return (await this.#send('GET', path)).text();
  }

  post(path: string, body: object): Promise<Response> {
    return this.#send('POST', path, JSON.stringify(body), { 'content-type': 'application/json' });
  }

  remove(path: string): Promise<Response> {
    return this.#send('DELETE', path);
  }
}

interface Result {
  verdicts: Projection;
  overview: LogOverview;
  templates: LogTemplates;
  scores: LogScores;
  downloads: string[];
}

async function resultOf(home: Home, id: string): Promise<Result> {
  const base = `logs/jobs/${id}`;
  const downloads = ['templates', 'sessions', 'answers'].flatMap((what) =>
    ['csv', 'ndjson'].map((format) => home.text(`${base}/download?what=${what}&format=${format}`)),
  );
  return {
    verdicts: project(join(home.folder, 'data', 'jobs', id), JOB_PIPELINE),
    overview: await home.get(`${base}/overview`),
    templates: await home.get(`${base}/templates`),
    scores: await home.get(`${base}/scores`),
    downloads: await Promise.all(downloads),
  };
}

describe('a log file', () => {
  let plain: Home;
  let id: string;
  let result: Result;

  beforeAll(async () => {
    plain = new Home();
    await plain.start();
    id = await plain.make();
    await plain.sendOn(id);
    expect(await plain.ended(id)).toMatchObject({ state: 'done', error: null, read: log.length });
    result = await resultOf(plain, id);
  });

  it('is uploaded, read, and what is odd in it is found with its reasons and lines', async () => {
    const lines = log.toString().split('\n').length - 1;
    expect(result.overview).toMatchObject({ lines, bytes: log.length, sessionsJudged: BLOCKS, sessionsOpen: 0, deadLetters: 0 });
    expect(result.overview.sessions.by).toBe('identifier');
    expect(result.overview.layout.length).toBeGreaterThan(0);
    expect(result.templates.templates.reduce((sum, { count }) => sum + count, 0)).toBe(lines);
    expect(result.templates.total).toBeLessThan(20);
    const { sessions } = await plain.get<LogSessions>(`logs/jobs/${id}/sessions?anomalous=true&limit=500`);
    expect(sessions.length).toBeGreaterThan(BLOCKS / 400);
    expect(sessions.length).toBeLessThan(BLOCKS / 200);
    const [found] = sessions;
    expect(found.reasons.length).toBeGreaterThan(0);
    for (const { text } of found.reasons) expect(text).not.toMatch(/\{t:\d+\}/);
    const detail = await plain.get<LogSessionDetail>(`logs/jobs/${id}/sessions/${encodeURIComponent(found.session)}`);
    expect(detail.lineList).toHaveLength(found.lines);
    for (const { text, offset } of detail.lineList) {
      expect(text).toContain(found.session);
      expect(log.subarray(offset, offset + text!.length).toString()).toBe(text);
    }
    expect(detail.lineList.some(({ highlighted }) => highlighted)).toBe(true);
    expect(result.scores.counts.reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
    expect(result.downloads[0].split('\r\n').length).toBe(result.templates.total + 2);
  });

  it('gives the same when the process is killed during the upload and during the work', async () => {
    const home = new Home();
    await home.start();
    const killed = await home.make();
    await home.sendOn(killed, 1_500_000);
    // In the middle of a part: what came of it is kept.
    await home.sendHalf(killed, 1_500_000, 300_000);
    await home.killAndStart();
    expect(await home.offset(killed)).toBe(1_800_000);
    // A connection that breaks; then a part that does not fit.
    (await home.sendHalf(killed, 1_800_000, 100_000))();
    await until(async () => ((await home.offset(killed)) === 1_900_000 ? true : undefined), 'the broken part is kept');
    const wrong = await home.part(killed, 1_000_000);
    expect([wrong.status, ((await wrong.json()) as Problem).code, wrong.headers.get('upload-offset')]).toEqual([409, 'UPLOAD_OFFSET', '1900000']);
    await home.sendOn(killed);
    const states: string[] = [];
    // Early ones, for a quick machine is through with the rest between two looks.
    for (const share of [0.02, 0.1, 0.5]) {
      const far = async (): Promise<LogJob | undefined> => {
        const job = await home.get<LogJob>(`logs/jobs/${killed}`);
        return job.read > log.length * share || job.state === 'done' ? job : undefined;
      };
      states.push((await until(far, `the job is at ${share}`)).state);
      await home.killAndStart();
    }
    // Or nothing was interrupted.
    expect(states.slice(0, 2)).toEqual(['running', 'running']);
    expect(await home.ended(killed)).toMatchObject({ state: 'done', read: log.length });
    const sent = createHash('sha256')
      .update(readFileSync(join(home.folder, 'data', 'jobs', killed, 'content.log')))
      .digest('hex');
    expect(sent).toBe(createHash('sha256').update(log).digest('hex'));
    const again = await resultOf(home, killed);
    expect(again.verdicts.verdicts).toEqual(result.verdicts.verdicts);
    expect(again.verdicts.incidents).toEqual(result.verdicts.incidents);
    expect(again).toEqual(result);
  });

  it('is worked on while another is sent; a job that runs is cancelled within a second', async () => {
    const [first, second] = [await plain.make(), await plain.make()];
    await Promise.all([plain.sendOn(first), plain.sendOn(second)]);
    const { items } = await plain.get<Page<LogJob>>('logs/jobs');
    const places = items.flatMap(({ position }) => position ?? []);
    expect(places.toSorted((a, b) => a - b)).toEqual(places.map((_, i) => i));
    const running = items.find(({ position }) => position === 0)!.id;
    const began = performance.now();
    const cancelled = await plain.post(`logs/jobs/${running}/cancel`, {});
    expect((await cancelled.json()) as LogJob).toMatchObject({ state: 'cancelled' });
    expect(performance.now() - began).toBeLessThan(2_000);
    expect((await plain.ended(running === first ? second : first)).state).toBe('done');
    expect((await plain.remove(`logs/jobs/${running}`)).status).toBe(204);
    expect((await plain.get<Page<LogJob>>('logs/jobs')).items.map((job) => job.id)).not.toContain(running);
  });

  it('takes answers about its patterns when it is done, and gives them back', async () => {
    const { sessions } = await plain.get<LogSessions>(`logs/jobs/${id}/sessions?anomalous=true&limit=1`);
    const { pattern, session } = sessions[0];
    const answer = { pattern, says: 'normal', reason: 'a known fault', session };
    const preview = await plain.post(`logs/jobs/${id}/answers/preview`, { pattern, says: 'anomalous', days: 30 });
    const shown = (await preview.json()) as LogAnswerPreview;
    expect([shown.pattern, shown.normal, shown.anomalous, shown.then]).toEqual([pattern, 0, 0, 'flagged']);
    expect(shown.alerts).toBeGreaterThan(0);
    const given = await plain.post(`logs/jobs/${id}/answers`, answer);
    expect(given.status, await given.clone().text()).toBe(202);
    const { id: known } = (await given.json()) as { id: string };
    expect(await plain.get(`logs/jobs/${id}/answers`)).toMatchObject([{ id: known, ...answer, undone: false }]);
    expect((await plain.get<LogSessions>(`logs/jobs/${id}/sessions?anomalous=true&limit=1`)).sessions[0].answered).toBe('normal');
    expect((await plain.remove(`logs/jobs/${id}/answers/${known}`)).status).toBe(202);
    expect(await plain.get(`logs/jobs/${id}/answers`)).toMatchObject([{ id: known, undone: true }]);
  });
});

describe('a live pipeline over logs', () => {
  it('shows what it found so far, and takes names and answers', async () => {
    const home = new Home('app: { source: { file: { path: app.log, follow: true, poll: 20ms } }, parse: {}, session: { idle: 1m } }');
    await home.start();
    const base = 'pipelines/app/logs';
    expect(await home.get<LogOverview>(base)).toMatchObject({ lines: 0, templates: 0, sessions: { by: 'none yet' } });
    appendFileSync(join(home.folder, 'app.log'), log);
    const lines = log.toString().split('\n').length - 1;
    const all = async (): Promise<LogOverview | undefined> => {
      const overview = await home.get<LogOverview>(base);
      // The last line waits for the next one, which may go on with it.
      return overview.lines === lines - 1 && overview.sessionsJudged > BLOCKS * 0.9 ? overview : undefined;
    };
    const overview = await until(all, 'all lines are read', 60_000);
    expect(overview.anomalous).toBeGreaterThan(BLOCKS / 600);
    const { templates } = await home.get<LogTemplates>(`${base}/templates?search=writeBlock`);
    expect(templates).toHaveLength(1);
    const named = await home.post(`${base}/templates/edits`, { do: 'name', template: templates[0].id, name: 'a write failed' });
    expect(named.status).toBe(202);
    await until(async () => ((await home.get<LogTemplates>(`${base}/templates?search=a+write`)).total === 1 ? true : undefined), 'the name is there');
    const { sessions } = await home.get<LogSessions>(`${base}/sessions?anomalous=true&sort=score&limit=1`);
    const detail = await home.get<LogSessionDetail>(`${base}/sessions/${encodeURIComponent(sessions[0].session)}`);
    expect(detail.lineList.every(({ text }) => text?.includes(sessions[0].session))).toBe(true);
    const { pattern, session } = sessions[0];
    expect((await home.post(`${base}/answers`, { pattern, says: 'normal', session })).status).toBe(202);
    const taken = async (): Promise<unknown[] | undefined> => {
      const answers = await home.get<unknown[]>(`${base}/answers`);
      return answers.length > 0 ? answers : undefined;
    };
    expect(await until(taken, 'the answer is committed')).toMatchObject([{ pattern, says: 'normal', by: 'local', undone: false }]);
    expect((JSON.parse(await home.text('pipelines/p/logs')) as Problem).code).toBe('LOGS_NONE');
    await home.killAndStart();
    expect(await home.get<LogOverview>(base)).toEqual(overview);
    expect(await home.get<LogTemplates>(`${base}/templates?search=a+write`)).toMatchObject({ total: 1 });
  });
});
