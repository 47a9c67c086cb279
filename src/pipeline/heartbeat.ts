/** The outward heartbeat of a running process: it beats while the pipelines that it names commit. */
import type { PartHealth, PipelineStatus } from '../core/api.ts';
import { Heartbeat } from '../incidents/heartbeat.ts';
import type { Config } from './config/index.ts';

/** An engine that has said nothing for so long (ms) does not commit either. */
const SILENT = 30_000;

/** Without these a pipeline commits nothing; where it waits for its history the engine says so. */
const NEEDED = new Set(['engine', 'ledger']);

export interface Watched {
  status: PipelineStatus;
  /** Clock at which the engine last said something of it. */
  heardAt: number;
}

export interface HeartbeatHost {
  watched(pipeline: string): Watched | undefined;
  report(pipeline: string, part: PartHealth): void;
  log(level: 'info' | 'warn', message: string, pipeline: string): void;
}

/** undefined where the configuration asks for none. */
export function heartbeatOf({ heartbeat, pipelines }: Pick<Config, 'heartbeat' | 'pipelines'>, host: HeartbeatHost): Heartbeat | undefined {
  if (heartbeat === undefined) return undefined;
  const names = heartbeat.pipelines.length > 0 ? heartbeat.pipelines : pipelines.map(({ name }) => name);
  return new Heartbeat(heartbeat, {
    trouble: () => names.map((name) => troubleOf(name, host.watched(name), Date.now())).find((trouble) => trouble !== '') ?? '',
    report: (part) => names.forEach((name) => host.report(name, part)),
    log: (level, message) => host.log(level, message, ''),
  });
}

/** Why a pipeline does not commit; empty where it does, or has nothing left to commit. */
export function troubleOf(name: string, watched: Watched | undefined, now: number): string {
  if (watched === undefined) return `there is no pipeline ${name}`;
  const { status, heardAt } = watched;
  if (status.condition === 'failed') return `pipeline ${name} has failed`;
  // As its engine says: a receiver that is down makes the whole degraded.
  const { condition } = status.parts.find(({ part }) => part === 'engine') ?? status;
  if (condition === 'finished' || condition === 'stopped') return '';
  // Also one that starts: a process that ends again and again before it commits anything must not beat each time.
  const bad = status.parts.find(({ part, condition }) => NEEDED.has(part) && condition !== 'ok');
  if (bad !== undefined) return `${bad.part} of pipeline ${name}: ${bad.reason || bad.condition}`;
  return now - heardAt > SILENT ? `pipeline ${name} has not been heard of for ${Math.round((now - heardAt) / 1000)} s` : '';
}
