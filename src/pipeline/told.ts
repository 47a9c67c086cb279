/** Receivers of a running pipeline, seen from the process around it: tried out, reminded after a restart. */
import type { PartHealth, ReceiverTest } from '../core/api.ts';
import type { Notice, Notifier } from '../core/contracts.ts';
import { HomeostatError } from '../core/errors.ts';
import type { NotifierContext } from '../core/schema.ts';
import { tryOut } from '../incidents/try-out.ts';
import type { PipelineConfig } from './config/index.ts';
import { receiversOf } from './deliveries.ts';
import { registry } from './registry.ts';

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

/** A receiver of a pipeline that does not run. */
export interface Testable {
  target: string;
  /** Sends one test notice; never throws. */
  test(): Promise<ReceiverTest>;
}

/** The receivers of a configured pipeline, each to be tried out once; `folder`: where relative paths start. */
export function testable(pipeline: PipelineConfig, folder: string, log: NotifierContext['log']): Testable[] {
  return Array.from(receiversOf(pipeline, registry, folder, log), ([target, notifier]) => ({
    target,
    test: () => tryOut(notifier, pipeline.name, target).finally(() => notifier.close?.()),
  }));
}
