/** Receivers of a running pipeline, seen from the process around it: tried out, reminded after a restart. */
import type { PartHealth, ReceiverTest } from '../core/api.ts';
import type { Notice, Notifier } from '../core/contracts.ts';
import { HomeostatError } from '../core/errors.ts';
import { tryOut } from '../incidents/try-out.ts';

export class Receivers {
  readonly #pipeline: string;
  readonly #notifiers: ReadonlyMap<string, Notifier>;
  readonly #tests = new Map<string, Promise<ReceiverTest>>();

  constructor(pipeline: string, notifiers: ReadonlyMap<string, Notifier>) {
    this.#pipeline = pipeline;
    this.#notifiers = notifiers;
  }

  /** How they are before anything was sent. */
  parts(now: number): PartHealth[] {
    return Array.from(this.#notifiers.keys(), (target) => ({ part: `receiver ${target}`, condition: 'ok', reason: '', since: now }));
  }

  /** One test at a time: who asks meanwhile gets the same answer. Throws NOT_FOUND. */
  test(target: string): Promise<ReceiverTest> {
    const notifier = this.#notifiers.get(target);
    if (notifier === undefined) throw new HomeostatError('NOT_FOUND', { what: `receiver of ${this.#pipeline}`, name: target });
    const running = this.#tests.get(target) ?? tryOut(notifier, this.#pipeline, target).finally(() => this.#tests.delete(target));
    this.#tests.set(target, running);
    return running;
  }

  /** Tells those that must be reminded what an earlier run of the process told them and still goes on. */
  resume(toldOf: (target: string) => readonly Notice[]): void {
    for (const [target, notifier] of this.#notifiers) if (notifier.resume !== undefined) notifier.resume(toldOf(target));
  }
}
