/** The OpenAPI document, made from the schemas that requests are held against. */
import swagger from '@fastify/swagger';
import type { FastifySchema, RouteOptions } from 'fastify';
import type { App } from './app.ts';
import { SCHEMAS } from './schemas.ts';

const DESCRIPTION = [
  'What Homeostat shows and takes. Times are ms since 1970, except the ISO 8601 text of a verdict.',
  'Every refusal is an `application/problem+json` with a code of the closed list of errors and what to do about it.',
  'Lists come in pages: give `next` back as `cursor`. Unknown query parameters and body keys are refused.',
  'Without `server.tokens` the server listens on this machine only and needs no token.',
].join(' ');

const SECURITY = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A token of server.tokens' },
  session: { type: 'apiKey', in: 'cookie', name: 'homeostat_session', description: 'Set by POST /api/v1/session' },
} as const;

/** Name of an operation for client generators: `getSeriesByPipelineRange`. */
function operationId(method: string, url: string): string {
  const words = url
    .replace('/api/v1', '')
    .split(/[/-]/)
    .filter((word) => word !== '');
  const name = words.map((word) => (word.startsWith(':') ? `By${capital(word.slice(1))}` : capital(word.replace(/\W/g, ''))));
  return method.toLowerCase() + name.join('');
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

interface Shape {
  properties: Record<string, object>;
  required?: string[];
}
interface Described {
  description?: string;
  querystring?: Shape;
  body?: Shape;
}

/** A caller may leave out what has a default. */
function relaxed(schema: Shape): Shape {
  if (schema.required === undefined) return schema;
  return { ...schema, required: schema.required.filter((name) => !('default' in schema.properties[name])) };
}

function documented({ schema: given, url, route }: { schema: FastifySchema; url: string; route: RouteOptions }): { schema: FastifySchema; url: string } {
  const schema = given as Described;
  const method = String(route.method);
  const needed = route.config?.role ?? (method === 'GET' ? 'viewer' : 'operator');
  const whom = needed === 'anyone' ? 'Needs no token.' : `Needs the role ${needed}.`;
  const described = {
    ...schema,
    operationId: operationId(method, url),
    description: schema.description === undefined ? whom : `${schema.description} ${whom}`,
    security: needed === 'anyone' ? [] : [{ bearer: [] }, { session: [] }],
    ...(schema.querystring && { querystring: relaxed(schema.querystring) }),
    ...(schema.body && { body: relaxed(schema.body) }),
  };
  return { url, schema: described as unknown as FastifySchema };
}

/** Must be called before the routes are. */
export async function describe(app: App, version: string): Promise<void> {
  for (const [name, schema] of Object.entries(SCHEMAS)) app.addSchema({ ...schema, $id: name });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Homeostat', version, description: DESCRIPTION, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } as never },
      servers: [{ url: '/' }],
      components: { securitySchemes: SECURITY as never },
    },
    convertConstToEnum: false,
    hideUntagged: true,
    transform: documented,
    refResolver: { buildLocalReference: (json, _baseUri, _fragment, i) => (typeof json.$id === 'string' ? json.$id : `def-${i}`) },
  });
}
