/** What the stand-in for the server says of logs: jobs that take an upload and then run by the clock, and results made from a seed. */
import type {
  LogAnswerPreview,
  LogAnswerShown,
  LogJob,
  LogModel,
  LogOverview,
  LogScores,
  LogSession,
  LogSessionDetail,
  LogSessions,
  LogTemplate,
  LogTemplates,
} from '../../src/core/api.ts';
import type { TemplateEdit } from '../../src/core/contracts/logs.ts';
import { MINUTE, noise } from './fixture-data.ts';

const BEGIN = Date.UTC(2026, 0, 1);
const HOUR = 60 * MINUTE;
const PAGE = 50;
const BUCKETS = 48;
const iso = (ms: number): string => new Date(ms).toISOString();

const TEXTS = [
  'Receiving block <*> src: <*> dest: <*>',
  'BLOCK* NameSystem.addStoredBlock: blockMap updated: <*> is added to <*> size <*>',
  'PacketResponder <*> for block <*> terminating',
  'Received block <*> of size <*> from <*>',
  'BLOCK* NameSystem.allocateBlock: <*> <*>',
  'Verification succeeded for <*>',
  'Deleting block <*> file <*>',
  '<*>:Got exception while serving <*> to <*>:',
  'writeBlock <*> received exception java.io.IOException: Could not read from stream',
  'PendingReplicationMonitor timed out block <*>',
];

function templateAt(i: number): LogTemplate {
  const base = TEXTS[i % TEXTS.length];
  const text = i < TEXTS.length ? base : `${base} attempt ${i} of worker-${i % 97}`;
  const places = text.split('<*>').length - 1;
  return {
    id: i + 1,
    text,
    name: i === 6 ? 'block deleted' : null,
    level: i % 10 === 7 ? 'warn' : i % 10 === 8 ? 'error' : 'info',
    count: Math.max(1, Math.round(240_000 / (i + 1) ** 1.2)),
    first: iso(BEGIN + i * 1000),
    last: iso(BEGIN + 24 * HOUR - Math.floor(noise(i, 5) * 12 * HOUR)),
    pinned: i === 4,
    ignored: i === 5,
    example: `081109 203615 148 INFO dfs.DataNode: ${text.replaceAll('<*>', 'blk_38865049064139660')}`,
    parameters: Array.from({ length: places }, (_, k) => ({
      type: ['identifier', 'ip', 'path', 'integer'][k % 4],
      examples: k % 4 === 1 ? ['/10.250.19.102:54106', '/10.251.43.21:50010'] : [`blk_3886504906413966${k}`, `blk_-695229586848765657${k}`],
    })),
    trend: Array.from({ length: BUCKETS }, (_, k) => Math.round(noise(i + 3, k) * 400 * (1 + Math.sin(k / 6 + i)))),
  };
}

const REASONS = [
  { judge: 'count-vector', text: 'PacketResponder <*> for block <*> terminating: 1 here, 3 in the nearest normal session' },
  { judge: 'new-event', text: 'writeBlock <*> received exception java.io.IOException: Could not read from stream was never seen before' },
  { judge: 'rare-key', text: 'this set of templates makes up 0.002% of all sessions' },
];

function sessionAt(i: number, answers: readonly LogAnswerShown[]): LogSession {
  const anomalous = i % 34 === 0;
  const pattern = anomalous ? `p${(i / 34) % 40}` : 'p-usual';
  const answer = answers.find((one) => !one.undone && one.pattern === pattern);
  const first = BEGIN + 24 * HOUR - i * 800;
  return {
    session: `blk_${Math.floor(noise(i, 1) * 9e15)}${i}`,
    verdict: `verdict-${i}`,
    time: iso(first + 40_000),
    first: iso(first),
    last: iso(first + 39_000),
    lines: 3 + Math.floor(noise(i, 2) * 28),
    score: anomalous ? 9 + noise(i, 3) * 40 : 0.02 + noise(i, 3) ** 6 * 5,
    threshold: 7.5,
    anomalous,
    reasons: anomalous ? REASONS.slice(0, 1 + (i % 3)) : [],
    pattern,
    patternSeen: anomalous ? i % 5 : 90_000 - i,
    patternFirst: iso(BEGIN + HOUR),
    answered: answer?.says ?? null,
  };
}

function detailOf(session: LogSession): LogSessionDetail {
  const kinds = [4, 0, 0, 0, 2, 3, 1, 2, 3, 1, 8, 6];
  return {
    ...session,
    lines: kinds.length,
    lineList: kinds.map((kind, i) => ({
      offset: i * 140,
      time: iso(Date.parse(session.first) + i * 3000),
      level: kind === 8 ? 'error' : 'info',
      template: kind + 1,
      templateText: TEXTS[kind],
      text: i === 9 ? null : `081109 2036${10 + i} 148 ${kind === 8 ? 'ERROR' : 'INFO'} dfs.DataNode: ${TEXTS[kind].replaceAll('<*>', session.session)}`,
      highlighted: session.anomalous && (kind === 8 || kind === 2),
    })),
    nearest: session.anomalous
      ? [...new Set([...kinds, 9])].map((kind) => {
          const here = kinds.filter((one) => one === kind).length;
          return { template: kind + 1, templateText: TEXTS[kind], here, there: kind === 8 ? 0 : kind === 2 || kind === 3 ? 3 : here };
        })
      : null,
  };
}

function scoresOf(): LogScores {
  const edges = Array.from({ length: 41 }, (_, i) => 0.01 * 10 ** (i / 9));
  const counts = edges
    .slice(0, -1)
    .map((edge) => Math.round(60_000 * Math.exp(-(((Math.log10(edge) + 1) / 0.55) ** 2)) + 700 * Math.exp(-(((Math.log10(edge) - 1.4) / 0.2) ** 2))));
  const time = Array.from({ length: 72 }, (_, i) => iso(BEGIN + i * 20 * MINUTE));
  const sessions = time.map((_, i) => 1200 + Math.round(noise(i, 21) * 500));
  const drift = time.map((_, i) => Math.min(0.97, 0.02 + (i / 40) ** 3));
  return {
    edges,
    counts,
    thresholds: [
      { name: 'spot', kind: 'dynamic', limit: 7.5, flagged: 2941, inForce: true },
      { name: 'static', kind: 'static', limit: 0.42, flagged: 71_204, inForce: false },
    ],
    time,
    sessions,
    flagged: sessions.map((n, i) => [Math.round(n * (i === 50 ? 0.19 : 0.02 + noise(i, 22) * 0.02)), Math.round(n * drift[i])]),
    limits: time.map((_, i) => [i < 4 ? null : 0.5 + i / 10, 0.42]),
  };
}

const MODELS: LogModel[] = [
  {
    judge: 'lstm-autoencoder',
    card: [
      ['Units', '48'],
      ['Templates', '29'],
      ['Sequences learnt', '18,204'],
      ['Epochs', '14, stopped early'],
      ['Best validation loss', '0.0412'],
    ],
    loss: Array.from({ length: 14 }, (_, i) => ({
      epoch: i + 1,
      training: 2.4 * 0.68 ** i + 0.03,
      validation: 2.5 * 0.7 ** i + 0.04 + (i > 10 ? 0.002 * i : 0),
    })),
  },
  {
    judge: 'count-vector',
    card: [
      ['Vectors known', '214'],
      ['Distance', 'cosine, inverse frequency'],
    ],
    loss: [],
  },
];

export const LOG_PIPELINE = 'hdfs';

interface Stored {
  id: string;
  file: string;
  size: number;
  session: string | null;
  bytes: Buffer[];
  uploaded: number;
  created: number;
  /** When all was there. */
  complete: number | null;
  cancelled: boolean;
  failed: { code: string; message: string } | null;
}

export interface Upload {
  file: string;
  session: string | null;
  content: Buffer;
}

/** What the routes below answer: a body, with a status or headers that differ from the usual. */
export interface Answer {
  status?: number;
  body?: unknown;
  problem?: [code: string, detail: string, mend: string];
  headers?: Record<string, string>;
}

export class LogState {
  readonly #templates: LogTemplate[];
  readonly #sessions: number;
  readonly #jobs: Stored[] = [];
  readonly #answers: LogAnswerShown[] = [];
  readonly edits: TemplateEdit[] = [];
  /** How long a job runs once it is uploaded, ms. */
  runs = 1500;
  /** Bytes of the largest file that is taken. */
  most = 64 * 2 ** 30;
  /** How many PATCH requests are to be cut off in their middle. */
  cuts = 0;

  constructor(templates: number, sessions: number) {
    this.#templates = Array.from({ length: templates }, (_, i) => templateAt(i));
    this.#sessions = sessions;
  }

  get uploads(): Upload[] {
    return this.#jobs.map(({ file, session, bytes }) => ({ file, session, content: Buffer.concat(bytes) }));
  }

  /** A job as it looks now. */
  #shown(job: Stored): LogJob {
    const now = Date.now();
    const share = job.complete === null ? 0 : Math.min(1, (now - job.complete) / this.runs);
    const state = job.cancelled ? 'cancelled' : job.complete === null ? 'uploading' : share < 1 ? 'running' : job.failed !== null ? 'failed' : 'done';
    return {
      id: job.id,
      file: job.file,
      size: job.size,
      uploaded: job.uploaded,
      read: Math.round(job.size * share),
      state,
      lines: Math.round((job.size * share) / 140),
      linesPerSecond: state === 'running' ? 412_000 : 0,
      memory: 168 * 2 ** 20,
      secondsLeft: state === 'running' ? ((1 - share) * this.runs) / 1000 : null,
      anomalous: Math.round(share * 168),
      createdAt: iso(job.created),
      finishedAt: state === 'done' || state === 'failed' ? iso(job.complete! + this.runs) : null,
      error: state === 'failed' ? job.failed : null,
      position: state === 'running' ? 0 : null,
    };
  }

  /** A job that is over already. */
  addJob(file: string, size: number, { failed = null, uploaded = size }: { failed?: Stored['failed']; uploaded?: number } = {}): string {
    const id = `job-${this.#jobs.length}`;
    const complete = uploaded < size ? null : Date.now() - this.runs - 60_000;
    this.#jobs.unshift({ id, file, size, session: null, bytes: [], uploaded, created: Date.now() - 90_000, complete, cancelled: false, failed });
    return id;
  }

  /** Routes under `logs/jobs`. */
  jobs(method: string, route: string[], body: Buffer, query: URLSearchParams, headers: Record<string, unknown>): Answer {
    const [id, verb, ...rest] = route;
    if (id === undefined)
      return method === 'POST'
        ? this.#create(JSON.parse(body.toString()) as { file: string; size: number; session?: string })
        : { body: { items: this.#jobs.map((job) => this.#shown(job)), next: null } };
    const job = this.#jobs.find((one) => one.id === id);
    if (job === undefined) return { status: 404, problem: ['NOT_FOUND', `There is no job "${id}"`, 'Check the name.'] };
    if (verb === undefined && method === 'DELETE') this.#jobs.splice(this.#jobs.indexOf(job), 1);
    if (verb === undefined) return { body: this.#shown(job) };
    if (verb === 'cancel') job.cancelled = true;
    if (verb === 'cancel') return { body: this.#shown(job) };
    if (verb === 'content') return this.#content(job, method, body, Number(headers['upload-offset']));
    return this.results(method, [verb, ...rest], {}, query);
  }

  #create({ file, size, session = null }: { file: string; size: number; session?: string | null }): Answer {
    if (size > this.most)
      return { status: 413, problem: ['BODY_TOO_LARGE', `${file} has ${size} bytes, more than the most, ${this.most}`, 'Raise server.logs.max_upload.'] };
    const job: Stored = {
      id: `job-${this.#jobs.length}`,
      file,
      size,
      session,
      bytes: [],
      uploaded: 0,
      created: Date.now(),
      complete: null,
      cancelled: false,
      failed: null,
    };
    this.#jobs.unshift(job);
    return { status: 201, body: this.#shown(job) };
  }

  #content(job: Stored, method: string, body: Buffer, offset: number): Answer {
    const headers = (): Record<string, string> => ({ 'upload-offset': String(job.uploaded) });
    if (method === 'HEAD') return { headers: headers() };
    if (offset !== job.uploaded)
      return { status: 409, problem: ['UPLOAD_OFFSET', `The offset is ${offset}, not ${job.uploaded}`, 'Ask for the offset.'], headers: headers() };
    job.bytes.push(body);
    job.uploaded += body.length;
    if (job.uploaded >= job.size) job.complete = Date.now();
    return { status: 204, headers: headers() };
  }

  /** Keeps what came of a slice before its connection broke. */
  cut(id: string, offset: number, part: Buffer): void {
    const job = this.#jobs.find((one) => one.id === id);
    if (job === undefined || offset !== job.uploaded) return;
    job.bytes.push(part);
    job.uploaded += part.length;
  }

  /** Routes of the results: of a pipeline, and of a job. */
  results(method: string, [what = 'overview', id, verb]: string[], body: Record<string, unknown>, query: URLSearchParams): Answer {
    if (method === 'GET' && what === 'download') return { body: { what: query.get('what'), format: query.get('format') } };
    if (method === 'GET') return { body: this.#read(what, id, query) };
    if (what === 'templates' && id === 'edits') return this.#edit(body as unknown as TemplateEdit);
    if (what === 'answers' && id === 'preview') return { body: this.#preview(body) };
    if (what === 'answers' && method === 'POST') {
      this.#answers.unshift({ id: `answer-${this.#answers.length}`, by: 'local', at: iso(Date.now()), undone: false, ...body } as unknown as LogAnswerShown);
      return { status: 202, body: { sequence: 1 } };
    }
    if (what === 'answers' && method === 'DELETE' && verb === undefined) {
      for (const answer of this.#answers) if (answer.id === id) answer.undone = true;
      return { status: 202, body: { sequence: 2 } };
    }
    return { status: 404, problem: ['NOT_FOUND', 'There is no such address', ''] };
  }

  #read(what: string, id: string | undefined, query: URLSearchParams): unknown {
    switch (what) {
      case 'overview':
        return this.#overview();
      case 'templates':
        return { templates: this.#templates, total: this.#templates.length, bucket: (24 * HOUR) / BUCKETS, from: iso(BEGIN) } satisfies LogTemplates;
      case 'sessions':
        return id === undefined ? this.#list(query) : detailOf(this.#all().find(({ session }) => session === id) ?? sessionAt(0, this.#answers));
      case 'scores':
        return scoresOf();
      case 'models':
        return MODELS;
      case 'answers':
        return this.#answers;
      default:
        return undefined;
    }
  }

  #overview(): LogOverview {
    return {
      layout: ['HDFS: date, time, process id, level, component, message (in all of the first 1,000 lines)', 'encoding UTF-8, lines end with LF'],
      sessions: { by: 'identifier', evidence: ['blk_-?\\d+ stands in 99.8% of the lines', '5,741 values in the first 10,000 lines, 17 lines each'] },
      lines: 1_244_018,
      bytes: 172 * 2 ** 20,
      templates: this.#templates.length,
      sessionsJudged: this.#sessions,
      sessionsOpen: 214,
      anomalous: Math.ceil(this.#sessions / 34),
      first: iso(BEGIN),
      last: iso(BEGIN + 24 * HOUR),
      deadLetters: 3,
    };
  }

  #all(): LogSession[] {
    return Array.from({ length: this.#sessions }, (_, i) => sessionAt(i, this.#answers));
  }

  #list(query: URLSearchParams): LogSessions {
    const search = query.get('search')?.toLowerCase() ?? '';
    const found = this.#all().filter(
      ({ anomalous, pattern, session, reasons }) =>
        (query.get('anomalous') !== 'true' || anomalous) &&
        (!query.get('pattern') || pattern === query.get('pattern')) &&
        `${session} ${reasons.map(({ text }) => text).join(' ')}`.toLowerCase().includes(search),
    );
    const at = Number(query.get('cursor') ?? 0);
    const end = at + Number(query.get('limit') ?? PAGE);
    if (query.get('sort') === 'score') found.sort((a, b) => (b.score ?? 0) - (a.score ?? 0));
    return { sessions: found.slice(at, end), next: end < found.length ? String(end) : null };
  }

  #edit(edit: TemplateEdit): Answer {
    this.edits.push(edit);
    const template = 'template' in edit ? this.#templates.find(({ id }) => id === edit.template) : undefined;
    if (edit.do === 'name' && template) template.name = edit.name === '' ? null : edit.name;
    if (edit.do === 'pin' && template) template.pinned = edit.pinned;
    if (edit.do === 'ignore' && template) template.ignored = edit.ignored;
    return { status: 202, body: { sequence: 1 } };
  }

  #preview({ pattern, says }: Record<string, unknown>): LogAnswerPreview {
    const given = this.#answers.filter((one) => !one.undone && one.pattern === pattern).length;
    const normal = says === 'normal';
    return {
      pattern: String(pattern),
      days: 7,
      alerts: 12,
      silenced: normal && given >= 2 ? 12 : 0,
      added: normal ? 0 : 5,
      normal: given,
      anomalous: 0,
      // oxlint-disable-next-line unicorn/no-thenable -- it is a word of the API
      then: normal ? (given >= 2 ? 'silenced' : 'judged') : 'flagged',
    };
  }
}
