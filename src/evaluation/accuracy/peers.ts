/** Other people's detectors, through the programs in the checkout that install and run them. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../../core/errors.ts';
import { checkoutFolder } from '../checkout.ts';

interface PeersModule {
  peers: Readonly<Record<string, { what: string }>>;
  /** Installs what is missing; why each peer cannot be run, undefined for those that can. */
  install(): Promise<Record<string, string | undefined>>;
  run(peer: string, rows: Float64Array, width: number, options: Record<string, number>): Promise<{ scores: Float64Array; seconds: number; version: string }>;
  runDrain3(request: Drain3Request): Promise<Drain3Run>;
  close(): void;
}

/** `ids`: a file that gets the cluster of each line, uint32. */
export interface Drain3Request {
  file: string;
  masks: string;
  ids?: string;
}

export interface Drain3Run {
  /** Of the processor. */
  seconds: number;
  lines: number;
  clusters: number;
  version: string;
}

/** Every peer that could be measured. */
export const PEER_NAMES = ['river-hst', 'river-gaussian', 'rcf-1', 'rcf-4', 'sklearn-iforest', 'pysad'];

/** Rows of a set that the slow ones are given: the shortest series that hold no more. */
export const PEER_ROWS: Readonly<Record<string, number>> = { 'sklearn-iforest': 60_000, pysad: 10_000 };

export class Peers {
  readonly #module: PeersModule | undefined;
  readonly #why: Record<string, string | undefined>;

  private constructor(module: PeersModule | undefined, why: Record<string, string | undefined>) {
    this.#module = module;
    this.#why = why;
  }

  /** Loads and installs them; what cannot be had says why when it is asked for. */
  static async load(wanted: boolean): Promise<Peers> {
    const folder = checkoutFolder();
    if (!wanted) return new Peers(undefined, {});
    if (folder === undefined) return new Peers(undefined, Object.fromEntries(PEER_NAMES.map((name) => [name, 'not measured: peers are part of a checkout'])));
    try {
      const module = (await import(pathToFileURL(join(folder, 'bench/peers/index.mjs')).href)) as PeersModule;
      return new Peers(module, await module.install());
    } catch (thrown) {
      return new Peers(undefined, Object.fromEntries(PEER_NAMES.map((name) => [name, `not measured: ${messageOf(thrown)}`])));
    }
  }

  /** Those that are wanted, with why one cannot be run. */
  get list(): { name: string; why: string | undefined }[] {
    return Object.keys(this.#module?.peers ?? this.#why).map((name) => ({ name, why: this.#why[name] }));
  }

  run(
    peer: string,
    rows: Float64Array,
    width: number,
    options: Record<string, number> = {},
  ): Promise<{ scores: Float64Array; seconds: number; version: string }> {
    return this.#module!.run(peer, rows, width, options);
  }

  /** The template miner Drain3 over the lines of a file. Throws `not measured: why`. */
  async drain3(request: Drain3Request): Promise<Drain3Run> {
    if (this.#module === undefined) throw new Error(Object.values(this.#why)[0] ?? 'not measured: not asked for');
    return this.#module.runDrain3(request);
  }

  close(): void {
    this.#module?.close();
  }
}
