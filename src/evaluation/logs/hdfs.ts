/** The HDFS sets: a raw log in order of time, sessions without time, and the first 100,000 lines as sessions. */
import { SetFolder } from '../datasets/set.ts';
import type { SessionEvent } from './looks.ts';

const ORIGIN = 'https://github.com/logpai/loghub';

/** Sessions as sequences of templates, with labels. */
export interface LabelledSessions {
  sequences: readonly (readonly number[])[];
  /** 1 where anomalous. */
  labels: Uint8Array;
}

/** A raw log in order of time, with a label for each of its sessions. */
export interface LabelledLog {
  events: SessionEvent[];
  /** True for an anomalous session, by its identifier. */
  labels: ReadonlyMap<string, boolean>;
}

const LINE = /^(\d\d)(\d\d)(\d\d) (\d\d)(\d\d)(\d\d) \d+ \w+ [^:]+: (.*)$/;
const BLOCK = /blk_-?\d+/;
/** Block ids, addresses, paths and numbers are no part of a template; several of them in a row are one. */
const HOLES = [/blk_-?\d+/g, /\/?\d+\.\d+\.\d+\.\d+(:\d+)?/g, /\/[^ ]+/g, /\d+/g, /(<\*> ?)+/g] as const;

/** `hdfs_2pct`: every line with a block, in order; templates by what is constant in a line, numbered as they come. */
export function readHdfs2pct(data: string): LabelledLog {
  const folder = new SetFolder(data, { name: 'hdfs_2pct', origin: ORIGIN });
  const templates = new Map<string, number>();
  const events: SessionEvent[] = [];
  for (const line of folder.text('HDFS_2pct.log').split('\n')) {
    const found = LINE.exec(line);
    const session = found === null ? undefined : BLOCK.exec(found[7])?.[0];
    if (found === null || session === undefined) continue;
    const [, year, month, day, hour, minute, second, message] = found;
    const text = HOLES.reduce((rest, hole) => rest.replace(hole, '<*> '), message);
    const template = templates.get(text) ?? templates.size;
    if (template === templates.size) templates.set(text, template);
    events.push({ time: Date.UTC(2000 + Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)), session, template });
  }
  const rows = folder.text('anomaly_label.csv').trim().split(/\r?\n/).slice(1);
  return { events, labels: new Map(rows.map((row) => [row.split(',')[0], row.split(',')[1] !== 'Normal'])) };
}

/** `hdfs_sequences`: the normal sessions that DeepLog was trained on, and all others. */
export function readHdfsSequences(data: string): { training: readonly (readonly number[])[]; test: LabelledSessions } {
  const folder = new SetFolder(data, { name: 'hdfs_sequences', origin: ORIGIN });
  const read = (name: string): number[][] =>
    folder
      .text(name)
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number));
  const normal = read('hdfs_test_normal');
  const sequences = [...normal, ...read('hdfs_test_abnormal')];
  return { training: read('hdfs_train'), test: { sequences, labels: new Uint8Array(sequences.length).fill(1, normal.length) } };
}

/** `hdfs_100k_sessions`: blocks in the order of their first line, events `E1`, `E2`, … by number. */
export function readHdfs100k(data: string): LabelledSessions {
  const folder = new SetFolder(data, { name: 'hdfs_100k_sessions', origin: ORIGIN });
  const rows = folder
    .text('sessions.csv')
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((row) => row.split(','));
  return {
    sequences: rows.map((row) =>
      row[3]
        .trim()
        .split(/\s+/)
        .map((event) => Number(event.slice(1))),
    ),
    labels: Uint8Array.from(rows, (row) => Number(row[1])),
  };
}
