/** Puts rows into requests: many rows of one partition, or few rows of several partitions that the same nodes hold. */
import type { Client } from 'cassandra-driver';
import type { CassandraOptions } from './options.ts';
import type { Params } from './rows.ts';

export interface Statement {
  query: string;
  params: Params;
}

/** Rows of one partition. */
export interface Piece {
  statements: Statement[];
  /** Texts and bytes in them beside the numbers. */
  extra: number;
  /** Components of the partition's key, encoded. */
  partition: () => Buffer[];
}

/** A node warns of batches over several partitions beyond 5 KiB, as it counts: some 24 bytes of its own a cell. */
const MOST_BYTES = 4_800;
const CELL = 24;

/** Gathers pieces into requests, which it hands over as they are full. */
export class Requests {
  readonly #client: Client;
  readonly #options: CassandraOptions;
  readonly #open = new Map<string, { statements: Statement[]; partitions: number; bytes: number }>();
  readonly #ready: Statement[][] = [];

  constructor(client: Client, options: CassandraOptions) {
    this.#client = client;
    this.#options = options;
  }

  add(piece: Piece): void {
    const { batch_rows, batch_partitions } = this.#options;
    const { statements } = piece;
    let from = 0;
    // A partition that fills a request has it for itself.
    for (; statements.length - from >= batch_rows; from += batch_rows) this.#ready.push(statements.slice(from, from + batch_rows));
    const rest = from === 0 ? statements : statements.slice(from);
    if (rest.length === 0) return;
    const bytes = rest.length * CELL * rest[0].params.length + piece.extra;
    if (batch_partitions === 1 || bytes > MOST_BYTES) return void this.#ready.push(rest);
    const group = this.#replicasOf(piece);
    const open = this.#open.get(group);
    if (open === undefined || open.partitions >= batch_partitions || open.bytes + bytes > MOST_BYTES) {
      if (open !== undefined) this.#ready.push(open.statements);
      this.#open.set(group, { statements: [...rest], partitions: 1, bytes });
      return;
    }
    open.statements.push(...rest);
    open.partitions++;
    open.bytes += bytes;
  }

  /** What is full so far. */
  take(): Statement[][] {
    return this.#ready.splice(0);
  }

  /** What is left. */
  end(): Statement[][] {
    for (const { statements } of this.#open.values()) this.#ready.push(statements);
    this.#open.clear();
    return this.take();
  }

  #replicasOf({ partition }: Piece): string {
    if (this.#client.hosts.length <= 1) return '';
    const hosts = this.#client.metadata.getReplicas(this.#options.keyspace, compositeKey(partition())) as { address: string }[] | null;
    return hosts === null ? '' : hosts.map(({ address }) => address).join();
  }
}

/** How Cassandra encodes a partition key of several components. */
function compositeKey(components: readonly Buffer[]): Buffer {
  return Buffer.concat(
    components.flatMap((component) => {
      const length = Buffer.allocUnsafe(2);
      length.writeUInt16BE(component.length);
      return [length, component, Buffer.of(0)];
    }),
  );
}

/** Calls `work` on each item, `width` at a time; the first failure ends it. */
export async function inFlight<T>(items: readonly T[], width: number, work: (item: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      try {
        await work(items[next++]);
      } catch (thrown) {
        failed = true;
        throw thrown;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}
