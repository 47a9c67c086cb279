/** A ledger that lives as long as its store object: for tests, and with the promises of the one on disk but durability. */
import { HomeostatError } from '../../core/errors.ts';
import type {
  AnswerRecord,
  Control,
  ControlRecord,
  DeadLetter,
  IncidentRecord,
  Ledger,
  LedgerCommit,
  OutboxItem,
  OutboxResult,
  Recovered,
  StateWrite,
  Transition,
} from '../../core/contracts.ts';
import type { SeriesInfo } from '../../core/events.ts';

const DEAD_LETTERS = 10_000;

interface Kept {
  owner: number;
  last: LedgerCommit | undefined;
  epoch: Recovered['epoch'];
  control: number;
  controls: Control[];
  series: Map<number, SeriesInfo>;
  states: Map<string, Map<number, { shape: number; data: Uint8Array }>>;
  deadLetters: DeadLetter[];
  dropped: number;
  incidents: Map<string, IncidentRecord>;
  answers: Map<string, AnswerRecord>;
  transitions: Transition[];
  outbox: Map<string, { item: OutboxItem; result: OutboxResult | undefined }>;
  audit: LedgerCommit['audit'][number][];
}

/** What outlives a closed ledger. */
export class MemoryStore {
  isOpen = false;
  nextDeadLetter = 1;
  savepoints = 0;
  readonly pipelines = new Map<string, Kept>();

  pipeline(name: string): Kept {
    let kept = this.pipelines.get(name);
    if (kept === undefined) {
      kept = {
        owner: 0,
        last: undefined,
        epoch: undefined,
        control: 0,
        controls: [],
        series: new Map(),
        states: new Map(),
        deadLetters: [],
        dropped: 0,
        incidents: new Map(),
        answers: new Map(),
        transitions: [],
        outbox: new Map(),
        audit: [],
      };
      this.pipelines.set(name, kept);
    }
    return kept;
  }
}

/** Throws LEDGER_BUSY while another ledger has the store open. */
export function openMemoryLedger(store: MemoryStore = new MemoryStore()): Ledger {
  if (store.isOpen) throw new HomeostatError('LEDGER_BUSY', { path: 'memory' });
  store.isOpen = true;
  return new MemoryLedger(store);
}

class MemoryLedger implements Ledger {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  claim(pipeline: string): { owner: number; recovered: Recovered } {
    const kept = this.#store.pipeline(pipeline);
    kept.owner++;
    return { owner: kept.owner, recovered: structuredClone(recovered(kept)) };
  }

  commit(given: LedgerCommit): number | undefined {
    const kept = this.#store.pipeline(given.pipeline);
    if (kept.owner !== given.owner) {
      throw new HomeostatError('LEDGER_FENCED', { pipeline: given.pipeline, owner: kept.owner, mine: given.owner });
    }
    const standing = kept.last?.checkpoint ?? 0;
    if (given.checkpoint !== standing + 1) {
      const detail = `checkpoint ${given.checkpoint} was to follow ${standing}; claim the pipeline again`;
      throw new HomeostatError('LEDGER_IO', { path: given.pipeline, detail });
    }
    // The copy is the transaction: what cannot be read of the commit throws here, before anything is changed.
    const { dropped } = kept;
    const states = Array.from(given.states, lasting);
    this.#apply(kept, structuredClone({ ...given, states }));
    return kept.dropped > dropped ? kept.dropped : undefined;
  }

  state(pipeline: string, stage: string, key: number): { shape: number; data: Uint8Array } | undefined {
    return structuredClone(this.#store.pipeline(pipeline).states.get(stage)?.get(key));
  }

  states(pipeline: string, stage: string): { key: number; shape: number; data: Uint8Array }[] {
    const states = [...(this.#store.pipeline(pipeline).states.get(stage) ?? [])];
    return states.toSorted(([a], [b]) => a - b).map(([key, state]) => ({ key, ...structuredClone(state) }));
  }

  controls(pipeline: string, after: number): Control[] {
    return structuredClone(this.#store.pipeline(pipeline).controls.filter(({ sequence }) => sequence > after));
  }

  appendControl(pipeline: string, record: ControlRecord): number {
    const kept = this.#store.pipeline(pipeline);
    kept.control++;
    kept.controls.push({ sequence: kept.control, pipeline, record: structuredClone(record) });
    return kept.control;
  }

  outboxPending(pipeline: string): (OutboxItem & { attempts: number })[] {
    const pending = [...this.#store.pipeline(pipeline).outbox.values()].filter(({ result }) => result === undefined);
    return pending.map(({ item }) => ({ ...structuredClone(item), attempts: 0 }));
  }

  deadLetters(pipeline: string, ids: readonly number[]): DeadLetter[] {
    const { deadLetters } = this.#store.pipeline(pipeline);
    return structuredClone(ids.map((id) => deadLetters.find((letter) => letter.id === id)).filter((letter) => letter !== undefined));
  }

  savepoint(): string {
    this.#store.savepoints++;
    return `memory#${this.#store.savepoints}`;
  }

  reopen(): void {
    // What is in memory needs no second look.
  }

  close(): void {
    this.#store.isOpen = false;
  }

  #apply(kept: Kept, commit: LedgerCommit): void {
    kept.last = commit;
    kept.control = Math.max(kept.control, commit.control);
    if (commit.epoch !== undefined) kept.epoch = { ...commit.epoch, checkpoint: commit.checkpoint };
    for (const info of commit.series) kept.series.set(info.index, info);
    for (const { stage, key, shape, data, rest } of commit.states) {
      if (!kept.states.has(stage)) kept.states.set(stage, new Map());
      const stages = kept.states.get(stage)!;
      stages.set(key, { shape, data: rest === undefined ? data : withPieces(stages.get(key)?.data, data, rest) });
    }
    for (const letter of commit.deadLetters) kept.deadLetters.push({ ...letter, id: this.#store.nextDeadLetter++, replayed: false });
    for (const letter of kept.deadLetters) if (commit.replayed.includes(letter.id)) letter.replayed = true;
    kept.dropped += kept.deadLetters.splice(0, Math.max(0, kept.deadLetters.length - DEAD_LETTERS)).length;
    for (const incident of commit.incidents) kept.incidents.set(incident.id, incident);
    kept.transitions.push(...commit.transitions);
    for (const answer of commit.answers ?? []) kept.answers.set(answer.id, answer);
    for (const item of commit.outbox) if (!kept.outbox.has(item.key)) kept.outbox.set(item.key, { item, result: undefined });
    for (const result of commit.outboxResults) {
      const entry = kept.outbox.get(result.key);
      if (entry !== undefined && (entry.result === undefined || entry.result.state === result.state)) entry.result = result;
    }
    kept.audit.push(...commit.audit);
  }
}

function recovered({ last, epoch, series, incidents, answers, dropped }: Kept): Recovered {
  return {
    checkpoint: last?.checkpoint ?? 0,
    position: last?.position,
    control: last?.control ?? 0,
    decoder: last?.decoder,
    order: last?.order,
    watermark: last?.watermark ?? -Infinity,
    counts: { ...last?.counts, deadLettersDropped: dropped },
    series: [...series.values()].toSorted((a, b) => a.index - b.index),
    incidents: [...incidents.values()].filter(({ endedAt }) => endedAt === null),
    answers: [...answers.values()].filter(({ parts }) => parts.some(({ ended }) => ended === null)),
    sinkPending: last?.sinkPending ?? null,
    sinkResume: last?.sinkResume,
    epoch,
    clock: last?.clock ?? 0,
  };
}

/** A copy with bytes of its own. */
function lasting({ data, rest, ...write }: StateWrite): StateWrite {
  const pieces = rest?.pieces.map((piece) => ({ ...piece, data: piece.data.slice() }));
  return { ...write, data: data.slice(), ...(pieces === undefined ? {} : { rest: { size: rest!.size, pieces } }) };
}

/** The whole of a state of which the first piece and some others were written. */
function withPieces(before: Uint8Array | undefined, first: Uint8Array, { size, pieces }: NonNullable<StateWrite['rest']>): Uint8Array {
  const whole = new Uint8Array(size);
  if (before !== undefined) whole.set(before.subarray(0, size));
  whole.set(first);
  for (const { number, data } of pieces) whole.set(data, first.length * number);
  return whole;
}
