/** What the parts of the server share, and the type of the application with schemas as types. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider, RawServerDefault } from 'fastify';
import type { Running } from '../core/live.ts';
import type { Static, TSchema } from '../core/schema.ts';
import type { Authority } from './auth.ts';
import type { Budget } from './budget.ts';
import type { ServerLimits } from './options.ts';
import type { Hub } from './stream/hub.ts';

/** Makes the types of `request.query`, `.params` and `.body` follow from their schemas. */
export interface SchemaTypes extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  serializer: unknown;
}

export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, SchemaTypes>;

export interface Context {
  running: Running;
  limits: ServerLimits;
  version: string;
  authority: Authority;
  /** Bytes of pushed bodies in memory. */
  inFlight: Budget;
  /** Pushes that wait for their verdicts. */
  waiting: Budget;
  hub: Hub;
  /** p99 of the delay of this thread's event loop over the last seconds, ms. */
  eventLoopDelay(): number;
}
