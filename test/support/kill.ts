/** Runs a configuration to its end while killing the process again and again, and pushes events to it meanwhile. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';

/** Where the program is; the script that plants bugs points it at a changed copy. */
const program = process.env['HOMEOSTAT_PROGRAM'] ?? join(process.cwd(), 'dist/cli/main.js');

export const KILL_POINTS = [
  'journaled',
  'read',
  'history-write',
  'history-written',
  'ledger-commit',
  'committed',
  'outbox-sent',
  'spill',
  'migration',
] as const;

/** Longest time that the last life may take to do what is left, ms. */
const PATIENCE = Number(process.env['HOMEOSTAT_KILL_PATIENCE'] ?? 300_000);

/** A seeded generator, so that a failing run can be repeated (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Life {
  child: ChildProcess;
  exited: Promise<[number | null, NodeJS.Signals | null]>;
  /** Resolves once a pipeline has recovered from the ledger. */
  recovered: Promise<void>;
  output(): string;
}

export function start(config: string, port: number, env: Record<string, string> = {}): Life {
  const child = spawn(process.execPath, [program, 'run', config, '--port', String(port)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let recover: () => void = () => {};
  const recovered = new Promise<void>((resolve) => (recover = resolve));
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-20_000);
    if (output.includes('recovered checkpoint')) recover();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return { child, exited: once(child, 'exit') as Life['exited'], recovered, output: () => output };
}

export interface Kill {
  /** `start`, `random` or the name of a point inside the program. */
  where: string;
  afterMs: number;
}

/** The first kills go through all points in turn (a migration only happens in the very first life), then chance decides. */
function choose(count: number, random: () => number): { point: (typeof KILL_POINTS)[number] | undefined; passing: number } {
  const [which, passing] = [random(), 1 + Math.floor(random() * 6)];
  if (count === 0) return { point: 'migration', passing: 1 };
  const turn = KILL_POINTS[(count - 1) % KILL_POINTS.length];
  if (count < KILL_POINTS.length) return { point: turn, passing };
  return { point: which < 0.5 ? KILL_POINTS[Math.floor(which * 2 * KILL_POINTS.length)] : undefined, passing };
}

/**
 * Starts the process, ends it by SIGKILL as often as asked (half of the times at a named point, else after a random
 * time), then lets it live until `done` says so and stops it by SIGTERM. Answers what was killed where.
 */
export async function runWithKills(
  config: string,
  port: number,
  kills: number,
  random: () => number,
  done: () => Promise<boolean>,
  /** Called after each kill with how many there were. */
  onKill: (count: number) => void,
): Promise<{ log: Kill[]; exit: number | null; lastOutput: string }> {
  const log: Kill[] = [];
  while (log.length < kills) {
    const { point, passing } = choose(log.length, random);
    const env: Record<string, string> = point === undefined ? {} : { HOMEOSTAT_KILL_AT: `${point}:${passing}` };
    const began = Date.now();
    const life = start(config, port, env);
    // Some are killed while they start. A point that is not reached is not waited for for ever.
    const early = point === undefined && random() < 0.25;
    const delay = random() * (early ? 600 : 1_200);
    if (!early) await Promise.race([life.recovered, life.exited]);
    const patience = point === undefined ? delay : 2_500;
    const waited = Date.now();
    const timer = setTimeout(() => life.child.kill('SIGKILL'), patience);
    const [code, signal] = await life.exited;
    clearTimeout(timer);
    const atPoint = point !== undefined && Date.now() - waited < patience;
    if (signal !== 'SIGKILL') throw new Error(`ended with ${code ?? signal} instead of being killed:\n${life.output()}`);
    const afterMs = Date.now() - began;
    log.push({ where: atPoint ? point : early ? 'start' : 'random', afterMs });
    onKill(log.length);
  }
  const life = start(config, port);
  const ended = life.exited.then(([code]) => {
    throw new Error(`ended with ${code} before it was done:\n${life.output()}`);
  });
  ended.catch(() => {});
  try {
    const end = Date.now() + PATIENCE;
    while (!(await Promise.race([done(), ended]))) {
      if (Date.now() > end) throw new Error(`not done within ${PATIENCE} ms of the last start:\n${life.output()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } catch (thrown) {
    life.child.kill('SIGKILL');
    throw thrown;
  }
  life.child.kill('SIGTERM');
  const [exit] = await life.exited;
  return { log, exit, lastOutput: life.output() };
}

/** Pushes bodies one after another, each until it is acknowledged; gives up after `patienceMs` without an answer. Answers how often it had to repeat. */
export async function pushAll(
  port: number,
  pipeline: string,
  bodies: readonly { key: string; body: string }[],
  barrier: (i: number) => Promise<void>,
  patienceMs = 120_000,
): Promise<number> {
  let repeats = 0;
  for (const [i, { key, body }] of bodies.entries()) {
    await barrier(i);
    for (const end = Date.now() + patienceMs; ; repeats++) {
      if (await pushed(port, pipeline, key, body)) break;
      if (Date.now() > end) throw new Error(`${key} was not taken within ${patienceMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 60));
    }
  }
  return repeats;
}

async function pushed(port: number, pipeline: string, key: string, body: string): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/pipelines/${pipeline}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': key },
      body,
      signal: AbortSignal.timeout(5_000),
    });
    await response.text();
    if (response.status >= 400 && response.status < 500 && response.status !== 429) throw new RangeError(`refused with ${response.status}`);
    return response.status === 202;
  } catch (thrown) {
    if (thrown instanceof RangeError) throw thrown;
    return false;
  }
}

/** Holds several senders back: none is more than `every` bodies ahead of another, nor further than `allowed` (0..1) of all its bodies. */
export class Gate {
  allowed = 1;
  readonly #every: number;
  readonly #sent: number[];
  readonly #total: number;

  constructor(senders: number, every: number, total: number) {
    this.#sent = Array.from({ length: senders }, () => 0);
    this.#every = every;
    this.#total = total;
  }

  async pass(sender: number, i: number): Promise<void> {
    this.#sent[sender] = i;
    while (i >= Math.min(...this.#sent) + this.#every || i > this.allowed * this.#total) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  finish(sender: number): void {
    this.#sent[sender] = Infinity;
  }
}
