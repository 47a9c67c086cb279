/** loghub_2k: 2,000 lines of each of 12 systems, parsed by hand, with the corrections that were published later. */
import { COMMA } from '../../formats/bytes.ts';
import { firstRows } from '../../formats/csv/rows.ts';
import { SetFolder } from '../datasets/set.ts';
import { readFileSync } from 'node:fs';

export const LOGHUB = {
  name: 'loghub_2k',
  title: 'loghub: 2,000 lines of each of 12 systems, templates by hand (corrected)',
  origin: 'https://github.com/logpai/loghub',
  licence: 'free for research',
};

/** Lines of one system and what a person says of them. */
export interface ParsedLog {
  system: string;
  /** Messages without their headers, in the order of the file. */
  messages: string[];
  /** Template of each message; those that share it are a group. */
  truth: string[];
}

/** Names of the systems; throws BENCH_DATA_MISSING. */
export function loghubSystems(data: string): string[] {
  return new SetFolder(data, LOGHUB).names('', 'corrected');
}

/** The log file itself, headers included: line i belongs to truth[i]. */
export function loghubFile(data: string, system: string): string {
  return new SetFolder(data, LOGHUB).path(system, `${system}_2k.log`);
}

/** Throws BENCH_DATA_MISSING with the path that is not there. */
export function readLoghub(data: string, system: string): ParsedLog {
  const path = new SetFolder(data, LOGHUB).path('corrected', system, `${system}_2k.log_structured_corrected.csv`);
  const { head, rows } = csvOf(readFileSync(path));
  const [message, template] = ['Content', 'EventTemplate'].map((name) => head.indexOf(name));
  return { system, messages: rows.map((row) => row[message]), truth: rows.map((row) => row[template]) };
}

/** Heading and rows of a CSV file with quoted fields. */
export function csvOf(bytes: Uint8Array): { head: string[]; rows: string[][] } {
  const [head = [], ...rows] = firstRows(bytes, 0, COMMA, -1, Infinity, true).rows;
  return { head, rows };
}
