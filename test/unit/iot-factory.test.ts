/** What the example iot-factory is made of, without servers: the made machines with their truth, and the colours of the shop floor. */
import { describe, expect, it } from 'vitest';
import type { IncidentRecord } from '../../src/core/contracts.ts';
import type { SeriesStatus } from '../../src/core/api.ts';

interface Reading {
  line: string;
  machine: string;
  sensor: string;
  value: number;
  unit: string;
  sensorFault?: string;
  machineFault?: string;
  silent?: boolean;
}

interface Factory {
  factory(how: { seed: number; each: number }): { name: string; at(second: number, clock: number): Reading[] }[];
  HEALTHY: number;
}

interface Tile {
  name: string;
  state: string;
  why: string;
  since: number;
  share: number;
}

interface Floor {
  Machines: new () => {
    series(items: Partial<SeriesStatus>[], now: number): void;
    incident(incident: Partial<IncidentRecord>): void;
    incidentsAnew(incidents: Partial<IncidentRecord>[]): void;
    tiles(now: number): Tile[];
  };
}

const example = new URL('../../examples/iot-factory/', import.meta.url);
const { factory, HEALTHY } = (await import(new URL('factory.mjs', example).href)) as Factory;
const { Machines } = (await import(new URL('floor/machines.mjs', example).href)) as Floor;

const SECONDS = 1800;
const CLOCK = Date.UTC(2026, 4, 1) / 1000;
const run = (seed: number): Reading[][] =>
  factory({ seed, each: 2 }).flatMap((machine) => Array.from({ length: SECONDS }, (_, second) => machine.at(second, CLOCK + second)));

describe('the machines', () => {
  it('measure the same with the same seed, and other things with another', () => {
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it('are healthy at first, and then have every kind of fault, marked where it is', () => {
    const machines = factory({ seed: 3, each: 2 });
    const kinds = new Set<string>();
    let silent = 0;
    for (const machine of machines) {
      for (let second = 0; second < SECONDS; second++) {
        const readings = machine.at(second, CLOCK + second);
        const marked = readings.filter(({ sensorFault }) => sensorFault !== undefined);
        if (second < HEALTHY) expect(readings.filter((one) => one.sensorFault ?? one.machineFault ?? one.silent)).toEqual([]);
        expect(marked.length).toBeLessThanOrEqual(1);
        for (const { sensorFault } of marked) kinds.add(sensorFault!);
        if (readings.length < 3) {
          silent++;
          expect(readings.map((one) => one.silent)).toEqual([true, true]);
        }
        // A broken sensor is no fault of the machine; the machine's faults are seen at a sensor too.
        for (const { machineFault } of readings) if (machineFault !== undefined) expect(marked[0].sensorFault).toBe(machineFault);
      }
    }
    expect([...kinds].toSorted()).toEqual(['bearing', 'humidity-jump', 'overheating', 'stuck']);
    expect(silent).toBeGreaterThan(0);
  });

  it('have values of their kind', () => {
    for (const { sensor, value, unit } of run(4)
      .flat()
      .filter((_, i) => i % 11 === 0)) {
      expect({ temperature: '°C', humidity: '%', sound: 'dB' }[sensor]).toBe(unit);
      expect(value).toBeGreaterThan(10);
      expect(value).toBeLessThan(120);
    }
  });
});

const series = (more: Partial<SeriesStatus> = {}): Partial<SeriesStatus> => ({
  pipeline: 'sensors',
  key: 'sound{line=milling,machine=milling-2}',
  labels: { line: 'milling', machine: 'milling-2' },
  unit: 'dB',
  time: 1000,
  value: 80,
  score: 1,
  threshold: 4,
  anomalous: false,
  warmup: false,
  ...more,
});
const incident = (state: IncidentRecord['state'], more: Partial<IncidentRecord> = {}): Partial<IncidentRecord> => ({
  id: 'a',
  state,
  group: { machine: 'milling-2' },
  startedAt: 900,
  endedAt: null,
  summary: 'sound{line=milling,machine=milling-2} is 94.5 dB, expected 83.1 ± 4.0 (score 10.5); 3 of the last 5 values were anomalous',
  ...more,
});

describe('the tile of a machine', () => {
  it('is green, amber and red, says why and since when', () => {
    const machines = new Machines();
    const tile = (): Tile => machines.tiles(5000)[0];
    machines.series([series()], 5000);
    expect(tile()).toMatchObject({ name: 'milling-2', state: 'green', since: 1000, share: 0.25 });
    machines.series([series({ time: 2000, anomalous: true, score: 8 })], 5000);
    expect(tile()).toMatchObject({ state: 'amber', since: 2000, why: 'sound unusual', share: 2 });
    machines.incident(incident('Alerting'));
    expect(tile()).toMatchObject({ state: 'red', since: 900, why: 'sound is 94.5 dB, expected 83.1 ± 4.0' });
    machines.series([series({ time: 3000 })], 5000);
    machines.incident(incident('Recovering'));
    expect(tile()).toMatchObject({ state: 'amber', why: 'is recovering' });
    machines.incident(incident('Normal', { endedAt: 3000 }));
    expect(tile()).toMatchObject({ state: 'green', since: 3000 });
  });

  it('is unknown while the usual is learnt and when nothing is heard, and green again', () => {
    const machines = new Machines();
    machines.series([series({ warmup: true, score: null })], 5000);
    expect(machines.tiles(5000)[0]).toMatchObject({ state: 'unknown' });
    machines.series([series()], 5000);
    expect(machines.tiles(5000)[0].state).toBe('green');
    expect(machines.tiles(40_000)[0]).toMatchObject({ state: 'unknown', why: 'nothing was heard of it' });
  });

  it('forgets incidents that ended while nobody told', () => {
    const machines = new Machines();
    machines.series([series()], 5000);
    machines.incident(incident('Alerting'));
    machines.incidentsAnew([]);
    expect(machines.tiles(5000)[0].state).toBe('green');
  });
});
