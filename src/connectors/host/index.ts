/** The source `host`: figures of this machine, looked at every interval. */
import { readFile, statfs } from 'node:fs/promises';
import { cpus, freemem, loadavg, totalmem, type CpuInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Position, Source, SourceBatch } from '../../core/contracts.ts';
import type { EventBuilder } from '../../core/events.ts';
import { LONGEST_TIMER, Type, defineSource, quantity } from '../../core/schema.ts';
import { seriesKey } from '../../formats/keys.ts';
import { cpuFigures, diskCounters, memoryPercent, networkCounters, rates, type Counters, type Figure } from './figures.ts';

/** What one look at the machine saw; rates need two. */
interface Look {
  /** Monotonic, ms. */
  at: number;
  cpus: CpuInfo[];
  disks: Counters;
  networks: Counters;
}

/** Systems without /proc have fewer series. */
async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

async function look(): Promise<Look> {
  const [disks, networks] = await Promise.all([textOf('/proc/diskstats'), textOf('/proc/net/dev')]);
  return { at: performance.now(), cpus: cpus(), disks: diskCounters(disks), networks: networkCounters(networks) };
}

async function figuresBetween(before: Look, now: Look, disk: string): Promise<Figure[]> {
  const seconds = (now.at - before.at) / 1000;
  const memory = memoryPercent(await textOf('/proc/meminfo')) ?? (100 * (totalmem() - freemem())) / totalmem();
  const figures = cpuFigures(before.cpus, now.cpus);
  figures.push({ name: 'memory_percent', labels: {}, unit: '%', value: memory });
  for (const [i, span] of ['1m', '5m', '15m'].entries()) figures.push({ name: 'load', labels: { span }, unit: '', value: loadavg()[i] });
  const room = await statfs(disk).catch(() => undefined);
  if (room !== undefined && room.blocks > 0) {
    const used = room.blocks - room.bfree;
    figures.push({ name: 'disk_percent', labels: { path: disk }, unit: '%', value: (100 * used) / (used + room.bavail) });
  }
  figures.push(...rates(before.disks, now.disks, seconds, ['disk_read_bytes_per_second', 'disk_write_bytes_per_second']));
  figures.push(...rates(before.networks, now.networks, seconds, ['network_receive_bytes_per_second', 'network_transmit_bytes_per_second']));
  return figures;
}

class HostSource implements Source {
  readonly partitions = 1;
  readonly finite = false;
  readonly #interval: number;
  readonly #disk: string;
  readonly #now: () => number;
  readonly #stopped = new AbortController();

  constructor(interval: number, disk: string, now: () => number) {
    this.#interval = interval;
    this.#disk = disk;
    this.#now = now;
  }

  /** A position is the time of the last look, ms; times only go up, also over a restart with the clock set back. */
  async *open(from: Position | undefined, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const stop = AbortSignal.any([signal, this.#stopped.signal]);
    let time = typeof from === 'number' ? from : 0;
    let before = await look();
    for (;;) {
      await sleep(this.#interval, undefined, { signal: stop }).catch(() => undefined);
      if (stop.aborted) return;
      const now = await look();
      const figures = await figuresBetween(before, now, this.#disk);
      before = now;
      time = Math.max(time + 1, this.#now());
      const at = time;
      yield { records: { kind: 'events', fill: (out) => fill(figures, at, out) }, position: at };
    }
  }

  async close(): Promise<void> {
    this.#stopped.abort();
  }
}

function fill(figures: readonly Figure[], time: number, out: EventBuilder): void {
  for (const [place, { name, labels, unit, value }] of figures.entries()) {
    const key = seriesKey(name, labels);
    const series = out.dictionary.intern(key, labels, unit);
    if (series >= 0) out.add(series, time, value, 0, time, place);
    else out.refuse(0, time, place, 'SERIES_LIMIT', `the series "${key}" would be one more than max_series ${out.dictionary.limit}`, Buffer.from(key));
  }
}

export const host = defineSource({
  name: 'host',
  summary: 'Processor, memory, load, disk and network of this machine, looked at every interval. Figures of the time when nobody looked do not exist.',
  options: Type.Object({
    interval: quantity('duration', 'Time from one look to the next.', '1s', { minimum: 10, maximum: LONGEST_TIMER }),
    disk: Type.String({ description: 'Folder whose disk is looked at for its used room.', default: '/' }),
  }),
  sample: { interval: '1s' },
  delivers: 'events',
  create(options, context) {
    return new HostSource(options.interval ?? 1000, options.disk ?? '/', context.now);
  },
});
