/** What belongs to a pipeline's incidents as a whole, as it is kept in the ledger. */
import { SnapshotReader, type SnapshotWriter } from '../core/snapshot.ts';
import type { Begun } from './lifecycle.ts';
import type { Silence, Silences } from './silences.ts';

export const SHARED_KEY = 0;
/** Which series have ever sent something: apart, because it is large and seldom changes. */
export const SEEN_KEY = 1;
const VERSION = 1;

export interface Shared {
  /** Clock at which the batch under way was read. */
  arrival: number;
  /** Event time of the newest verdict. */
  lastTime: number;
}

export function writeShared(
  writer: SnapshotWriter,
  shared: Shared,
  silences: Silences,
  lastRun: ReadonlyMap<string, number>,
  begun: ReadonlyMap<string, Begun>,
): Uint8Array {
  writer.begin(VERSION);
  writer.f64(shared.arrival);
  writer.f64(shared.lastTime);
  writer.text(JSON.stringify(silences.list()));
  writer.text(JSON.stringify([...lastRun]));
  writer.text(JSON.stringify([...begun]));
  return writer.end();
}

export function readShared(data: Uint8Array, shared: Shared, silences: Silences, lastRun: Map<string, number>, begun: Map<string, Begun>): void {
  const reader = new SnapshotReader(data, VERSION);
  shared.arrival = reader.f64();
  shared.lastTime = reader.f64();
  for (const silence of JSON.parse(reader.text()) as Silence[]) silences.set(silence);
  for (const [target, at] of JSON.parse(reader.text()) as [string, number][]) lastRun.set(target, at);
  for (const [name, where] of JSON.parse(reader.text()) as [string, Begun][]) begun.set(name, where);
}

export function writeSeen(writer: SnapshotWriter, bits: Uint8Array): Uint8Array {
  writer.begin(VERSION);
  writer.bytes(bits);
  return writer.end();
}

export function readSeen(data: Uint8Array): Uint8Array {
  return new SnapshotReader(data, VERSION).bytes();
}
