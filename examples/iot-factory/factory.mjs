/**
 * A made factory: what its sensors measure at each second, and what is wrong with them. Everything depends on the seed, the machine and the second alone.
 * Load follows the hour of the day and the orders of the day; heat, dryness and noise follow the load.
 */

/** Lines of the factory with what each of their machines is like. */
export const LINES = {
  moulding: { temperature: 52, humidity: 38, sound: 71 },
  milling: { temperature: 44, humidity: 42, sound: 79 },
  packing: { temperature: 31, humidity: 47, sound: 66 },
};

export const SENSORS = { temperature: '°C', humidity: '%', sound: 'dB' };

/** What goes wrong: at which sensor (any: the sensor itself is broken), and for how many seconds. */
const FAULTS = {
  overheating: { sensor: 'temperature', length: 90 },
  'humidity-jump': { sensor: 'humidity', length: 50 },
  bearing: { sensor: 'sound', length: 60 },
  stuck: { sensor: undefined, length: 60 },
  dropout: { sensor: undefined, length: 25 },
};

/** Nothing is wrong with a machine in its first seconds: who watches it has to see first what is usual. */
export const HEALTHY = 240;
/** Least seconds between two faults of a machine, and how many more there may be. */
const BETWEEN = { least: 100, spread: 200 };

const DAY = 86_400;

/** Evenly from 0 to 1 for each place of each stream of chances: a hash of the three (mixing after MurmurHash3). */
function chance(seed, stream, place) {
  let h = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(place + 1, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35)) >>> 0;
  for (const factor of [0x85ebca6b, 0xc2b2ae35]) h = Math.imul(h ^ (h >>> 15), factor) >>> 0;
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

const round = (value) => Math.round(value * 100) / 100;

class Machine {
  #seed;
  #phase;
  /** The fault that goes on or comes next, and how many there have been. */
  #fault;
  #faults = 0;

  constructor(line, name, seed) {
    this.line = line;
    this.name = name;
    this.#seed = seed;
    this.#phase = chance(seed, 0, 0) * 2 * Math.PI;
  }

  #normal(stream, second) {
    const u = 1 - chance(this.#seed, 2 * stream + 10, second);
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * chance(this.#seed, 2 * stream + 11, second));
  }

  /** Part of what the machine can do, 0 to 1: shifts by day, orders by the quarter of an hour. */
  #load(second, clock) {
    const day = Math.sin((2 * Math.PI * (clock % DAY)) / DAY - Math.PI / 2);
    const orders = Math.sin((2 * Math.PI * second) / 2700 + this.#phase) + 0.5 * Math.sin((2 * Math.PI * second) / 1100 + 2 * this.#phase);
    return 0.62 + 0.16 * day + 0.08 * orders;
  }

  /** The fault that goes on at a second, if one does. Seconds are asked for in order. */
  #faultAt(second) {
    while (this.#fault === undefined || this.#fault.end <= second) this.#fault = this.#nextFault(this.#fault?.end);
    return second >= this.#fault.start ? this.#fault : undefined;
  }

  #nextFault(after = HEALTHY - BETWEEN.least) {
    const n = this.#faults++;
    const kinds = Object.keys(FAULTS);
    // Each kind comes once before one comes again; machines begin at different ones.
    const first = Math.floor(chance(this.#seed, 1, 0) * kinds.length);
    const kind = kinds[(first + n * 2) % kinds.length];
    const names = Object.keys(SENSORS);
    const sensor = FAULTS[kind].sensor ?? names[Math.floor(chance(this.#seed, 2, n) * names.length)];
    const start = after + BETWEEN.least + Math.floor(chance(this.#seed, 3, n) * BETWEEN.spread);
    return { kind, sensor, start, end: start + FAULTS[kind].length };
  }

  #usual(sensor, second, clock) {
    const load = this.#load(second, clock);
    const base = LINES[this.line][sensor];
    if (sensor === 'temperature') return base + 22 * load + 0.25 * this.#normal(0, second);
    if (sensor === 'humidity') return base - 7 * load + 0.4 * this.#normal(1, second);
    return base + 9 * load + 0.5 * this.#normal(2, second);
  }

  /** What a sensor measures; undefined while it says nothing. */
  #measure(sensor, second, clock, fault) {
    if (fault?.sensor !== sensor) return round(this.#usual(sensor, second, clock));
    const since = second - fault.start;
    switch (fault.kind) {
      case 'dropout':
        return undefined;
      case 'stuck':
        return round(this.#usual(sensor, fault.start - 1, clock - since - 1));
      case 'overheating':
        // The coolant leaks: slow at first.
        return round(this.#usual(sensor, second, clock) + 16 * (since / FAULTS.overheating.length) ** 1.5);
      case 'humidity-jump':
        return round(this.#usual(sensor, second, clock) + 9);
      default:
        return round(this.#usual(sensor, second, clock) + 2.5 + 3.5 * this.#normal(3, second));
    }
  }

  /**
   * What the sensors of the machine say at a second. `sensorFault`: what is wrong in the values of this sensor; `machineFault`: what is wrong with the
   * machine itself, which a broken sensor is not; `silent`: one of the machine's sensors says nothing.
   */
  at(second, clock) {
    const fault = this.#faultAt(second);
    const readings = [];
    for (const [sensor, unit] of Object.entries(SENSORS)) {
      const value = this.#measure(sensor, second, clock, fault);
      if (value === undefined) continue;
      readings.push({
        line: this.line,
        machine: this.name,
        sensor,
        value,
        unit,
        sensorFault: fault?.sensor === sensor ? fault.kind : undefined,
        machineFault: fault !== undefined && FAULTS[fault.kind].sensor !== undefined ? fault.kind : undefined,
        silent: fault?.kind === 'dropout' ? true : undefined,
      });
    }
    return readings;
  }
}

/** The machines of a factory, `each` of them on every line. */
export function factory({ seed, each }) {
  return Object.keys(LINES).flatMap((line, l) =>
    Array.from({ length: each }, (_, m) => new Machine(line, `${line}-${m + 1}`, Math.floor(chance(seed, 4, l * 1000 + m) * 2 ** 31))),
  );
}
