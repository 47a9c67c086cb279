import { describe, expect, it } from 'vitest';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { within } from '../../testing/index.ts';
import { cpuFigures, diskCounters, memoryPercent, networkCounters, rates } from './figures.ts';
import { host } from './index.ts';

const cpu = (user: number, sys: number, idle: number) => ({ model: '', speed: 0, times: { user, nice: 0, sys, idle, irq: 0 } });

describe('figures of this machine', () => {
  it('share the time between two looks out to the modes of all processors', () => {
    const figures = cpuFigures([cpu(100, 100, 800), cpu(0, 0, 0)], [cpu(130, 110, 860), cpu(0, 0, 100)]);
    const value = (name: string, mode?: string) => figures.find((figure) => figure.name === name && figure.labels['mode'] === mode)?.value;
    expect(value('cpu_percent')).toBe(20);
    expect(value('cpu_mode_percent', 'user')).toBe(15);
    expect(value('cpu_mode_percent', 'system')).toBe(5);
    expect(value('cpu_mode_percent', 'idle')).toBe(80);
    expect(cpuFigures([cpu(1, 1, 1)], [cpu(1, 1, 1)])).toEqual([]);
  });

  it('read memory, disks and interfaces as Linux writes them', () => {
    expect(memoryPercent('MemTotal:       1000 kB\nMemFree:  1 kB\nMemAvailable:    250 kB\n')).toBe(75);
    expect(memoryPercent('')).toBeUndefined();
    const disks =
      ' 259 0 nvme0n1 10 0 2000 5 20 0 4000 5 0 1 1\n 259 1 nvme0n1p1 1 0 9 5 2 0 4 5 0 1 1\n 7 0 loop0 1 0 2 0 0 0 0 0 0 0 0\n 8 0 sda 1 0 2 0 0 0 8 0 0 0 0\n';
    expect([...diskCounters(disks)]).toEqual([
      ['nvme0n1', [1_024_000, 2_048_000]],
      ['sda', [1024, 4096]],
    ]);
    const dev = 'Inter-|   Receive |  Transmit\n face |bytes packets\n    lo: 5 0 0 0 0 0 0 0 5 0 0 0 0 0 0 0\n  eth0:1500 2 0 0 0 0 0 0 700 3 0 0 0 0 0 0\n';
    expect([...networkCounters(dev)]).toEqual([['eth0', [1500, 700]]]);
  });

  it('give no rate for a device that is new or whose counters went back', () => {
    const names = ['read', 'write'] as const;
    expect(
      rates(
        new Map([['a', [0, 0]]]),
        new Map([
          ['a', [100, 50]],
          ['b', [7, 7]],
        ]),
        2,
        names,
      ).map(({ value }) => value),
    ).toEqual([50, 25]);
    expect(rates(new Map([['a', [100, 0]]]), new Map([['a', [5, 0]]]), 1, names)).toEqual([]);
    expect(rates(new Map(), new Map(), 0, names)).toEqual([]);
  });

  it('come with units, and with times that never go back', async () => {
    let clock = 2000;
    const dictionary = new SeriesDictionary();
    const context = { pipeline: 'p', folder: '.', dictionary, journal: '.', now: () => (clock -= 500), log: () => undefined };
    const source = host.create({ interval: 2, disk: '/' }, context);
    const out = new EventBuilder(dictionary);
    const abort = new AbortController();
    const times: number[] = [];
    for await (const { records, position } of source.open(5000, abort.signal)) {
      if (records.kind === 'events') records.fill(out);
      times.push(position as number);
      if (times.length === 3) break;
    }
    expect(times).toEqual([5001, 5002, 5003]);
    expect(dictionary.find('memory_percent')).toBeGreaterThanOrEqual(0);
    expect(dictionary.get(dictionary.find('memory_percent')).unit).toBe('%');
    for (let i = 0; i < out.length; i++) expect(Number.isFinite(out.values[i])).toBe(true);
    await within(source.close(), 'close');
  });
});
