/** Figures of this machine: pure functions over what the system says, so that they can be tried without one. */
import type { CpuInfo } from 'node:os';

/** One figure: name and labels make its series. */
export interface Figure {
  name: string;
  labels: Record<string, string>;
  unit: string;
  value: number;
}

const MODES = ['user', 'nice', 'sys', 'idle', 'irq'] as const;
/** os.cpus says `sys`; node_exporter and /proc say `system`. */
const MODE_NAMES: Record<(typeof MODES)[number], string> = { user: 'user', nice: 'nice', sys: 'system', idle: 'idle', irq: 'irq' };

/** Share of each mode of all processors between two looks, in percent, and the busy share; nothing when no time went by. */
export function cpuFigures(before: readonly CpuInfo[], now: readonly CpuInfo[]): Figure[] {
  const spent = (cpus: readonly CpuInfo[], mode: (typeof MODES)[number]) => cpus.reduce((sum, cpu) => sum + cpu.times[mode], 0);
  const deltas = MODES.map((mode) => Math.max(0, spent(now, mode) - spent(before, mode)));
  const total = deltas.reduce((sum, x) => sum + x, 0);
  if (total === 0) return [];
  const percent = (x: number) => (100 * x) / total;
  const idle = deltas[MODES.indexOf('idle')];
  return [
    { name: 'cpu_percent', labels: {}, unit: '%', value: percent(total - idle) },
    ...MODES.map((mode, i) => ({ name: 'cpu_mode_percent', labels: { mode: MODE_NAMES[mode] }, unit: '%', value: percent(deltas[i]) })),
  ];
}

/** Used share of the memory from /proc/meminfo (what is not available to programs), or undefined. */
export function memoryPercent(meminfo: string): number | undefined {
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(meminfo)?.[1]);
  const total = kilobytes('MemTotal');
  const available = kilobytes('MemAvailable');
  return total > 0 && available >= 0 ? (100 * (total - available)) / total : undefined;
}

/** Counters that only grow, per device: name of the device to its two counters in bytes. */
export type Counters = Map<string, [number, number]>;

const SECTOR = 512;

/** Bytes read and written per whole disk from /proc/diskstats; partitions, loops and RAM disks are left out. */
export function diskCounters(diskstats: string): Counters {
  const found: Counters = new Map();
  for (const line of diskstats.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields.length < 10 || !/^(sd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/.test(fields[2])) continue;
    found.set(fields[2], [Number(fields[5]) * SECTOR, Number(fields[9]) * SECTOR]);
  }
  return found;
}

/** Bytes received and sent per interface from /proc/net/dev; the loopback is left out. */
export function networkCounters(dev: string): Counters {
  const found: Counters = new Map();
  for (const line of dev.split('\n')) {
    const match = /^\s*([^:\s]+):\s*(.*)$/.exec(line);
    if (match === null || match[1] === 'lo') continue;
    const fields = match[2].trim().split(/\s+/).map(Number);
    if (fields.length >= 9) found.set(match[1], [fields[0], fields[8]]);
  }
  return found;
}

/** Rates per second between two looks; a device that is new, or whose counters went back, has none this time. */
export function rates(before: Counters, now: Counters, seconds: number, names: readonly [string, string]): Figure[] {
  const figures: Figure[] = [];
  if (!(seconds > 0)) return figures;
  for (const [device, counts] of now) {
    const old = before.get(device);
    if (old === undefined || counts[0] < old[0] || counts[1] < old[1]) continue;
    for (const i of [0, 1]) figures.push({ name: names[i], labels: { device }, unit: 'B/s', value: (counts[i] - old[i]) / seconds });
  }
  return figures;
}
