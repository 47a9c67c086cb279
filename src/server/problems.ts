/** Errors as `application/problem+json` (RFC 9457): every refusal of the server has this one shape. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '../core/api.ts';
import { HomeostatError, type ErrorCode } from '../core/errors.ts';
import type { Log } from './options.ts';

/** Status of each code that can reach a client; every other is a failure of the server, 500. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  CONFIG_UNKNOWN_KEY: 400,
  CONFIG_INVALID: 400,
  CONFIG_SYNTAX: 409,
  CONFIG_MISSING_ENV: 409,
  CONFIG_UNREADABLE: 409,
  RECORD_MALFORMED: 400,
  RECORD_NO_TIME: 400,
  RECORD_TOO_EARLY: 400,
  INPUT_EMPTY: 400,
  REQUEST_INVALID: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  CROSS_SITE: 403,
  NOT_FOUND: 404,
  LOGS_NONE: 404,
  SETTING_UNKNOWN: 400,
  SETTINGS_NO_FILE: 409,
  SETTINGS_READ_ONLY: 409,
  SETTINGS_CHANGED: 409,
  SETTINGS_CONFLICT: 409,
  SETTINGS_NOTHING: 409,
  SETTINGS_MOVED: 412,
  JOB_STATE: 409,
  UPLOAD_OFFSET: 409,
  RECORD_TOO_LARGE: 413,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_REFUSED: 415,
  HOST_UNKNOWN: 421,
  OVERLOADED: 429,
  LEDGER_IO: 503,
  HISTORY_UNREACHABLE: 503,
  HISTORY_SCHEMA: 503,
  JOURNAL_FULL: 507,
  DISK_FULL: 507,
};

/** Seconds after which it is worth trying again. */
const RETRY_AFTER: Partial<Record<ErrorCode, number>> = {
  OVERLOADED: 1,
  LEDGER_IO: 5,
  HISTORY_UNREACHABLE: 5,
  HISTORY_SCHEMA: 5,
  JOURNAL_FULL: 5,
  DISK_FULL: 30,
};

export function problemOf(error: HomeostatError, status = STATUS[error.code] ?? 500): Problem {
  return { type: `/api/v1/docs#${error.code}`, title: error.means, status, detail: error.message, code: error.code, mend: error.mend };
}

export function sendProblem(reply: FastifyReply, error: HomeostatError, status?: number): FastifyReply {
  const problem = problemOf(error, status);
  const wait = RETRY_AFTER[error.code];
  if (wait !== undefined) reply.header('retry-after', String(wait));
  if (problem.status === 413) reply.header('connection', 'close');
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(problem.status).header('cache-control', 'no-store').type('application/problem+json').send(JSON.stringify(problem));
}

/** Fastify's own refusals in our words, with the status that they came with; undefined for what is not a refusal. */
function translated(error: FastifyError, request: FastifyRequest): HomeostatError | undefined {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new HomeostatError('BODY_TOO_LARGE', { limit: request.routeOptions.bodyLimit, bound: 'the most that this address takes' }, error);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new HomeostatError(
        'MEDIA_TYPE_REFUSED',
        { header: 'Content-Type', value: request.headers['content-type'] ?? '', known: 'application/json' },
        error,
      );
    default:
      if (error.statusCode === undefined || error.statusCode < 400 || error.statusCode > 499) return undefined;
      return new HomeostatError('REQUEST_INVALID', { detail: error.message }, error);
  }
}

/** The one place where anything thrown becomes an answer. */
export function errorHandler(log: Log | undefined) {
  return function answer(error: FastifyError | HomeostatError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const known = error instanceof HomeostatError ? error : translated(error, request);
    if (known === undefined || STATUS[known.code] === undefined) {
      log?.error({ err: error, request: request.id, method: request.method, path: request.routeOptions.url }, 'a request failed');
    }
    const status = known?.code === 'REQUEST_INVALID' && 'statusCode' in error ? error.statusCode : undefined;
    return sendProblem(reply, known ?? new HomeostatError('INTERNAL', { request: request.id }, error), status);
  };
}
