/** Hands committed verdicts to the sinks. What is handed over lies in the ledger until every sink has it, so a crash repeats it. */
import type { JsonValue, Sink } from '../core/contracts.ts';
import type { SeriesDictionary } from '../core/events.ts';
import { HomeostatError, messageOf } from '../core/errors.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { emptyVerdicts, F64_COLUMNS, U32_COLUMNS, U8_COLUMNS, type VerdictBatch, type VerdictTexts } from '../core/verdicts.ts';
import { backoff, pause, type Clock } from './ports.ts';

/** A sink was given up. */
export class SinkError extends HomeostatError {
  readonly target: string;

  constructor(target: string, cause: unknown) {
    super('RECEIVER_FAILED', { target, what: 'verdicts', detail: messageOf(cause) }, cause);
    this.target = target;
  }
}

export interface NamedSink {
  target: string;
  sink: Sink;
}

const VERSION = 3;

export function encodeVerdicts(batch: VerdictBatch): Uint8Array {
  const writer = new SnapshotWriter();
  writer.begin(VERSION);
  const n = batch.length;
  writer.u32(n);
  writer.u32(batch.width);
  writer.text(batch.stage);
  writer.text(batch.detector);
  writer.text(batch.config);
  writer.text(JSON.stringify(batch.members));
  writer.f64s(batch.values.subarray(0, n * batch.width));
  for (const name of F64_COLUMNS) writer.f64s(batch[name].subarray(0, n));
  for (const name of U32_COLUMNS) writer.u32s(batch[name].subarray(0, n));
  for (const name of U8_COLUMNS) writer.bytes(batch[name].subarray(0, n));
  writer.bytes(batch.shares.subarray(0, n * batch.width));
  writer.text(batch.texts === undefined ? '' : JSON.stringify(batch.texts));
  return writer.end();
}

export function decodeVerdicts(bytes: Uint8Array): VerdictBatch {
  const reader = new SnapshotReader(bytes, VERSION);
  const n = reader.u32();
  const batch = emptyVerdicts(reader.u32(), n);
  Object.assign(batch, { length: n, stage: reader.text(), detector: reader.text(), config: reader.text() });
  // Before version 2 there were neither members nor shares.
  if (reader.version > 1) batch.members = JSON.parse(reader.text()) as string[];
  batch.values = reader.f64s();
  for (const name of F64_COLUMNS) batch[name] = reader.f64s();
  for (const name of U32_COLUMNS) batch[name] = reader.u32s();
  for (const name of U8_COLUMNS) if (name !== 'member' || reader.version > 1) batch[name] = reader.bytes();
  if (reader.version > 1) batch.shares = reader.bytes();
  // Before version 3 nothing was said in words.
  const texts = reader.version > 2 ? reader.text() : '';
  if (texts !== '') batch.texts = JSON.parse(texts) as VerdictTexts;
  return batch;
}

export class SinkQueue {
  readonly #sinks: readonly NamedSink[];
  readonly #pipeline: string;
  readonly #dictionary: SeriesDictionary;
  readonly #clock: Clock;
  readonly #retry: { backoff: number; maxBackoff: number; attempts: number };
  readonly #trouble: (target: string, reason: string) => void;
  #delivery: Promise<void> = Promise.resolve();
  #failure: unknown;
  /** Every sink is where the ledger says it stood, and what was pending is on its way. */
  isOpen = false;
  /** Where each sink stands, for the next commit. */
  resume: Record<string, JsonValue> = {};

  constructor(
    sinks: readonly NamedSink[],
    pipeline: string,
    dictionary: SeriesDictionary,
    clock: Clock,
    retry: { backoff: number; maxBackoff: number; attempts: number },
    /** Called with a reason when a sink fails, and with '' when it works again. */
    trouble: (target: string, reason: string) => void,
  ) {
    this.#sinks = sinks;
    this.#pipeline = pipeline;
    this.#dictionary = dictionary;
    this.#clock = clock;
    this.#retry = retry;
    this.#trouble = trouble;
  }

  get used(): boolean {
    return this.#sinks.length > 0;
  }

  /** Opens every sink where the ledger says it stood, and repeats what may not have arrived. */
  async open(resume: JsonValue | undefined, pending: Uint8Array | null, signal: AbortSignal): Promise<void> {
    if (typeof resume === 'object' && resume !== null && !Array.isArray(resume)) this.resume = { ...resume };
    for (const { target, sink } of this.#sinks) {
      const begin = async (): Promise<void> => {
        await sink.open(this.resume[target]);
        // Where it stands before its first delivery is committed with that delivery, so that a repeat of it can be cut off.
        this.resume[target] ??= await sink.flush();
      };
      await this.#persist(target, begin, signal);
    }
    if (pending !== null && this.used) this.deliver(decodeVerdicts(pending), signal);
    this.isOpen = true;
  }

  /** Begins to hand over a committed batch; `settled` waits for it. The batch must not change until then. */
  deliver(batch: VerdictBatch, signal: AbortSignal): void {
    this.#delivery = (async () => {
      for (const { target, sink } of this.#sinks) {
        await this.#persist(
          target,
          async () => {
            await sink.write(batch, this.#pipeline, this.#dictionary);
            this.resume[target] = await sink.flush();
          },
          signal,
        );
      }
    })().catch((thrown: unknown) => {
      this.#failure = thrown;
    });
  }

  /** Resolves when the last delivery has arrived everywhere; throws when a sink was given up. */
  async settled(): Promise<void> {
    await this.#delivery;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    await this.#delivery;
    await Promise.allSettled(this.#sinks.map(({ sink }) => sink.close()));
  }

  async #persist(target: string, step: () => Promise<void>, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await step();
        this.#trouble(target, '');
        return;
      } catch (thrown) {
        this.#trouble(target, messageOf(thrown));
        if (signal.aborted || attempt >= this.#retry.attempts) {
          throw new SinkError(target, thrown);
        }
        await pause(backoff(attempt, this.#retry.backoff, this.#retry.maxBackoff, this.#clock.random), signal);
      }
    }
  }
}
