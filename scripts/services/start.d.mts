import type { Address, ServiceKind, ServiceOptions } from './types.d.mts';

export interface Service extends Address {
  readonly kind: ServiceKind;
  readonly ports: number[];
  /** Of the server itself; another one after a restart. */
  readonly pid: number;
  readonly running: boolean;
  /** Its configuration, data and log; removed by `stop`. */
  readonly folder: string;
  /** What tests and examples read from the environment: `REDIS_URL`, … */
  readonly settings: Record<string, string>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing is answered. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** The same port and data; a running server is ended by SIGTERM first. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
  /** The end of what it printed, at most 1 MiB. */
  log(): string;
}

export function startService(kind: ServiceKind, options?: ServiceOptions): Promise<Service>;
