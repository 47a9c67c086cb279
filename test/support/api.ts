/** REST of a running process, as the tests of failures use it. */
import type { PartHealth, PipelineStatus } from '../../src/core/api.ts';
import { until } from './program.ts';

const PATIENCE = 10_000;

export async function get<T>(address: string, path: string): Promise<T> {
  const answer = await fetch(`${address}/api/v1/${path}`, { signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

export function status(address: string, pipeline = 'p'): Promise<PipelineStatus> {
  return get(address, `pipelines/${pipeline}`);
}

/** Waits until the status is as `test` says. */
export function untilStatus(address: string, test: (status: PipelineStatus) => boolean, what: string, patience = 30_000): Promise<PipelineStatus> {
  return until(
    async () => {
      const now = await status(address);
      return test(now) ? now : undefined;
    },
    what,
    patience,
  );
}

export function part({ parts }: PipelineStatus, name: string): PartHealth | undefined {
  return parts.find((each) => each.part === name);
}

export interface Pushed {
  status: number;
  position?: number;
  repeated?: boolean;
  code?: string;
}

export async function push(address: string, body: string, key?: string, type = 'application/x-ndjson'): Promise<Pushed> {
  const answer = await fetch(`${address}/api/v1/pipelines/p/events`, {
    method: 'POST',
    headers: { 'content-type': type, ...(key === undefined ? {} : { 'idempotency-key': key }) },
    body,
    signal: AbortSignal.timeout(PATIENCE),
  });
  return { status: answer.status, ...((await answer.json()) as Omit<Pushed, 'status'>) };
}
