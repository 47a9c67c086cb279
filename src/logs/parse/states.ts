/** State of the stage `parse`: a root that holds all of it, and parts of the ledger's pages, so that a commit writes only what changed. */
import { SnapshotWriter, type SnapshotReader } from '../../core/snapshot.ts';
import { Miner, type MinerOptions } from '../miner/miner.ts';
import { Statistics } from './statistics.ts';

export const VERSION = 1;
/** State key of the root. */
export const ROOT = 0;

/** State keys of the page's templates, and of what is counted of them. */
export function templatesKey(page: number): number {
  return 1 + 2 * page;
}
export function statisticsKey(page: number): number {
  return 2 + 2 * page;
}

export class Root {
  readonly miner: Miner;
  readonly statistics = new Statistics();
  /** False while the parts are still to be taken in. */
  complete: boolean;

  constructor(options: Partial<MinerOptions>, complete = true) {
    this.miner = new Miner(options);
    this.complete = complete;
    this.miner.listener = {
      merged: (from, into) => this.statistics.move(from, into),
      forgotten: (slot) => this.statistics.reset(slot),
    };
  }

  write(writer: SnapshotWriter): void {
    this.miner.writeHead(writer);
    this.statistics.writeHead(writer);
  }

  /** A root that still needs `take`. */
  static read(reader: SnapshotReader, options: Partial<MinerOptions>): Root {
    const root = new Root(options, false);
    root.miner.readHead(reader);
    root.statistics.readHead(reader);
    return root;
  }

  /** Writes the part of this key. */
  writePart(key: number, writer: SnapshotWriter): void {
    const { miner, statistics } = this;
    const page = (key - 1) >>> 1;
    if (key === templatesKey(page)) {
      miner.patterns.writePage(page, writer);
      return;
    }
    miner.writeUsed(page, writer);
    statistics.writePage(page, writer);
  }

  /** Takes in the parts that were written with this root. */
  take(partOf: (key: number) => SnapshotReader | undefined): void {
    const { miner, statistics } = this;
    for (let page = 0; page < miner.patterns.pages; page++) {
      const templates = partOf(templatesKey(page));
      if (templates !== undefined) miner.patterns.readPage(page, templates);
      const counted = partOf(statisticsKey(page));
      if (counted === undefined) continue;
      miner.readUsed(page, counted);
      statistics.readPage(page, counted);
    }
    miner.link();
    this.complete = true;
  }
}

/** One page: a view of the root it is attached to, or what was read and no root has taken in yet. */
export class Part {
  readonly #key: number;
  #held: Root | Uint8Array;

  constructor(key: number, held: Root | Uint8Array) {
    this.#key = key;
    this.#held = held;
  }

  attach(root: Root): void {
    this.#held = root;
  }

  bytes(): Uint8Array {
    if (this.#held instanceof Uint8Array) return this.#held;
    const writer = new SnapshotWriter();
    writer.begin(VERSION);
    this.#held.writePart(this.#key, writer);
    return writer.end();
  }
}
