/** Tells somebody outside, again and again, that this process lives and commits; who hears nothing for a while knows that it does not. */
import type { PartHealth } from '../core/api.ts';
import { quantity, Type, type Static } from '../core/schema.ts';
import { post, secretsIn } from './post.ts';

export const heartbeatOptions = Type.Object(
  {
    url: Type.String({
      pattern: '^https?://',
      description: 'Address that is called while all is well. Whoever knows it can pretend to be this process, so it is a secret.',
      secret: true,
    }),
    method: Type.Enum(['GET', 'POST', 'HEAD'], { description: 'Method of the call.', default: 'GET' }),
    interval: quantity('duration', 'Time between two beats. Let the other side wait for at least three of them.', '1m', {
      minimum: 100,
      maximum: 86_400_000,
    }),
    timeout: quantity('duration', 'Longest wait for the answer to one beat.', '10s', { minimum: 1 }),
    pipelines: Type.Array(Type.String({ minLength: 1 }), { description: 'Pipelines that must commit. Empty: all.', default: [] }),
    headers: Type.Record(Type.String(), Type.String({ secret: true }), { description: 'Further headers, such as Authorization.', default: {} }),
    end_url: Type.Optional(Type.String({ pattern: '^https?://', description: 'Called once at a planned end, so that nobody is alarmed.', secret: true })),
  },
  { additionalProperties: false, description: 'An outward sign of life: no beat comes when the process is dead or a pipeline has failed. Absent: none.' },
);

export type HeartbeatOptions = Static<typeof heartbeatOptions>;

export interface HeartbeatPorts {
  /** What keeps the beat from being true; empty while all is well. */
  trouble(): string;
  report(part: PartHealth): void;
  log(level: 'info' | 'warn', message: string): void;
}

/** A beat that was not taken is tried again after so many parts of the interval. */
const AGAIN = 4;

/** Longest time between two looks whether all is well again, ms. */
const LOOK = 1_000;

/** Longest wait for the end signal, ms: the process is about to end. */
const LAST = 2_000;

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #ports: HeartbeatPorts;
  readonly #end = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** undefined before the first beat. */
  #problem: string | undefined;
  /** Until then nothing is said of what only starts. */
  #patience = 0;

  constructor(options: HeartbeatOptions, ports: HeartbeatPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  /** The first beat comes as soon as all is well. */
  start(): void {
    this.#patience = performance.now() + this.#options.interval;
    void this.#beat();
  }

  /** Ends the beats; `planned`: says so to who waits for them. */
  async stop(planned: boolean): Promise<void> {
    this.#end.abort();
    clearTimeout(this.#timer);
    const { end_url } = this.#options;
    if (!planned || end_url === undefined) return;
    const outcome = await this.#call(end_url, Math.min(LAST, this.#options.timeout), new AbortController().signal);
    if (!outcome.ok) this.#ports.log('warn', `the end of the heartbeat could not be told: ${outcome.detail}`);
  }

  async #beat(): Promise<void> {
    const { url, interval, timeout } = this.#options;
    const began = Date.now();
    const trouble = this.#ports.trouble();
    const outcome = trouble === '' ? await this.#call(url, Math.min(timeout, interval), this.#end.signal) : undefined;
    if (this.#end.signal.aborted) return;
    const isStarting = this.#problem === undefined && performance.now() < this.#patience;
    if (outcome === undefined && !isStarting) this.#say(`no beat: ${trouble}`);
    if (outcome !== undefined) this.#say(outcome.ok ? '' : `a beat was not taken: ${outcome.detail}`);
    const pause = outcome === undefined ? Math.min(LOOK, interval / AGAIN) : outcome.ok ? interval : interval / AGAIN;
    this.#timer = setTimeout(() => void this.#beat(), Math.max(0, pause - (Date.now() - began)));
    this.#timer.unref();
  }

  #call(url: string, timeout: number, signal: AbortSignal) {
    const { method, headers } = this.#options;
    return post({ url, secret: '', timeout, headers, method, hidden: secretsIn(url) }, 'heartbeat', '{}', signal);
  }

  /** A change is logged once. */
  #say(problem: string): void {
    if (problem === this.#problem) return;
    const wasBad = this.#problem !== undefined && this.#problem !== '';
    this.#problem = problem;
    if (problem !== '') this.#ports.log('warn', `heartbeat: ${problem}`);
    else if (wasBad) this.#ports.log('info', 'heartbeat: beats are taken again');
    this.#ports.report({ part: 'heartbeat', condition: problem === '' ? 'ok' : 'degraded', reason: problem, since: Date.now() });
  }
}
