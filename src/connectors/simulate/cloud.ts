/** Hosts of a data centre: what they use, how fast they answer, by day and by night, and their incidents. */
import { CounterRandom } from '../../core/random.ts';
import { Type, quantity, type Static } from '../../core/schema.ts';
import { Episodes } from './episodes.ts';
import { rounded, stepsOf, type Clockwork, type Scenario } from './scenario.ts';

export const cloudOptions = Type.Object(
  {
    hosts: Type.Integer({ description: 'How many hosts; each has five series.', minimum: 1, maximum: 1_000_000, default: 4 }),
    season: Type.Number({ description: 'How much more there is to do by day than by night: 0 nothing, 1 very much.', minimum: 0, maximum: 1, default: 0.6 }),
    noise: Type.Number({ description: 'Standard deviation of the noise, as a multiple of the usual one.', minimum: 0, default: 1 }),
    incident_chance: Type.Number({ description: 'Chance that a host has an incident within `incident_every`.', minimum: 0, maximum: 1, default: 0.1 }),
    incident_every: quantity('duration', 'Stretch of time in which a host has at most one incident; it lasts for a quarter to a half of it.', '30m'),
  },
  { additionalProperties: false, default: {}, description: 'For the scenario cloud.' },
);

const METRICS = [
  { metric: 'cpu', unit: '%', idle: 15, load: 45, noise: 1.5 },
  { metric: 'memory', unit: '%', idle: 40, load: 15, noise: 0.4 },
  { metric: 'network', unit: 'MB/s', idle: 10, load: 80, noise: 2 },
  { metric: 'disk', unit: '%', idle: 35, load: 10, noise: 0.1 },
  { metric: 'latency', unit: 'ms', idle: 30, load: 25, noise: 1.5 },
] as const;
const WIDTH = METRICS.length;
const [CPU, MEMORY, NETWORK, DISK, LATENCY] = [0, 1, 2, 3, 4] as const;

const KINDS = ['', 'cpu-saturation', 'memory-leak', 'network-loss', 'disk-full'] as const;

const DAY_MS = 86_400_000;

/** Streams of random numbers: noise 0 .., levels LEVEL .., episodes INCIDENT ... */
const LEVEL = 2 ** 25;
const INCIDENT = 2 ** 26;

class Cloud implements Scenario {
  readonly series;
  readonly kinds = KINDS;
  readonly memory = 0;
  readonly #options: Static<typeof cloudOptions>;
  readonly #clockwork: Clockwork;
  readonly #random: CounterRandom;
  readonly #incidents: Episodes;
  /** How busy each host is, 0.7 to 1.3. */
  readonly #busy: Float64Array;

  constructor(options: Static<typeof cloudOptions>, seed: number, clockwork: Clockwork) {
    this.#options = options;
    this.#clockwork = clockwork;
    this.#random = new CounterRandom(seed);
    this.series = Array.from({ length: options.hosts }, (_, h) =>
      METRICS.map(({ metric, unit }) => ({ key: `host-${h + 1}/${metric}`, labels: { host: `host-${h + 1}`, metric }, unit })),
    ).flat();
    this.#busy = Float64Array.from({ length: options.hosts }, (_, h) => 0.7 + 0.6 * this.#random.at(LEVEL + h, 0).uniform());
    this.#incidents = new Episodes(this.#random, INCIDENT, {
      streams: options.hosts,
      length: stepsOf(options.incident_every, clockwork.interval),
      chance: options.incident_chance,
      kinds: KINDS.length - 1,
    });
  }

  step(step: number, values: Float64Array, kinds: Uint8Array): void {
    const { season, noise } = this.#options;
    const day = ((this.#clockwork.start + step * this.#clockwork.interval) % DAY_MS) / DAY_MS;
    const load = 1 - season * (0.5 + 0.5 * Math.cos(2 * Math.PI * day));
    kinds.fill(0);
    this.#incidents.at(step);
    for (let host = 0; host < this.#options.hosts; host++) {
      const at = host * WIDTH;
      for (let m = 0; m < WIDTH; m++) {
        const metric = METRICS[m];
        const deviation = this.#random.at(at + m, step).normal() * metric.noise * noise;
        values[at + m] = metric.idle + metric.load * load * this.#busy[host] + deviation;
      }
      const incident = this.#incidents.of(host, step);
      if (incident > 0) this.#happens(incident, host, step, values, kinds);
      for (let m = 0; m < WIDTH; m++) values[at + m] = rounded(Math.max(0, Math.min(values[at + m], m === CPU || m === MEMORY || m === DISK ? 100 : Infinity)));
    }
  }

  /** Changes the figures of a host that an incident touches, and says which. */
  #happens(incident: number, host: number, step: number, values: Float64Array, kinds: Uint8Array): void {
    const at = host * WIDTH;
    const strength = 0.5 + 0.5 * this.#incidents.strength[host];
    const progress = this.#incidents.progress(host, step);
    const change = (metric: number, value: number) => {
      values[at + metric] = value;
      kinds[at + metric] = incident;
    };
    switch (KINDS[incident]) {
      case 'cpu-saturation':
        change(CPU, 100 - (100 - values[at + CPU]) * (1 - strength));
        return change(LATENCY, values[at + LATENCY] * (1 + 2 * strength));
      case 'memory-leak':
        return change(MEMORY, values[at + MEMORY] + (98 - values[at + MEMORY]) * strength * progress);
      case 'network-loss':
        change(NETWORK, values[at + NETWORK] * (1 - 0.9 * strength));
        return change(LATENCY, values[at + LATENCY] * (1 + 3 * strength));
      case 'disk-full':
        return change(DISK, values[at + DISK] + (99 - values[at + DISK]) * progress);
      default:
        return;
    }
  }
}

export function cloud(options: Static<typeof cloudOptions>, seed: number, clockwork: Clockwork): Scenario {
  return new Cloud(options, seed, clockwork);
}
