/** What people see of the session stage, from what it committed. */
import { SnapshotReader } from '../../core/snapshot.ts';
import { Head, type Grouping } from './head.ts';
import { Held } from './held.ts';
import { HEAD, HELD, SESSION_VERSION } from './states.ts';

export interface SessionOverview {
  /** What makes a session, in words. */
  by: string;
  /** Why, and what else there was, a sentence each; only where it was found by itself. */
  evidence: string[];
  open: number;
  opened: number;
  /** Of those closed: because too many were open. */
  early: number;
  /** Lines held back until it is settled what a session is. */
  held: number;
  /** Lines in no session, having no identifier, and lines with more identifiers than count. */
  without: number;
  crowded: number;
}

/** `stateOf` gives the snapshot under a key of the stage, undefined where there is none. */
export function readSessions(stateOf: (key: number) => Uint8Array | undefined): SessionOverview {
  const bytes = stateOf(HEAD);
  const head = bytes === undefined ? new Head() : Head.restore(new SnapshotReader(bytes, SESSION_VERSION));
  const held = head.grouping === undefined ? stateOf(HELD) : undefined;
  const { evidence, opened, closed, early, without, crowded } = head;
  const waiting = held === undefined ? 0 : Held.restore(new SnapshotReader(held, SESSION_VERSION)).length;
  return { by: wordsOf(head), evidence, open: opened - closed, opened, early, held: waiting, without, crowded };
}

/** What sessions were settled to be; undefined where they are not yet. */
export function readGrouping(stateOf: (key: number) => Uint8Array | undefined): Grouping | undefined {
  const bytes = stateOf(HEAD);
  return bytes === undefined ? undefined : Head.restore(new SnapshotReader(bytes, SESSION_VERSION)).grouping;
}

function wordsOf({ grouping }: Head): string {
  if (grouping === undefined) return 'not settled yet';
  if (grouping.by === 'pattern') return `identifiers that match ${grouping.pattern}`;
  return grouping.by === 'window' ? 'windows of time' : 'so many lines each';
}
