/** Holds requests against their schemas and says in words what does not fit. */
import type { FastifySchemaCompiler } from 'fastify';
import { Compile } from 'typebox/compile';
import { Convert, Default } from 'typebox/value';
import { HomeostatError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { TSchema } from '../core/schema.ts';

interface Finding {
  keyword: string;
  schemaPath: string;
  instancePath: string;
  params: object;
  message: string;
}

type Part = 'body' | 'querystring' | 'params' | 'headers';
const PLACE: Record<Part, string> = { body: 'body key', querystring: 'query parameter', params: 'part of the address', headers: 'header' };

/** Names of the properties of the object at `path` (a JSON pointer), as far as the schema lists them. */
function namesAt(schema: TSchema, path: string): string[] {
  let at: Record<string, unknown> | undefined = schema as Record<string, unknown>;
  for (const step of path.split('/').slice(1)) {
    at = ((at?.properties as Record<string, unknown> | undefined)?.[step] ?? at?.items) as Record<string, unknown> | undefined;
  }
  return Object.keys((at?.properties as object | undefined) ?? {});
}

function unknownName(finding: Finding, schema: TSchema, part: Part): string {
  const names = (finding.params as { additionalProperties: string[] }).additionalProperties;
  const known = namesAt(schema, finding.instancePath);
  const guess = nearest(names[0], known);
  const list = known.length === 0 ? 'none is taken' : `known: ${known.join(', ')}`;
  return `unknown ${PLACE[part]} "${names[0].slice(0, 100)}"${guess === undefined ? '' : `, did you mean "${guess}"?`} (${list})`;
}

function inWords(findings: readonly Finding[], schema: TSchema, part: Part): string {
  const unknown = findings.find((finding) => finding.keyword === 'additionalProperties');
  if (unknown !== undefined) return unknownName(unknown, schema, part);
  const missing = findings.find((finding) => finding.keyword === 'required');
  if (missing !== undefined) return `the ${PLACE[part]} "${(missing.params as { requiredProperties: string[] }).requiredProperties[0]}" is missing`;
  const first = findings[0];
  const where =
    first.instancePath === '' ? (part === 'body' ? 'the body' : 'the query') : `${PLACE[part]} "${first.instancePath.slice(1).replaceAll('/', '.')}"`;
  const allowed = (first.params as { allowedValues?: unknown[] }).allowedValues;
  if (allowed !== undefined) return `${where} must be one of ${allowed.join(', ')}`;
  const choice = findings.some((finding) => finding.keyword === 'anyOf');
  return `${where} ${choice ? 'fits none of the forms that are taken; see /api/v1/docs' : first.message}`;
}

/**
 * Fastify's hook for validators. Text becomes a number or boolean only where it came in the address; defaults are filled in.
 * Bodies that a schema lists by media type are kept as they came: a format decodes them, not the server.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart, ...rest }) => {
  if ('contentType' in rest && rest.contentType !== undefined) return () => true;
  const check = Compile(schema);
  const part = (httpPart ?? 'body') as Part;
  return (given: unknown) => {
    const value = Default(schema, part === 'body' ? given : Convert(schema, given));
    if (check.Check(value)) return { value };
    return { error: new HomeostatError('REQUEST_INVALID', { detail: inWords(check.Errors(value), schema, part) }) };
  };
};
