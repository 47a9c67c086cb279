/** One service whose response time climbs, stays high and falls again. */
import { CounterRandom } from '../../core/random.ts';
import { Type, quantity, type Static } from '../../core/schema.ts';
import { rounded, stepsOf, type Clockwork, type Scenario } from './scenario.ts';

export const responseTimeOptions = Type.Object(
  {
    normal: quantity('duration', 'How long the response time stays normal.', '25s'),
    ramp_up: quantity('duration', 'How long it climbs.', '8s'),
    high: quantity('duration', 'How long it stays high.', '7s'),
    ramp_down: quantity('duration', 'How long it falls.', '8s'),
    normal_level: Type.Number({ description: 'Normal response time, ms.', default: 200 }),
    high_level: Type.Number({ description: 'High response time, ms.', default: 900 }),
    noise: Type.Number({ description: 'Largest deviation from the level, ms; each up to it is as likely as another.', minimum: 0, default: 3 }),
    spike_chance: Type.Number({ description: 'Chance that a value is a spike.', minimum: 0, maximum: 1, default: 0.001 }),
    spike_size: Type.Number({ description: 'Largest height of a spike above the level, ms; the smallest is a quarter of it.', default: 240 }),
  },
  { additionalProperties: false, default: {}, description: 'For the scenario response-time.' },
);

const KINDS = ['', 'ramp-up', 'high', 'ramp-down', 'spike'] as const;
const SPIKE = 4;

class ResponseTime implements Scenario {
  readonly series = [{ key: 'response_time', labels: {}, unit: 'ms' }];
  readonly kinds = KINDS;
  readonly memory = 0;
  readonly #options: Static<typeof responseTimeOptions>;
  readonly #random: CounterRandom;
  /** Steps of normal, ramp-up, high and ramp-down; the index is that of KINDS. */
  readonly #phases: readonly number[];
  readonly #cycle: number;

  constructor(options: Static<typeof responseTimeOptions>, seed: number, { interval }: Clockwork) {
    this.#options = options;
    this.#random = new CounterRandom(seed);
    this.#phases = [options.normal, options.ramp_up, options.high, options.ramp_down].map((duration) => stepsOf(duration, interval));
    this.#cycle = Math.max(
      1,
      this.#phases.reduce((sum, steps) => sum + steps, 0),
    );
  }

  step(step: number, values: Float64Array, kinds: Uint8Array): void {
    const { normal_level: low, high_level: high, noise, spike_chance: chance, spike_size: size } = this.#options;
    let at = step % this.#cycle;
    let phase = 0;
    while (phase < 3 && at >= this.#phases[phase]) at -= this.#phases[phase++];
    const share = phase === 1 ? (at + 1) / this.#phases[1] : phase === 2 ? 1 : phase === 3 ? 1 - (at + 1) / this.#phases[3] : 0;
    let x = low + (high - low) * share + noise * (2 * this.#random.at(0, step).uniform() - 1);
    kinds[0] = phase;
    if (this.#random.at(1, step).uniform() < chance) {
      kinds[0] = SPIKE;
      x += size * (0.25 + 0.75 * this.#random.at(2, step).uniform());
    }
    values[0] = rounded(x);
  }
}

export function responseTime(options: Static<typeof responseTimeOptions>, seed: number, clockwork: Clockwork): Scenario {
  return new ResponseTime(options, seed, clockwork);
}
