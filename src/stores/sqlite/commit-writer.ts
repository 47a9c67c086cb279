/** Writes one commit inside the caller's transaction, through statements prepared once. */
import { HomeostatError } from '../../core/errors.ts';
import type { Control, ControlRecord, IncidentRecord, LedgerCommit, OutboxItem } from '../../core/contracts.ts';
import { faultPoint } from '../../core/faults.ts';
import { BoundedTable } from './bounds.ts';
import type { LedgerBounds } from './bounds.ts';
import type { Database, Statement } from './database.ts';

/** Keys of states are below this, so that stage * KEYS + key is one exact integer. */
export const KEYS = 2 ** 32;

/** Numbers of pieces of a state are below this; times the id of the state it is still one exact integer, for up to 8191 stages. */
export const PIECES = 256;

const PROGRESS = `update pipelines set checkpoint = ?, position = ?, control = ?, decoder = ?, watermark = ?, clock = ?, counts = ?,
  sink_resume = ?, committed_at = ? where id = ? and owner = ? and checkpoint = ? - 1`;

const SQL = {
  progress: PROGRESS,
  standing: 'select owner, checkpoint, control from pipelines where id = ?',
  epoch: 'update pipelines set epoch_hash = ?, epoch_config = ?, epoch_checkpoint = ? where id = ?',
  addEpoch: 'insert or replace into epochs (pipeline, checkpoint, hash, config) values (?, ?, ?, ?)',
  trimEpochs:
    'delete from epochs where pipeline = ?1 and checkpoint not in (select checkpoint from epochs where pipeline = ?1 order by checkpoint desc limit ?2)',
  reorder: 'insert or replace into reorder (pipeline, data) values (?, ?)',
  sinkPending: 'insert or replace into sink_pending (pipeline, data) values (?, ?)',
  clearSinkPending: 'delete from sink_pending where pipeline = ?',
  series: 'insert or replace into series (pipeline, idx, key, labels, unit) values (?, ?, ?, ?, ?)',
  addStage: 'insert into stages (pipeline, name) values (?, ?) on conflict do update set name = name returning id',
  state: 'insert or replace into states (id, shape, data, size) values (?, ?, ?, ?)',
  statePiece: 'insert or replace into state_pieces (id, data) values (?, ?)',
  deadLetter: 'insert into dead_letters (pipeline, part, offset, place, code, detail, bytes, at, sent) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  replayed: 'update dead_letters set replayed = 1 where pipeline = ? and id = ?',
  dropped: 'update pipelines set dead_letters_dropped = dead_letters_dropped + ? where id = ? returning dead_letters_dropped as n',
  incident:
    'insert into incidents (id, pipeline, ended_at, record) values (?, ?, ?, ?) on conflict (id) do update set ended_at = excluded.ended_at, record = excluded.record',
  surplusIncidents: `select id from incidents where pipeline = ?1 and ended_at is not null order by seq
    limit max(0, (select count(*) from incidents where pipeline = ?1 and ended_at is not null) - ?2)`,
  dropIncident: 'delete from incidents where id = ?',
  dropTransitions: 'delete from transitions where incident = ?',
  transition: 'insert or replace into transitions (incident, sequence, from_state, to_state, at, cause) values (?, ?, ?, ?, ?, ?)',
  trimTransitions: 'delete from transitions where incident = ? and sequence <= ?',
  outbox: 'insert or ignore into outbox (key, pipeline, kind, target, incident, payload, created_at) values (?, ?, ?, ?, ?, ?, ?)',
  outboxResult: "update outbox set state = ?1, attempts = ?2, detail = ?3, done_at = ?4 where key = ?5 and state in ('pending', ?1)",
  audit: 'insert into audit (pipeline, at, by, what, detail) values (?, ?, ?, ?, ?)',
  answer: `insert into answers (id, pipeline, active, at, record) values (?, ?, ?, ?, ?)
    on conflict (id) do update set active = excluded.active, at = excluded.at, record = excluded.record`,
  newControls: 'select sequence, record from controls where pipeline = ? and sequence > ? and sequence <= ? order by sequence',
  trimControls: 'delete from controls where pipeline = ? and sequence <= ?',
  silence: 'insert or replace into silences (pipeline, id, matchers, until, by, comment) values (?, ?, ?, ?, ?, ?)',
  unsilence: 'delete from silences where pipeline = ? and id = ?',
  expireSilences: 'delete from silences where pipeline = ? and until < ?',
} as const;

function prepared(db: Database): Record<keyof typeof SQL, Statement> {
  return Object.fromEntries(Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)])) as Record<keyof typeof SQL, Statement>;
}

export class CommitWriter {
  readonly #run: Record<keyof typeof SQL, Statement>;
  readonly #bounds: LedgerBounds;
  readonly #deadLetters: BoundedTable;
  readonly #audit: BoundedTable;
  readonly #outbox: BoundedTable;
  readonly #answers: BoundedTable;
  readonly #stages = new Map<string, number>();

  constructor(db: Database, bounds: LedgerBounds) {
    this.#run = prepared(db);
    this.#bounds = bounds;
    this.#deadLetters = new BoundedTable(db, 'dead_letters', 'id', 'at', bounds.deadLetters);
    this.#audit = new BoundedTable(db, 'audit', 'id', 'at', bounds.audit);
    this.#answers = new BoundedTable(db, 'answers', 'seq', 'at', bounds.doneAnswers, 'active = 0');
    this.#outbox = new BoundedTable(db, 'outbox', 'seq', 'created_at', bounds.doneOutbox, "state <> 'pending'");
  }

  /** Writes everything; `now` is the wall clock. Answers how many dead letters were ever dropped, if some were now. Throws LEDGER_FENCED. */
  write(id: number, commit: LedgerCommit, now: number): number | undefined {
    const before = this.#progress(id, commit, now);
    this.#states(id, commit);
    const dropped = this.#deadLettersOf(id, commit, now);
    this.#incidents(id, commit);
    this.#outboxOf(id, commit, now);
    for (const entry of commit.audit) this.#run.audit.run(id, entry.at, entry.by, entry.what, entry.detail);
    if (commit.audit.length > 0) this.#audit.trim(id, now - this.#bounds.maxAge);
    this.#answersOf(id, commit, now);
    if (commit.control > before) this.#controls(id, before, commit.control);
    this.#run.expireSilences.run(id, commit.clock);
    faultPoint('ledger-commit');
    return dropped;
  }

  /** After a rollback nothing learnt inside the transaction holds. */
  forget(): void {
    this.#stages.clear();
  }

  /** Answers the control sequence applied before this commit. */
  #progress(id: number, commit: LedgerCommit, now: number): number {
    const run = this.#run;
    const standing = run.standing.get(id) as { owner: number; checkpoint: number; control: number };
    if (standing.owner !== commit.owner) {
      throw new HomeostatError('LEDGER_FENCED', { pipeline: commit.pipeline, owner: standing.owner, mine: commit.owner });
    }
    if (standing.checkpoint !== commit.checkpoint - 1) {
      const detail = `checkpoint ${commit.checkpoint} was to follow ${standing.checkpoint}; claim the pipeline again`;
      throw new HomeostatError('LEDGER_IO', { path: commit.pipeline, detail });
    }
    run.progress.run(
      commit.checkpoint,
      JSON.stringify(commit.position),
      commit.control,
      JSON.stringify(commit.decoder),
      commit.watermark,
      commit.clock,
      JSON.stringify(commit.counts),
      JSON.stringify(commit.sinkResume),
      now,
      id,
      commit.owner,
      commit.checkpoint,
    );
    run.reorder.run(id, commit.order);
    if (commit.sinkPending === null) run.clearSinkPending.run(id);
    else run.sinkPending.run(id, commit.sinkPending);
    if (commit.epoch !== undefined) {
      const config = JSON.stringify(commit.epoch.config);
      run.epoch.run(commit.epoch.hash, config, commit.checkpoint, id);
      run.addEpoch.run(id, commit.checkpoint, commit.epoch.hash, config);
      run.trimEpochs.run(id, this.#bounds.epochs);
    }
    return standing.control;
  }

  #states(id: number, commit: LedgerCommit): void {
    for (const series of commit.series) this.#run.series.run(id, series.index, series.key, JSON.stringify(series.labels), series.unit);
    const { state: write, statePiece } = this.#run;
    let name: string | undefined;
    let base = 0;
    for (const state of commit.states) {
      if (state.stage !== name) {
        name = state.stage;
        base = this.#stage(id, name) * KEYS;
      }
      const key = base + state.key;
      write.run(key, state.shape, state.data, state.rest?.size ?? null);
      for (const { number, data } of state.rest?.pieces ?? []) statePiece.run(key * PIECES + number, data);
    }
  }

  #stage(pipeline: number, name: string): number {
    const key = `${pipeline} ${name}`;
    let id = this.#stages.get(key);
    if (id === undefined) {
      id = (this.#run.addStage.get(pipeline, name) as { id: number }).id;
      this.#stages.set(key, id);
    }
    return id;
  }

  #deadLettersOf(id: number, commit: LedgerCommit, now: number): number | undefined {
    for (const replayed of commit.replayed) this.#run.replayed.run(id, replayed);
    if (commit.deadLetters.length === 0) return undefined;
    const surplus = Math.max(0, commit.deadLetters.length - this.#bounds.deadLetters);
    for (const letter of commit.deadLetters.slice(surplus)) {
      const sent = letter.sent === undefined ? null : JSON.stringify(letter.sent);
      this.#run.deadLetter.run(id, letter.partition, letter.offset, letter.place, letter.code, letter.detail, letter.bytes, letter.at, sent);
    }
    const dropped = surplus + this.#deadLetters.trim(id, now - this.#bounds.maxAge);
    return dropped === 0 ? undefined : (this.#run.dropped.get(dropped, id) as { n: number }).n;
  }

  #incidents(id: number, commit: LedgerCommit): void {
    const run = this.#run;
    for (const incident of commit.incidents) run.incident.run(incident.id, id, incident.endedAt, JSON.stringify(incident));
    for (const t of commit.transitions) {
      run.transition.run(t.incident, t.sequence, t.from, t.to, t.at, t.cause);
      if (t.sequence > this.#bounds.transitionsPerIncident) run.trimTransitions.run(t.incident, t.sequence - this.#bounds.transitionsPerIncident);
    }
    if (commit.incidents.length === 0) return;
    for (const surplus of run.surplusIncidents.all(id, this.#bounds.closedIncidents) as { id: string }[]) {
      run.dropTransitions.run(surplus.id);
      run.dropIncident.run(surplus.id);
    }
  }

  #outboxOf(id: number, commit: LedgerCommit, now: number): void {
    for (const item of commit.outbox) {
      this.#run.outbox.run(item.key, id, item.kind, item.target, incidentOf(item).id, JSON.stringify(item.payload), now);
    }
    for (const result of commit.outboxResults) this.#run.outboxResult.run(result.state, result.attempts, result.detail, result.at, result.key);
    if (commit.outboxResults.length > 0) this.#outbox.trim(id, now - this.#bounds.maxAge);
  }

  #answersOf(id: number, commit: LedgerCommit, now: number): void {
    const { answers = [] } = commit;
    for (const answer of answers) {
      const isActive = answer.parts.some(({ ended }) => ended === null);
      this.#run.answer.run(answer.id, id, isActive ? 1 : 0, commit.clock, JSON.stringify(answer));
    }
    if (answers.length > 0) this.#answers.trim(id, now - this.#bounds.maxAge);
  }

  /** Silences are what the applied control records say; the reader shows them from a table of their own. */
  #controls(id: number, before: number, applied: number): void {
    const run = this.#run;
    for (const row of run.newControls.all(id, before, applied) as { sequence: number; record: string }[]) {
      const record = JSON.parse(row.record) as ControlRecord;
      if (record.type === 'silence') run.silence.run(id, record.id, JSON.stringify(record.matchers), record.until, record.by, record.comment);
      else if (record.type === 'unsilence') run.unsilence.run(id, record.id);
    }
    run.trimControls.run(id, applied - this.#bounds.appliedControls);
  }
}

function incidentOf(item: OutboxItem): IncidentRecord {
  return item.payload.incident;
}

export function controlOf(pipeline: string, row: { sequence: number; record: string }): Control {
  return { sequence: row.sequence, pipeline, record: JSON.parse(row.record) as ControlRecord };
}
