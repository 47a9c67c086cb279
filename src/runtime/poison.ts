/** Records that fail an operator: each is tried twice, then left out and kept with the dead letters. */
import type { BadRecord, EventBatch, SeriesDictionary } from '../core/events.ts';
import { EventBuilder } from '../core/events.ts';
import { HomeostatError } from '../core/errors.ts';
import { StageError } from './chain.ts';
import { recordOf } from './record-of.ts';

/** Where a record came from. */
interface Origin {
  partition: number;
  offset: number;
  place: number;
}

/** How often a record failed, how the last time, and which control record last had it tried anew. */
interface Failure {
  times: number;
  reason: string;
  forgivenBy?: number;
}

const ATTEMPTS = 2;

/** Outlives the runs of its pipeline, but not the process: then the record fails anew. */
export class Poison {
  readonly #failures = new Map<string, Failure>();

  /** Notes the record to blame for a failure; answers how often it has failed so far, undefined where no record is to blame. */
  blame(thrown: unknown): number | undefined {
    if (!(thrown instanceof StageError) || thrown.culprit === undefined) return undefined;
    const key = keyOf(thrown.culprit);
    const { message: reason } = new HomeostatError('OPERATOR_FAILED', { stage: thrown.stage, detail: thrown.message });
    const known = this.#failures.get(key);
    const times = (known?.times ?? 0) + 1;
    this.#failures.set(key, { ...known, times, reason });
    return times;
  }

  /** Whether the run gets past the record once it has failed so often. */
  isTriedAgain(times: number | undefined): times is number {
    return times !== undefined && times <= ATTEMPTS;
  }

  /** A record is tried anew, so its failures are forgotten; once a control record, which is applied again where that fails. */
  forgive(origin: Origin, control: number): void {
    const failure = this.#failures.get(keyOf(origin));
    if (failure !== undefined && failure.forgivenBy !== control) Object.assign(failure, { times: 0, forgivenBy: control });
  }

  /** The rows without those that have used up their attempts, which `refuse` takes; the batch itself while nothing ever failed. */
  without(rows: EventBatch, dictionary: SeriesDictionary, refuse: (bad: readonly BadRecord[]) => void): EventBatch {
    if (this.#failures.size === 0) return rows;
    const { width } = rows;
    const kept = new EventBuilder(dictionary, width, rows.length, rows.lines !== undefined);
    for (let i = 0; i < rows.length; i++) {
      const origin: Origin = { partition: rows.partition[i], offset: rows.offset[i], place: rows.place[i] };
      const values = rows.values.subarray(i * width, (i + 1) * width);
      const failure = this.#failures.get(keyOf(origin));
      if (failure !== undefined && failure.times >= ATTEMPTS) {
        refuse([{ ...origin, code: 'OPERATOR_FAILED', detail: failure.reason, bytes: recordOf(rows, i, dictionary) }]);
        continue;
      }
      const row = kept.row(rows.series[i], rows.time[i], origin.partition, origin.offset, origin.place);
      kept.values.set(values, row * width);
      if (rows.lines !== undefined) kept.lines!.copy(row, rows.lines, i);
    }
    return kept;
  }
}

function keyOf({ partition, offset, place }: Origin): string {
  return `${partition}:${offset}:${place}`;
}
