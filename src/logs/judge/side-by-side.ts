/** A dynamic and a static threshold over the same scores: what each flags, by score and by event time. */
import type { LogScores } from '../../core/log-api.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';

/** Bins of score: eight a factor of ten, from 0.001 to 100,000; what lies outside counts in the nearest. */
const PER_TEN = 8;
const LOWEST = -3;
const BINS = 8 * PER_TEN;
/** Stretches of event time: at least so wide, ms; two become one whenever there are more of them. */
const NARROWEST_MS = 60_000;
const MOST_STRETCHES = 240;
/** Numbers kept of a stretch: sessions, flagged by the dynamic and the static threshold, and their limits at its end. */
const WIDTH = 5;

export class SideBySide {
  readonly #bins = new Float64Array(BINS);
  readonly #stretches = new Float64Array(MOST_STRETCHES * WIDTH);
  /** Start of the first stretch, their width, how many there are; then sessions flagged by each, and the limits last. */
  readonly #head = Float64Array.of(NaN, NARROWEST_MS, 0, 0, 0, NaN, NaN);

  /** Notes a judged session: its score, and the limits of both. */
  note(time: number, score: number, dynamic: number, fixed: number): void {
    const head = this.#head;
    const bin = score > 0 ? Math.floor((Math.log10(score) - LOWEST) * PER_TEN) : 0;
    this.#bins[Math.max(0, Math.min(BINS - 1, bin))]++;
    const at = this.#stretchOf(time) * WIDTH;
    const stretches = this.#stretches;
    stretches[at]++;
    if (score > dynamic) {
      stretches[at + 1]++;
      head[3]++;
    }
    if (score > fixed) {
      stretches[at + 2]++;
      head[4]++;
    }
    stretches[at + 3] = head[5] = dynamic;
    stretches[at + 4] = head[6] = fixed;
  }

  get flagged(): { dynamic: number; static: number } {
    return { dynamic: this.#head[3], static: this.#head[4] };
  }

  /** The stretch of this time; wider ones are made as needed. Times before the first count in it. */
  #stretchOf(time: number): number {
    const head = this.#head;
    if (head[2] === 0) {
      head[0] = Math.floor(time / NARROWEST_MS) * NARROWEST_MS;
      head[2] = 1;
    }
    let stretch = Math.max(0, Math.floor((time - head[0]) / head[1]));
    while (stretch >= MOST_STRETCHES) {
      this.#widen();
      stretch = Math.max(0, Math.floor((time - head[0]) / head[1]));
    }
    const stretches = this.#stretches;
    for (; head[2] <= stretch; head[2]++) stretches.fill(0, head[2] * WIDTH, (head[2] + 1) * WIDTH);
    return stretch;
  }

  #widen(): void {
    const stretches = this.#stretches;
    for (let i = 0; i < MOST_STRETCHES; i++) {
      const from = i * WIDTH;
      const to = (i >> 1) * WIDTH;
      const isFirst = (i & 1) === 0;
      const isEmpty = stretches[from] === 0;
      for (let k = 0; k < 3; k++) stretches[to + k] = (isFirst ? 0 : stretches[to + k]) + stretches[from + k];
      for (let k = 3; k < WIDTH; k++) if (isFirst || !isEmpty) stretches[to + k] = stretches[from + k];
    }
    stretches.fill(0, (MOST_STRETCHES >> 1) * WIDTH);
    this.#head[1] *= 2;
    this.#head[2] = (this.#head[2] + 1) >> 1;
  }

  /** As the API shows it. */
  shown(names: { dynamic: string; static: string }, inForce: 'dynamic' | 'static'): LogScores {
    const [start, width, n, dynamic, fixed, dynamicLimit, staticLimit] = this.#head;
    const stretches = Array.from({ length: n }, (_, i) => this.#stretches.subarray(i * WIDTH, (i + 1) * WIDTH));
    const limits = stretches.map((stretch): (number | null)[] => (stretch[0] === 0 ? [null, null] : [finite(stretch[3]), finite(stretch[4])]));
    return {
      edges: Array.from({ length: BINS + 1 }, (_, i) => 10 ** (LOWEST + i / PER_TEN)),
      counts: [...this.#bins],
      thresholds: [
        { name: names.dynamic, kind: 'dynamic', limit: finite(dynamicLimit), flagged: dynamic, inForce: inForce === 'dynamic' },
        { name: names.static, kind: 'static', limit: finite(staticLimit), flagged: fixed, inForce: inForce === 'static' },
      ],
      time: stretches.map((_, i) => new Date(start + i * width).toISOString()),
      sessions: stretches.map((stretch) => stretch[0]),
      flagged: stretches.map((stretch) => [stretch[1], stretch[2]]),
      limits,
    };
  }

  snapshot(writer: SnapshotWriter): void {
    for (const part of [this.#head, this.#bins, this.#stretches]) writer.block(part);
  }

  static restore(reader: SnapshotReader): SideBySide {
    const compared = new SideBySide();
    for (const part of [compared.#head, compared.#bins, compared.#stretches]) reader.block(part);
    return compared;
  }
}

function finite(x: number): number | null {
  return Number.isFinite(x) ? x : null;
}
