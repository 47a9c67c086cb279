/** Lines and helpers for the tests of the miner. */
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { Miner, type MinerOptions } from './miner.ts';

const encoder = new TextEncoder();

export function said(miner: Miner, line: string): number {
  const bytes = encoder.encode(`before ${line} behind`);
  return miner.match(bytes, 7, bytes.length - 7);
}

export function saidAll(miner: Miner, lines: readonly string[]): number[] {
  return lines.map((line) => said(miner, line));
}

export function copyOf(miner: Miner, options: Partial<MinerOptions> = {}): Miner {
  const writer = new SnapshotWriter();
  writer.begin(1);
  miner.snapshot(writer);
  return Miner.restore(new SnapshotReader(writer.end(), 1), options);
}

export function bytesOf(miner: Miner): Uint8Array {
  const writer = new SnapshotWriter();
  writer.begin(1);
  miner.snapshot(writer);
  return writer.end();
}

/** Whole numbers below `below`, the same every time. */
export function dice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A word without a digit; every number has its own. */
export function wordOf(n: number): string {
  let word = '';
  for (let rest = n + 1; rest > 0; rest = Math.floor(rest / 20)) word += 'bcdfghklmnpqrstvwxzj'[rest % 20] + 'aeiou'[rest % 5];
  return `${word}x`;
}

/** Lines of a service with users, hosts, paths and numbers: merges happen all the time. */
export function mixedLines(count: number, seed = 1): string[] {
  const roll = dice(seed);
  const word = (): string => wordOf(roll(40));
  const shapes: (() => string)[] = [
    () => `session opened for user ${word()} by (uid=${roll(100)})`,
    () => `request ${roll(1e6)} from 10.0.${roll(9)}.${roll(9)}:${roll(60_000)} took ${roll(500)} ms`,
    () => `cache ${word()} of the node is full, evicting ${roll(99)} entries`,
    () => `worker said ${word()} to ${word()} and left`,
    () => `GET /api/${word()}/${roll(9)} status=${roll(500)} agent="${word()} ${word()}"`,
    () => `${word()} is unknown`,
    () => `handler com.acme.${word()} of com.acme.${word()} is ready`,
    () => `Exception in ${word()}\n  at ${word()}\n  at ${word()}`,
  ];
  return Array.from({ length: count }, () => shapes[roll(shapes.length)]());
}
