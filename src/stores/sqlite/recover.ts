/** What a pipeline finds in the ledger when it starts. */
import type { AnswerRecord, IncidentRecord, JsonValue, Recovered } from '../../core/contracts.ts';
import type { SeriesInfo } from '../../core/events.ts';
import type { Database } from './database.ts';

interface PipelineRow {
  id: number;
  name: string;
  checkpoint: number;
  position: string | null;
  control: number;
  decoder: string | null;
  watermark: number | null;
  clock: number;
  counts: string;
  dead_letters_dropped: number;
  sink_resume: string | null;
  epoch_hash: string | null;
  epoch_config: string | null;
  epoch_checkpoint: number | null;
}

function parsed(text: string | null): JsonValue | undefined {
  return text === null ? undefined : (JSON.parse(text) as JsonValue);
}

/** `counts.deadLettersDropped` is the ledger's own count. Incidents are the open ones. */
export function recover(db: Database, id: number): Recovered {
  const sql = 'select * from pipelines where id = ?';
  const row = db.prepare(sql).get(id) as PipelineRow;
  const blob = (table: 'reorder' | 'sink_pending') =>
    (db.prepare(`select data from ${table} where pipeline = ?`).get(id) as { data: Uint8Array } | undefined)?.data;
  return {
    checkpoint: row.checkpoint,
    position: parsed(row.position),
    control: row.control,
    decoder: parsed(row.decoder),
    order: blob('reorder'),
    watermark: row.watermark ?? -Infinity,
    counts: { ...(JSON.parse(row.counts) as Record<string, number>), deadLettersDropped: row.dead_letters_dropped },
    series: seriesOf(db, id),
    incidents: openIncidents(db, id),
    answers: activeAnswers(db, id),
    sinkPending: blob('sink_pending') ?? null,
    sinkResume: parsed(row.sink_resume),
    epoch: row.epoch_hash === null ? undefined : { hash: row.epoch_hash, config: parsed(row.epoch_config)!, checkpoint: row.epoch_checkpoint ?? 0 },
    clock: row.clock,
  };
}

function seriesOf(db: Database, id: number): SeriesInfo[] {
  const rows = db.prepare('select idx, key, labels, unit from series where pipeline = ? order by idx').all(id) as {
    idx: number;
    key: string;
    labels: string;
    unit: string;
  }[];
  return rows.map((row) => ({ index: row.idx, key: row.key, labels: JSON.parse(row.labels) as Record<string, string>, unit: row.unit }));
}

function openIncidents(db: Database, id: number): IncidentRecord[] {
  const rows = db.prepare('select record from incidents where ended_at is null and pipeline = ? order by seq').all(id) as { record: string }[];
  return rows.map((row) => JSON.parse(row.record) as IncidentRecord);
}

function activeAnswers(db: Database, id: number): AnswerRecord[] {
  const rows = db.prepare('select record from answers where active = 1 and pipeline = ? order by seq').all(id) as { record: string }[];
  return rows.map((row) => JSON.parse(row.record) as AnswerRecord);
}
