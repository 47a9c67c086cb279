/**
 * What two runs are compared by: verdicts with all their fields, incidents with their transitions in event time, notices
 * by key. Attempts and wall-clock columns are left out.
 */
import type { Reader } from '../../src/core/live.ts';
import type { Verdict } from '../../src/core/verdicts.ts';
import { openReader, type StoredReader } from '../../src/stores/sqlite/reader.ts';

export interface Projection {
  verdicts: string[];
  incidents: string[];
  notices: string[];
  deadLetters: string[];
}

/** `cause`: whether a verdict's place in its source belongs to the comparison (it does not where senders may overtake one another). */
export function project(data: string, pipeline: string, cause = true): Projection {
  const reader = openReader(data);
  try {
    return { verdicts: verdicts(reader, pipeline, cause), ...incidents(reader, pipeline, cause), deadLetters: deadLetters(reader, pipeline) };
  } finally {
    reader.close();
  }
}

/** The same of a run whose history is elsewhere. */
export async function projectFrom(reader: Reader & { close(): void }, pipeline: string, cause = true): Promise<Projection> {
  try {
    return { verdicts: await elsewhere(reader, pipeline, cause), ...incidents(reader, pipeline, cause), deadLetters: deadLetters(reader, pipeline) };
  } finally {
    reader.close();
  }
}

const everything = { from: -Infinity, to: Infinity, anomalousOnly: false, limit: 20_000 };

function shown({ id, cause: place, ...rest }: Verdict, cause: boolean): string {
  return JSON.stringify(cause ? { id, place, ...rest } : rest);
}

function verdicts(reader: StoredReader, pipeline: string, cause: boolean): string[] {
  const found: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = reader.verdicts({ pipeline, ...everything, ...(cursor === undefined ? {} : { cursor }) });
    for (const verdict of page.items) found.push(shown(verdict, cause));
    if (page.next === null) return found.sort();
    cursor = page.next;
  }
}

async function elsewhere(reader: Reader, pipeline: string, cause: boolean): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await reader.verdicts({ pipeline, ...everything, ...(cursor === undefined ? {} : { cursor }) });
    for (const verdict of page.items) found.push(shown(verdict, cause));
    if (page.next === null) return found.sort();
    cursor = page.next;
  }
}

function incidents(reader: Reader, pipeline: string, cause: boolean): { incidents: string[]; notices: string[] } {
  const found: string[] = [];
  const notices: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = reader.incidents({ pipeline, limit: 500, ...(cursor === undefined ? {} : { cursor }) });
    for (const incident of page.items) {
      const detail = reader.incident(incident.id)!;
      // A transition names the verdict that caused it by its id, which holds the place in the source.
      const transitions = detail.transitions.map((transition) =>
        cause ? transition : { ...transition, cause: transition.cause.replace(/[0-9a-f]{16}/g, '') },
      );
      found.push(JSON.stringify({ ...incident, transitions }));
      notices.push(...detail.notices.map(({ key, target, state }) => `${key} ${target} ${state}`));
    }
    if (page.next === null) return { incidents: found.sort(), notices: notices.sort() };
    cursor = page.next;
  }
}

function deadLetters(reader: Reader, pipeline: string): string[] {
  const found: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = reader.deadLetters({ pipeline, limit: 500, ...(cursor === undefined ? {} : { cursor }) });
    for (const { partition, offset, place, code, detail, text } of page.items) found.push(JSON.stringify({ partition, offset, place, code, detail, text }));
    if (page.next === null) return found.sort();
    cursor = page.next;
  }
}
