/** Machines with a thermometer, a hygrometer and a microphone each, and what goes wrong with such sensors. */
import { CounterRandom } from '../../core/random.ts';
import { Type, quantity, type Static } from '../../core/schema.ts';
import { Episodes } from './episodes.ts';
import { rounded, stepsOf, type Clockwork, type Scenario } from './scenario.ts';

const FAULTS = ['spike', 'drift', 'stuck', 'dropout'] as const;

export const sensorsOptions = Type.Object(
  {
    machines: Type.Integer({ description: 'How many machines; each has three series.', minimum: 1, maximum: 1_000_000, default: 3 }),
    distribution: Type.Union([Type.Literal('normal'), Type.Literal('uniform')], { description: 'Distribution of the noise of a reading.', default: 'normal' }),
    noise: Type.Number({
      description: 'Standard deviation of the noise, as a multiple of that of the sensor (0.3 °C, 0.8 %, 0.6 dB).',
      minimum: 0,
      default: 1,
    }),
    walk_points: Type.Integer({ description: 'The level is a random walk over this many last readings.', minimum: 0, maximum: 10_000, default: 60 }),
    walk_step: Type.Number({ description: 'Standard deviation of one step of the walk, as a multiple of that of the noise.', minimum: 0, default: 0.2 }),
    recalibration: Type.Number({ description: 'Chance per reading that the walk begins again at 0.', minimum: 0, maximum: 1, default: 0.002 }),
    faults: Type.Array(Type.Union(FAULTS.map((name) => Type.Literal(name))), { description: 'Faults that may happen.', default: [...FAULTS] }),
    fault_chance: Type.Number({ description: 'Chance that a sensor has a fault within `fault_every`.', minimum: 0, maximum: 1, default: 0.15 }),
    fault_every: quantity('duration', 'Stretch of time in which a sensor has at most one fault; it lasts for a quarter to a half of it.', '2m'),
  },
  { additionalProperties: false, default: {}, description: 'For the scenario sensors.' },
);

type Options = Static<typeof sensorsOptions>;

const SENSORS = [
  { metric: 'temperature', unit: '°C', level: 60, apart: 8, noise: 0.3 },
  { metric: 'humidity', unit: '%', level: 45, apart: 6, noise: 0.8 },
  { metric: 'sound', unit: 'dB', level: 72, apart: 4, noise: 0.6 },
] as const;

/** Streams of random numbers: readings 0 .., walks WALK .., levels LEVEL .., episodes FAULT ... */
const WALK = 2 ** 24;
const LEVEL = 2 ** 25;
const FAULT = 2 ** 26;

/** Steps of the walk are whole numbers of this fraction, so that their sum is exact in whatever order they come and go. */
const GRAIN = 2 ** -20;

class Sensors implements Scenario {
  readonly series;
  readonly kinds: readonly string[];
  readonly memory: number;
  readonly #options: Options;
  readonly #random: CounterRandom;
  readonly #faults: Episodes;
  readonly #levels: Float64Array;
  readonly #noises: Float64Array;
  /** Of each series: the walk in grains, the first step that is in it, and the reading at which it got stuck. */
  readonly #walk: Float64Array;
  readonly #from: Float64Array;
  readonly #held: Float64Array;

  constructor(options: Options, seed: number, { interval }: Clockwork) {
    this.#options = options;
    this.#random = new CounterRandom(seed);
    this.kinds = ['', ...options.faults];
    this.series = Array.from({ length: options.machines }, (_, m) =>
      SENSORS.map(({ metric, unit }) => ({ key: `machine-${m + 1}/${metric}`, labels: { machine: `machine-${m + 1}`, metric }, unit })),
    ).flat();
    const n = this.series.length;
    this.#levels = Float64Array.from({ length: n }, (_, i) => SENSORS[i % 3].level + SENSORS[i % 3].apart * (2 * this.#random.at(LEVEL + i, 0).uniform() - 1));
    this.#noises = Float64Array.from({ length: n }, (_, i) => SENSORS[i % 3].noise * options.noise);
    this.#walk = new Float64Array(n);
    this.#from = new Float64Array(n).fill(-1);
    this.#held = new Float64Array(n);
    this.#faults = new Episodes(this.#random, FAULT, {
      streams: n,
      length: stepsOf(options.fault_every, interval),
      chance: options.fault_chance,
      kinds: options.faults.length,
    });
    this.memory = options.walk_points + this.#faults.length;
  }

  step(step: number, values: Float64Array, kinds: Uint8Array): void {
    const { distribution } = this.#options;
    this.#faults.at(step);
    for (let i = 0; i < this.series.length; i++) {
      const walk = this.#walkTo(i, step);
      const random = this.#random.at(i, step);
      const deviation = distribution === 'normal' ? random.normal() : (random.uniform() - 0.5) * Math.sqrt(12);
      const x = rounded(this.#levels[i] + (walk + deviation) * this.#noises[i]);
      kinds[i] = this.#faults.of(i, step);
      values[i] = kinds[i] === 0 ? x : this.#faulty(i, step, x, kinds);
    }
  }

  /** The walk of a series at this step, in units of its noise. */
  #walkTo(i: number, step: number): number {
    const { walk_points: points, recalibration } = this.#options;
    if (points === 0) return 0;
    if (this.#from[i] < 0) this.#from[i] = step;
    const grains = this.#grains(i, step);
    if (this.#random.uniform() < recalibration) {
      this.#walk[i] = 0;
      this.#from[i] = step + 1;
      return 0;
    }
    this.#walk[i] += grains;
    if (step - this.#from[i] >= points) {
      this.#walk[i] -= this.#grains(i, this.#from[i]);
      this.#from[i]++;
    }
    return this.#walk[i] * GRAIN;
  }

  #grains(i: number, step: number): number {
    return Math.round((this.#random.at(WALK + i, step).normal() * this.#options.walk_step) / GRAIN);
  }

  /** What a sensor with a fault shows instead of x; a spike lasts for one reading. */
  #faulty(i: number, step: number, x: number, kinds: Uint8Array): number {
    const fault = this.kinds[kinds[i]];
    const strength = this.#faults.strength[i];
    const size = SENSORS[i % 3].noise * (8 + 12 * strength);
    const begins = step === this.#faults.first[i];
    if (fault === 'dropout') return NaN;
    if (fault === 'drift') return rounded(x + size * this.#faults.progress(i, step));
    if (fault === 'stuck') return begins ? (this.#held[i] = x) : this.#held[i];
    if (!begins) kinds[i] = 0;
    return begins ? rounded(x + size) : x;
  }
}

export function sensors(options: Static<typeof sensorsOptions>, seed: number, clockwork: Clockwork): Scenario {
  return new Sensors(options, seed, clockwork);
}
