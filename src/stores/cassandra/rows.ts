/** A verdict as a row of Cassandra, and back. */
import { types } from 'node:util';
import { ANOMALOUS, emptyVerdicts, idText, LATE, NO_MEMBER, verdictTexts, type VerdictBatch } from '../../core/verdicts.ts';
import { hashId } from '../../core/hash.ts';
import type { StoredRow } from '../raw-range.ts';
import { SAID_COLUMNS } from './tables.ts';

export const DAY = 86_400_000;
/** Partitions of one day's anomalies of a pipeline. */
export const SHARDS = 8;

export const dayOf = (time: number): number => Math.floor(time / DAY);

export type Params = unknown[];
export type CassandraRow = Record<string, unknown>;

const known = (x: number): number | undefined => (Number.isNaN(x) ? undefined : x);
const said = (text: string | undefined): string | undefined => (text === undefined || text === '' ? undefined : text);

export function idBytes(high: number, low: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeUInt32BE(high, 0);
  bytes.writeUInt32BE(low, 4);
  return bytes;
}

/** Values of SAID_COLUMNS, in their order; undefined is not written. */
export function saidOf(batch: VerdictBatch, row: number, maker: bigint): Params {
  const { width, texts } = batch;
  const flags = batch.flags[row];
  const at = row * width;
  return [
    batch.kind[row],
    (flags & ANOMALOUS) !== 0,
    (flags & LATE) !== 0,
    known(batch.score[row]),
    known(batch.limit[row]),
    known(batch.expected[row]),
    known(batch.lower[row]),
    known(batch.upper[row]),
    Object.is(batch.onset[row], 0) ? undefined : batch.onset[row],
    width === 1 ? [batch.values[at]] : Array.from(batch.values.subarray(at, at + width)),
    sharesOf(batch, at),
    batch.member[row] === NO_MEMBER ? undefined : batch.member[row],
    maker,
    batch.partition[row] | 0,
    batch.offset[row],
    batch.place[row] | 0,
    said(texts?.subject[row]),
    said(texts?.detail[row]),
    said(texts?.revises[row]),
  ];
}

function sharesOf({ shares, width }: VerdictBatch, at: number): Buffer | undefined {
  for (let k = 0; k < width; k++) if (shares[at + k] !== 0) return Buffer.from(shares.subarray(at, at + width));
  return undefined;
}

/** What the verdicts of a batch have in common. */
export interface Maker {
  stage: string;
  detector: string;
  config: string;
  width: number;
  members: readonly string[];
}

/** A number that names a maker, the same wherever it is computed. */
export function makerId({ stage, detector, config, width, members }: Maker): bigint {
  return BigInt.asIntN(64, BigInt(`0x${hashId(stage, detector, config, width, ...members)}`));
}

const ROOM = 256;

/** Puts rows back into batches, one or more per maker. */
export class RowBatches {
  readonly #open = new Map<bigint, VerdictBatch>();
  readonly #makers: ReadonlyMap<bigint, Maker>;

  constructor(makers: ReadonlyMap<bigint, Maker>) {
    this.#makers = makers;
  }

  /** `series`: the index to give the row. */
  add(row: CassandraRow, series: number): StoredRow {
    const id = row['maker'] as bigint;
    let batch = this.#open.get(id);
    if (batch === undefined || batch.length === ROOM) {
      const values = row['values'] as number[];
      const maker = this.#makers.get(id) ?? { stage: '', detector: '', config: '', members: [], width: values.length };
      batch = Object.assign(emptyVerdicts(values.length, ROOM), { ...maker, width: values.length });
      this.#open.set(id, batch);
    }
    const at = batch.length++;
    fill(batch, at, row, series);
    return { batch, row: at, time: batch.time[at], id: idText(batch.idHigh[at], batch.idLow[at]) };
  }
}

function fill(batch: VerdictBatch, at: number, row: CassandraRow, series: number): void {
  const number = (name: string): number => (row[name] as number | null) ?? NaN;
  const id = row['id'] as Buffer;
  batch.series[at] = series;
  batch.time[at] = row['time'] as number;
  batch.idHigh[at] = id.readUInt32BE(0);
  batch.idLow[at] = id.readUInt32BE(4);
  batch.kind[at] = row['kind'] as number;
  batch.flags[at] = (row['anomalous'] ? ANOMALOUS : 0) | (row['late'] ? LATE : 0);
  batch.score[at] = number('score');
  batch.limit[at] = number('threshold');
  for (const name of ['expected', 'lower', 'upper'] as const) batch[name][at] = number(name);
  batch.onset[at] = (row['onset'] as number | null) ?? 0;
  batch.values.set(row['values'] as number[], at * batch.width);
  const shares = row['shares'];
  if (types.isUint8Array(shares)) batch.shares.set(shares, at * batch.width);
  batch.member[at] = (row['member'] as number | null) ?? NO_MEMBER;
  batch.partition[at] = row['cause_partition'] as number;
  batch.offset[at] = row['cause_offset'] as number;
  batch.place[at] = row['cause_place'] as number;
  const [subject, detail, revises] = ['subject', 'detail', 'revises'].map((name) => (row[name] as string | null) ?? '');
  if (subject === '' && detail === '' && revises === '' && batch.texts === undefined) return;
  batch.texts ??= verdictTexts(at);
  Object.assign(batch.texts.subject, { [at]: subject });
  Object.assign(batch.texts.detail, { [at]: detail });
  Object.assign(batch.texts.revises, { [at]: revises });
  batch.texts.replaces[at] = -1;
}

/** Columns of a select that RowBatches can read. */
export const ROW_COLUMNS = ['series', 'time', 'id', ...SAID_COLUMNS].join(', ');
