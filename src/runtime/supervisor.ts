/** Keeps one pipeline running: a failed run is thrown away and a new one made from the last commit, with backoff and an end. */
import type { Control, JsonValue, OutboxResult } from '../core/contracts.ts';
import { HomeostatError, messageOf } from '../core/errors.ts';
import { HealthBoard } from './health.ts';
import type { RunParts, RunPlan } from './plan.ts';
import { backoff, pause } from './ports.ts';
import { Poison } from './poison.ts';
import { Run } from './run.ts';
import { SinkError } from './sinks.ts';

/** A pipeline that was given up is tried again after so long, ms. */
const COOL_OFF = 300_000;
/** A run that held so long counts as healthy: the attempts begin anew, ms. */
const HEALTHY_AFTER = 30_000;

export interface Prepared {
  plan: RunPlan;
  parts: RunParts;
}

export class Supervisor {
  readonly #prepare: (config?: JsonValue) => Prepared;
  readonly #poison = new Poison();
  readonly #results: OutboxResult[] = [];
  readonly health: HealthBoard;
  #prepared: Prepared;
  #run: Run | undefined;
  #nudge = new AbortController();
  #inDoubt = false;
  #isAsked = false;
  #woken: () => void = () => {};

  /** `prepare` makes plan and parts from the configuration in force, or from a new one. */
  constructor(prepare: (config?: JsonValue) => Prepared) {
    this.#prepare = prepare;
    this.#prepared = prepare();
    this.health = new HealthBoard(() => this.#prepared.parts.clock.now());
    this.health.set('source', 'starting');
    this.health.set('engine', 'starting');
  }

  get pipeline(): string {
    return this.#prepared.plan.pipeline;
  }

  /** A record that is durable in the control channel; a run that starts later finds it there. */
  control(control: Control): void {
    this.#run?.control(control);
    this.#ask();
    if (control.record.type === 'restart-source') this.#nudge.abort();
  }

  outboxResult(result: OutboxResult): void {
    if (this.#run === undefined) this.#results.push(result);
    else this.#run.outboxResult(result);
    this.#ask();
  }

  /** Resolves when there is something to write down for a pipeline whose source has ended, or when `signal` aborts. */
  async asked(signal: AbortSignal): Promise<void> {
    if (this.#isAsked || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#woken = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #ask(): void {
    this.#isAsked = true;
    this.#woken();
  }

  offerOutbox(): void {
    this.#run?.committer.offerOutbox();
  }

  /** Resolves when the source has ended, when `signal` aborted and all is committed, or when this process was fenced. */
  async supervise(signal: AbortSignal): Promise<'finished' | 'stopped' | 'fenced'> {
    let attempt = 0;
    while (!signal.aborted) {
      const { clock } = this.#prepared.parts;
      const began = clock.monotonic();
      try {
        const outcome = await this.#once(signal);
        if (outcome !== 'again') return outcome;
        attempt = 0;
      } catch (thrown) {
        if (thrown instanceof HomeostatError && thrown.code === 'LEDGER_FENCED') {
          this.#log('error', thrown.message);
          this.health.set('engine', 'failed', thrown.message);
          this.#tell();
          return 'fenced';
        }
        attempt = clock.monotonic() - began > HEALTHY_AFTER ? 1 : attempt + 1;
        const times = this.#poison.blame(thrown);
        // Each record has its two attempts: after them it is left out, and the run gets past it.
        if (this.#poison.isTriedAgain(times)) attempt = times;
        await this.#recover(thrown, attempt, signal);
      }
    }
    return 'stopped';
  }

  /** Opens the ledger anew after a failure of it: what the kernel still shows of a failed write proves nothing. */
  #reopen(): void {
    if (!this.#inDoubt) return;
    this.#prepared.parts.ledger.reopen();
    this.#inDoubt = false;
  }

  async #once(signal: AbortSignal): Promise<'finished' | 'stopped' | 'again'> {
    this.#reopen();
    this.#isAsked = false;
    const { plan, parts } = this.#prepared;
    const run = new Run(plan, parts, this.health, this.#poison);
    this.#run = run;
    // The claim has just been written.
    this.health.set('ledger', 'ok');
    for (const result of this.#results.splice(0)) run.outboxResult(result);
    this.#log('info', `recovered checkpoint ${run.recovery.checkpoint} in ${run.recovery.seconds.toFixed(3)} s`);
    try {
      const ended = await run.loop(signal).catch(async (thrown: unknown) => {
        // What the stages did is whole when the source was at fault; it is committed before the run is thrown away.
        if (isSourceFault(thrown)) await run.salvage(signal);
        throw thrown;
      });
      if (run.request?.type === 'configure') this.#prepared = this.#prepare(run.request.config);
      if (run.request !== undefined) return 'again';
      if (ended) this.health.set('engine', 'finished');
      run.announce();
      return ended ? 'finished' : 'stopped';
    } finally {
      this.#run = undefined;
      this.#results.push(...run.takeResults());
      await run.close();
    }
  }

  async #recover(thrown: unknown, attempt: number, signal: AbortSignal): Promise<void> {
    const { plan, parts } = this.#prepared;
    const part = partOf(thrown);
    if (part === 'ledger') this.#inDoubt = true;
    const { restart } = plan;
    const over = attempt > restart.attempts;
    const delay = over ? COOL_OFF : backoff(attempt, restart.backoff, restart.maxBackoff, parts.clock.random);
    const next = over
      ? `given up after ${restart.attempts} attempts, tried again in ${COOL_OFF / 60_000} min or when told to restart`
      : `next attempt in ${Math.round(delay)} ms`;
    this.health.set(part, over ? 'failed' : 'degraded', `${messageOf(thrown)} (${next})`);
    this.#log('warn', `${part} failed: ${messageOf(thrown)}; ${next}`);
    this.#tell();
    if (attempt === restart.attempts + 1) await this.#fault(`${part} failed: ${messageOf(thrown)}`, signal);
    this.#nudge = new AbortController();
    await pause(delay, AbortSignal.any([signal, this.#nudge.signal]));
    // A sink says by itself when it works again, and so does a ledger.
    if (part === 'source' || part === 'engine') this.health.set(part, 'starting', messageOf(thrown));
  }

  /** An incident says that the pipeline was given up; where not even that can be committed, health and log say it alone. */
  async #fault(reason: string, signal: AbortSignal): Promise<void> {
    try {
      this.#reopen();
      const run = new Run(this.#prepared.plan, this.#prepared.parts, this.health, this.#poison);
      try {
        await run.fault(reason, signal);
      } finally {
        await run.close();
      }
    } catch (thrown) {
      this.#log('error', `no incident about it: ${messageOf(thrown)}`);
    }
  }

  /** While there is no run that could say how the pipeline is. */
  #tell(): void {
    this.#prepared.parts.emit({ type: 'health', pipeline: this.pipeline, condition: this.health.overall(), parts: this.health.list() });
  }

  #log(level: 'info' | 'warn' | 'error', message: string): void {
    this.#prepared.parts.emit({ type: 'log', level, message, pipeline: this.pipeline });
  }
}

/** The part that the Health page blames. */
function partOf(thrown: unknown): string {
  if (!(thrown instanceof HomeostatError)) return 'engine';
  if (thrown instanceof SinkError) return `sink ${thrown.target}`;
  if (thrown.code.startsWith('HISTORY')) return 'history';
  if (thrown.code.startsWith('LEDGER') || thrown.code === 'DISK_FULL') return 'ledger';
  return isSourceFault(thrown) ? 'source' : 'engine';
}

/** Whether the failure came from outside the stages and the ledger. */
function isSourceFault(thrown: unknown): boolean {
  return thrown instanceof HomeostatError && (thrown.code.startsWith('SOURCE') || thrown.code === 'RECEIVER_FAILED');
}
