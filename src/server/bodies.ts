/** Reads pushed bodies: unpacked while they arrive, and never more of them in memory than allowed. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { HomeostatError, messageOf } from '../core/errors.ts';
import type { Budget } from './budget.ts';

/** Media types that a push of numbers may have, and what a push of log lines may have as well; no plain text, which any web page could send. */
export const LINES_TYPE = 'application/octet-stream';
export const MEDIA_TYPES = ['application/json', 'application/x-ndjson', 'application/ndjson', 'text/csv'] as const;

const UNPACK: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};
const ENCODINGS = ['gzip', 'deflate', 'br', 'identity'];

/** Media type of a push without its parameters; `logs`: to a pipeline over logs. Throws MEDIA_TYPE_REFUSED. */
export function mediaTypeOf(headers: IncomingHttpHeaders, logs: boolean): string {
  const known: readonly string[] = logs ? [LINES_TYPE, ...MEDIA_TYPES] : MEDIA_TYPES;
  const given = headers['content-type'] ?? '';
  const [type, ...parameters] = given
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters
    .find((each) => each.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '');
  const readable = charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii';
  if (!readable || !known.includes(type)) {
    throw new HomeostatError('MEDIA_TYPE_REFUSED', { header: 'Content-Type', value: given.slice(0, 200), known: `${known.join(', ')}, in UTF-8` });
  }
  return type;
}

/** What unpacks the body; undefined when it is not packed. Throws MEDIA_TYPE_REFUSED. */
function unpackerOf(headers: IncomingHttpHeaders): Transform | undefined {
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return undefined;
  const make = Object.hasOwn(UNPACK, encoding) ? UNPACK[encoding] : undefined;
  if (make === undefined)
    throw new HomeostatError('MEDIA_TYPE_REFUSED', { header: 'Content-Encoding', value: encoding.slice(0, 200), known: ENCODINGS.join(', ') });
  return make();
}

export interface BodyLimits {
  max_body: number;
  max_expanded: number;
}

/** A body in memory; `release` gives its bytes back to the budget. */
export interface Body {
  bytes: Buffer;
  release(): void;
}

/** Collects chunks within the bounds; answers the error that says which bound was met, or undefined. */
class Collector {
  readonly chunks: Buffer[] = [];
  sent = 0;
  kept = 0;
  #released = false;
  readonly #limits: BodyLimits;
  readonly #budget: Budget;

  constructor(limits: BodyLimits, budget: Budget) {
    this.#limits = limits;
    this.#budget = budget;
  }

  arrived(bytes: number): HomeostatError | undefined {
    this.sent += bytes;
    if (this.sent <= this.#limits.max_body) return undefined;
    return new HomeostatError('BODY_TOO_LARGE', { limit: this.#limits.max_body, bound: 'server.max_body' });
  }

  keep(chunk: Buffer): HomeostatError | undefined {
    if (this.#released) return undefined;
    if (this.kept + chunk.length > this.#limits.max_expanded) {
      return new HomeostatError('BODY_TOO_LARGE', { limit: this.#limits.max_expanded, bound: 'server.max_expanded' });
    }
    if (!this.#budget.take(chunk.length))
      return new HomeostatError('OVERLOADED', { what: 'What pushes hold in memory (server.max_in_flight)', limit: this.#budget.limit });
    this.kept += chunk.length;
    this.chunks.push(chunk);
    return undefined;
  }

  release(): void {
    this.#released = true;
    this.#budget.give(this.kept);
    this.kept = 0;
    this.chunks.length = 0;
  }
}

/**
 * Reads a request's body, unpacking it as Content-Encoding says. Throws BODY_TOO_LARGE, MEDIA_TYPE_REFUSED,
 * OVERLOADED (budget) and REQUEST_INVALID (broken or cut off); what was read till then is dropped.
 */
export function readBody(payload: Readable, headers: IncomingHttpHeaders, limits: BodyLimits, budget: Budget): Promise<Body> {
  const collector = new Collector(limits, budget);
  const early = collector.arrived(Number(headers['content-length'] ?? 0));
  if (early !== undefined) return Promise.reject(early);
  collector.sent = 0;
  const unpack = unpackerOf(headers);
  return new Promise((resolve, reject) => {
    const stop = (error: HomeostatError) => {
      payload.removeAllListeners('data');
      if (unpack !== undefined) {
        payload.unpipe(unpack);
        unpack.destroy();
      }
      payload.resume();
      collector.release();
      reject(error);
    };
    const step = (error: HomeostatError | undefined) => {
      if (error !== undefined) stop(error);
    };
    const cut = () => stop(new HomeostatError('REQUEST_INVALID', { detail: 'the body ended before it was whole' }));
    payload.on('data', (chunk: Buffer) => step(collector.arrived(chunk.length)));
    payload.once('error', cut).once('aborted', cut);
    const out = unpack === undefined ? payload : payload.pipe(unpack);
    out.on('data', (chunk: Buffer) => step(collector.keep(chunk)));
    out.once('end', () => resolve({ bytes: Buffer.concat(collector.chunks), release: () => collector.release() }));
    unpack?.once('error', (error) =>
      stop(new HomeostatError('REQUEST_INVALID', { detail: `the body is not what Content-Encoding says: ${messageOf(error)}` })),
    );
  });
}
