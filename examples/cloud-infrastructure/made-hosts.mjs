/**
 * Made hosts of a data centre: what their metrics are at each tick, and what is wrong with them. Everything depends on the seed, the host and the tick alone.
 * Work follows the hour of the day; all metrics of a host follow its work, so that it is their going together that a fault breaks.
 */

/** Kinds of hosts with what each of their metrics is at usual work. */
const KINDS = {
  web: { cpu: 42, memory: 55, disk_io: 6, net_in: 48, net_out: 90, load: 2.4, latency: 34 },
  app: { cpu: 55, memory: 62, disk_io: 9, net_in: 36, net_out: 30, load: 3.6, latency: 52 },
  db: { cpu: 38, memory: 71, disk_io: 65, net_in: 22, net_out: 41, load: 3.1, latency: 9 },
};

/** Metrics with their units, and how far each follows the work of its host: 1 is in proportion. */
export const METRICS = {
  cpu: { unit: '%', follows: 0.8, noise: 0.03 },
  memory: { unit: '%', follows: 0.08, noise: 0.008 },
  disk_io: { unit: 'MB/s', follows: 0.7, noise: 0.06 },
  net_in: { unit: 'Mbit/s', follows: 1, noise: 0.04 },
  net_out: { unit: 'Mbit/s', follows: 1, noise: 0.04 },
  load: { unit: '', follows: 0.9, noise: 0.05 },
  latency: { unit: 'ms', follows: 0.25, noise: 0.04 },
};
export const metrics = Object.keys(METRICS);

/** What goes wrong: for how many seconds, and what each metric is multiplied by when a share (0 to 1) of it is over. */
const FAULTS = {
  'memory-leak': {
    length: 240,
    factors: (share) => ({ memory: 1 + 0.55 * share, disk_io: 1 + 2.5 * share ** 2, load: 1 + 0.8 * share ** 2, latency: 1 + 1.5 * share ** 2 }),
  },
  'noisy-neighbour': { length: 180, factors: () => ({ cpu: 0.62, load: 2.1, latency: 2.4, net_out: 0.8 }) },
  'disk-full': { length: 150, factors: () => ({ disk_io: 0.08, load: 2.6, latency: 3.5, cpu: 0.75 }) },
  'network-loss': { length: 120, factors: () => ({ net_in: 0.45, net_out: 0.3, latency: 3, cpu: 0.8 }) },
};

/** Nothing is wrong with a host in its first seconds: who watches it has to see first what is usual. */
export const HEALTHY = 1800;
/** Least seconds between two faults of a host, and how many more there may be. */
const BETWEEN = { least: 900, spread: 1200 };

const DAY = 86_400;

/** Evenly from 0 to 1 for each place of each stream of chances: a hash of the three (mixing after MurmurHash3). */
function chance(seed, stream, place) {
  let h = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(place + 1, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35)) >>> 0;
  for (const factor of [0x85ebca6b, 0xc2b2ae35]) h = Math.imul(h ^ (h >>> 15), factor) >>> 0;
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

class Host {
  #seed;
  #kind;
  #every;
  /** Faults so far, in order; made as time goes on. */
  #faults = [];
  #phase;

  constructor(kind, name, seed, every) {
    this.name = name;
    this.#kind = kind;
    this.#seed = seed;
    this.#every = every;
    this.#phase = chance(seed, 0, 0) * 2 * Math.PI;
  }

  #normal(stream, tick) {
    const u = 1 - chance(this.#seed, 2 * stream + 10, tick);
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * chance(this.#seed, 2 * stream + 11, tick));
  }

  /** Work as a share of the usual: least at night, and waves of some minutes that all metrics of the host follow. */
  #work(second, clock, tick) {
    const day = -Math.cos((2 * Math.PI * (clock % DAY)) / DAY);
    const waves = Math.sin((2 * Math.PI * second) / 1260 + this.#phase) + 0.6 * Math.sin((2 * Math.PI * second) / 420 + 2 * this.#phase);
    return 1 + 0.25 * day + 0.16 * waves + 0.03 * this.#normal(0, tick);
  }

  /** The fault that goes on at a second, if one does. */
  faultAt(second) {
    for (let last = this.#faults.at(-1); last === undefined || last.end <= second; last = this.#faults.at(-1)) this.#faults.push(this.#nextFault(last));
    return this.#faults.findLast((fault) => second >= fault.start && second < fault.end);
  }

  #nextFault(last) {
    const n = this.#faults.length;
    const kinds = Object.keys(FAULTS);
    // Each kind comes once before one comes again; hosts begin at different ones.
    const kind = kinds[(Math.floor(chance(this.#seed, 1, 0) * kinds.length) + n) % kinds.length];
    const start = (last?.end ?? HEALTHY - BETWEEN.least) + BETWEEN.least + Math.floor(chance(this.#seed, 3, n) * BETWEEN.spread);
    return { kind, start, end: start + FAULTS[kind].length };
  }

  /** The metrics of a tick: `{ host, metric, value, unit, fault }` each; `clock` is the time of tick 0 in seconds since 1970. */
  at(tick, clock) {
    const second = tick * this.#every;
    const work = this.#work(second, clock + second, tick);
    const fault = this.faultAt(second);
    const factors = fault === undefined ? {} : FAULTS[fault.kind].factors((second - fault.start) / (fault.end - fault.start));
    return metrics.map((metric, m) => {
      const { unit, follows, noise } = METRICS[metric];
      const usual = KINDS[this.#kind][metric] * (1 + follows * (work - 1)) * (1 + noise * this.#normal(m + 1, tick));
      const value = usual * (factors[metric] ?? 1);
      return { host: this.name, metric, value: Math.round(Math.min(value, unit === '%' ? 100 : Infinity) * 100) / 100, unit, fault: fault?.kind };
    });
  }
}

/** So many hosts, their kinds in turn; `every` is the time from tick to tick in seconds. */
export function hosts({ seed, count, every }) {
  const kinds = Object.keys(KINDS);
  return Array.from({ length: count }, (_, h) => {
    const kind = kinds[h % kinds.length];
    return new Host(kind, `${kind}-${Math.floor(h / kinds.length) + 1}`, Math.floor(chance(seed, 4, h) * 2 ** 31), every);
  });
}
