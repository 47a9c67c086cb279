/** The benchmark of logs: grouping of lines, judging of sessions, drift, speed and memory, with Drain3 in the same run. */
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { messageOf } from '../../core/errors.ts';
import { ANOMALOUS, VERDICT_KINDS } from '../../core/verdicts.ts';
import { LogRun } from '../../pipeline/logs/run.ts';
import { Peers, type Drain3Run } from '../accuracy/peers.ts';
import { SetFolder } from '../datasets/set.ts';
import { driftFigure, type DriftFigure } from './drift.ts';
import { groupingOf, measureSystem, reportOf, type Grouping, type GroupingReport } from './grouping.ts';
import { readHdfs100k, readHdfs2pct, readHdfsSequences, type LabelledSessions } from './hdfs.ts';
import { inLogProcess, type LogSpeed, type LogTask } from './log-tasks.ts';
import { csvOf, loghubFile, loghubSystems, readLoghub, type ParsedLog } from './loghub.ts';
import { looksOf } from './looks.ts';
import { chronological, qualityOf, trained, untimed, type Quality, type RunOptions } from './protocols.ts';
import { writeRepeated } from './repeated.ts';

export const LOG_PARTS = ['grouping', 'sessions', 'drift', 'speed'] as const;
export type LogPart = (typeof LOG_PARTS)[number];

export interface LogBenchOptions {
  data: string;
  parts: readonly LogPart[];
  peers: boolean;
  /** Lines of the long log. */
  lines: number;
  say(line: string): void;
}

export interface NamedQuality {
  name: string;
  quality: Quality;
}

export interface Neighbours {
  runs: number;
  median: number;
  lowest: number;
}

export interface LogSpeeds {
  lines: number;
  bytes: number;
  ours: { name: string; lines: number; speed: LogSpeed | { why: string } }[];
  drain3: { masks: string; lines: number; run: Drain3Run | { why: string } }[];
}

export interface LogFigures {
  grouping?: GroupingReport & { csv: { system: string; accuracy: number }[]; drain3: { system: string; grouping: Grouping }[] | { why: string } };
  sessions?: { chronological: NamedQuality[]; neighbours: Neighbours; deeplog: NamedQuality[]; first100k: NamedQuality[] };
  drift?: DriftFigure[];
  speed?: LogSpeeds;
}

const SESSION = VERDICT_KINDS.indexOf('session');
const IDLE = 3_600_000;
/** Lines that the drift experiment learns: the first 2,000, and the first 5%. */
const FIRST_LINES = 2_000;
const FIRST_SHARE = 0.05;
/** Lines of the long log that Drain3 reads. */
const DRAIN3_LINES = 1_000_000;
const SHORT_LINES = 1_000_000;

export async function measureLogs(options: LogBenchOptions): Promise<LogFigures> {
  const { parts } = options;
  const peers = await Peers.load(options.peers && (parts.includes('grouping') || parts.includes('speed')));
  try {
    return {
      ...(parts.includes('grouping') ? { grouping: await groupings(options, peers) } : {}),
      ...(parts.includes('sessions') ? { sessions: await judged(options) } : {}),
      ...(parts.includes('drift') ? { drift: drifts(options) } : {}),
      ...(parts.includes('speed') ? { speed: await speeds(options, peers) } : {}),
    };
  } finally {
    peers.close();
  }
}

async function groupings({ data, say }: LogBenchOptions, peers: Peers): Promise<LogFigures['grouping']> {
  const logs = loghubSystems(data).map((system) => readLoghub(data, system));
  say(`grouping: ${logs.length} systems`);
  const csv: { system: string; accuracy: number }[] = [];
  for (const { system, truth } of logs) csv.push({ system, accuracy: groupingOf(await parsedByProgram(loghubFile(data, system)), truth).accuracy });
  const report = { ...reportOf(logs.map(measureSystem)), csv };
  try {
    const drain3: { system: string; grouping: Grouping }[] = [];
    for (const log of logs) drain3.push({ system: log.system, grouping: await drain3Grouping(log, peers) });
    return { ...report, drain3 };
  } catch (thrown) {
    return { ...report, drain3: { why: messageOf(thrown) } };
  }
}

/** The event ids that `homeostat logs parse` writes for the lines of a file. */
async function parsedByProgram(file: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'homeostat-parse-'));
  try {
    const out = join(folder, 'parsed.csv');
    const program = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
    await promisify(execFile)(process.execPath, [program, 'logs', 'parse', file, '--out', out, '--quiet']);
    const { head, rows } = csvOf(await readFile(out));
    const id = head.indexOf('event_id');
    return rows.map((row) => row[id]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Drain3 with its usual masks over the messages, one a line. */
async function drain3Grouping({ messages, truth }: ParsedLog, peers: Peers): Promise<Grouping> {
  const folder = await mkdtemp(join(tmpdir(), 'homeostat-drain3-'));
  try {
    const [file, ids] = [join(folder, 'messages'), join(folder, 'ids')];
    await writeFile(file, messages.map((message) => `${message.replace(/[\r\n]/g, ' ')}\n`).join(''), 'latin1');
    await peers.drain3({ file, masks: 'usual', ids });
    const buffer = await readFile(ids);
    return groupingOf([...new Uint32Array(buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length))], truth);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Settings around the default ones of the judge `auto`: one changed at a time, and both of two. */
const AROUND: readonly RunOptions['options'][] = [
  ...[1500, 2000, 4500, 6000].map((half_life) => ({ half_life })),
  ...[300_000, 600_000, 1_350_000, 1_800_000].map((confirm_after) => ({ confirm_after })),
  ...[250, 350, 750, 1000].map((warm_up) => ({ warm_up })),
  ...[2000, 4500].flatMap((half_life) => [600_000, 1_350_000].map((confirm_after) => ({ half_life, confirm_after }))),
];
const IDLES = [1_800_000, 2_700_000, 5_400_000];

async function judged({ data, say }: LogBenchOptions): Promise<LogFigures['sessions']> {
  const log = readHdfs2pct(data);
  const looks = looksOf(log.events, IDLE);
  say('sessions: hdfs_2pct in order of time');
  const run = (name: string, given: RunOptions, answers = false): NamedQuality => ({ name, quality: chronological(looks, log.labels, given, answers) });
  const judges = ['auto', 'new-event', 'count-vector', 'rare-key', 'sequence', 'lstm-autoencoder'];
  const whole = await wholeWay(data, log.labels);
  const rows = [
    { name: 'auto, from the file as `logs detect` reads it', quality: whole },
    ...judges.map((judge) => run(judge, { judge })),
    run('auto, answers on alerts', {}, true),
  ];
  say(`sessions: ${AROUND.length + IDLES.length} settings around the default`);
  const around = AROUND.map((options) => chronological(looks, log.labels, { options: options! }).f1);
  const otherIdles = IDLES.map((idle) => chronological(looksOf(log.events, idle), log.labels, {}).f1);
  const all = [...around, ...otherIdles].sort((a, b) => a - b);
  const neighbours = { runs: all.length, median: all[Math.floor(all.length / 2)], lowest: all[0] };
  const split = readHdfsSequences(data);
  const first = readHdfs100k(data);
  const deeplog = judges.map((judge) => {
    say(`sessions: DeepLog's split, ${judge}`);
    return { name: judge, quality: trained(split.training, split.test, { judge }) };
  });
  const inOrder = untimed(first.sequences);
  const truth = new Map([...first.labels].map((label, i) => [String(i), label === 1] as const));
  const first100k = [
    ...['auto', 'count-vector'].map((judge) => ({ name: judge, quality: chronological(inOrder, truth, { judge }) })),
    ...judges.map((judge) => ({ name: `${judge}, the normal sessions of the first half learnt, the second judged`, quality: secondHalf(first, judge) })),
  ];
  return { chronological: rows, neighbours, deeplog, first100k };
}

function secondHalf({ sequences, labels }: LabelledSessions, judge: string): Quality {
  const half = sequences.length >> 1;
  const training = sequences.slice(0, half).filter((_, i) => labels[i] === 0);
  return trained(training, { sequences: sequences.slice(half), labels: labels.slice(half) }, { judge });
}

/** The last verdicts of the shipped pipeline over the raw file: header, templates and identifier found by itself. */
async function wholeWay(data: string, labels: ReadonlyMap<string, boolean>): Promise<Quality> {
  const flagged = new Map<string, boolean>();
  const run = new LogRun({}, ({ length, kind, flags, texts }) => {
    for (let i = 0; i < length; i++) if (kind[i] === SESSION) flagged.set(texts!.subject[i], (flags[i] & ANOMALOUS) !== 0);
  });
  const path = hdfs2pctFile(data);
  await run.read([{ name: path, chunks: createReadStream(path, { highWaterMark: 1 << 20 }) }]);
  run.finish();
  return qualityOf(flagged, labels);
}

function hdfs2pctFile(data: string): string {
  return new SetFolder(data, { name: 'hdfs_2pct', origin: 'https://github.com/logpai/loghub' }).path('HDFS_2pct.log');
}

function drifts({ data, say }: LogBenchOptions): DriftFigure[] {
  const log = readHdfs2pct(data);
  const trainings = [FIRST_LINES, Math.floor(log.events.length * FIRST_SHARE)];
  return ['lstm-autoencoder', 'auto'].flatMap((judge) =>
    trainings.map((lines) => {
      say(`drift: ${judge}, first ${lines} lines learnt`);
      return driftFigure(log, judge, lines);
    }),
  );
}

async function speeds({ data, lines, say }: LogBenchOptions, peers: Peers): Promise<LogSpeeds> {
  const folder = await mkdtemp(join(tmpdir(), 'homeostat-logs-'));
  try {
    const short = join(folder, 'short.log');
    const long = join(folder, 'long.log');
    say(`speed: writing ${lines} lines`);
    await writeRepeated(hdfs2pctFile(data), long, lines);
    await writeRepeated(hdfs2pctFile(data), short, Math.min(lines, SHORT_LINES));
    const { size: bytes } = await stat(long);
    const ours: LogSpeeds['ours'] = [];
    const measure = async (name: string, count: number, task: LogTask): Promise<void> => {
      say(`speed: ${count} lines, ${name}`);
      const speed = await inLogProcess(task).catch((thrown: unknown) => ({ why: messageOf(thrown) }));
      ours.push({ name, lines: count, speed });
    };
    for (const [file, count] of [
      [short, Math.min(lines, SHORT_LINES)],
      [long, lines],
    ] as const) {
      await measure('lines to templates', count, { kind: 'templates', file });
      await measure('lines to templates to counts of sessions', count, { kind: 'counts', file });
      await measure('judged by auto, all stored, exactly-once', count, { kind: 'engine', file, judge: 'auto' });
      await measure('judged by lstm-autoencoder, all stored, exactly-once', count, { kind: 'engine', file, judge: 'lstm-autoencoder' });
    }
    const drain3: LogSpeeds['drain3'] = [];
    const few = join(folder, 'drain3.log');
    const drain3Lines = Math.min(lines, DRAIN3_LINES);
    await copyLines(long, few, drain3Lines);
    for (const masks of ['none', 'hdfs']) {
      say(`speed: Drain3, masks ${masks}`);
      const run = await peers.drain3({ file: few, masks }).catch((thrown: unknown) => ({ why: messageOf(thrown) }));
      drain3.push({ masks, lines: drain3Lines, run });
    }
    return { lines, bytes, ours, drain3 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function copyLines(from: string, to: string, lines: number): Promise<void> {
  const out = await open(to, 'w');
  try {
    let text = '';
    let count = 0;
    for await (const line of createInterface({ input: createReadStream(from, 'latin1') })) {
      text += `${line}\n`;
      if (++count === lines) break;
      if (text.length < 1 << 20) continue;
      await out.write(text, null, 'latin1');
      text = '';
    }
    await out.write(text, null, 'latin1');
  } finally {
    await out.close();
  }
}
