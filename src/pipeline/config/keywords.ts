/** The keywords of JSON Schema that options use, and ours (`unit`, `component`, `scalars`, `names`, `secret`, `file`). */
import type { JsonValue } from '../../core/contracts.ts';
import type { Unit } from '../../core/schema.ts';
import type { ComponentKind } from './registry.ts';

export interface Keywords {
  type?: string;
  description?: string;
  default?: JsonValue;
  enum?: readonly JsonValue[];
  const?: JsonValue;
  anyOf?: readonly Keywords[];
  properties?: Readonly<Record<string, Keywords>>;
  required?: readonly string[];
  patternProperties?: Readonly<Record<string, Keywords>>;
  additionalProperties?: boolean | Keywords;
  minProperties?: number;
  items?: Keywords | readonly Keywords[];
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  /** Written as a quantity. */
  unit?: Unit;
  /** Written as `{ name: options }`. */
  component?: ComponentKind;
  /** Numbers and yes/no are taken as the text they are written as. */
  scalars?: boolean;
  /** Pattern of the names in a map. */
  names?: string;
  /** Never shown; may be given as `…_file`. */
  secret?: boolean;
  /** May be given as `…_file` though it is no secret. */
  file?: boolean;
}

/** True for options whose value is never shown. */
export function isSecretName(name: string): boolean {
  return /(^|_)(token|secret|password)$/.test(name);
}

/** True for a text that `NAME_file` may give: the name of a file that holds it. */
export function isFromFile(name: string, schema: Keywords): boolean {
  return schema.type === 'string' && (schema.file === true || schema.secret === true || isSecretName(name));
}

/** The alternative that a value was read with, by its type. */
export function alternativeOf(value: JsonValue, alternatives: readonly Keywords[]): Keywords {
  const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  return alternatives.find((one) => one.type === type || (one.type === 'integer' && type === 'number')) ?? {};
}

/** What a schema takes, in words. */
export function kindOf(schema: Keywords): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return `one of ${schema.enum.join(', ')}`;
  switch (schema.type) {
    case 'integer':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'object':
      return 'a map';
    default:
      return schema.pattern === undefined ? 'a text' : `a text like ${schema.description ?? schema.pattern}`;
  }
}

/** What is wrong with a number, or undefined. */
export function checkNumber(x: number, schema: Keywords, show: (x: number) => string): string | undefined {
  if (!Number.isFinite(x)) return `is ${x}, not a finite number`;
  if (schema.type === 'integer' && !Number.isInteger(x)) return `is ${show(x)}, not a whole number`;
  if (schema.minimum !== undefined && x < schema.minimum) return `is ${show(x)}, less than the least, ${show(schema.minimum)}`;
  if (schema.maximum !== undefined && x > schema.maximum) return `is ${show(x)}, more than the most, ${show(schema.maximum)}`;
  if (schema.exclusiveMinimum !== undefined && x <= schema.exclusiveMinimum) return `is ${show(x)}; it must be more than ${show(schema.exclusiveMinimum)}`;
  if (schema.exclusiveMaximum !== undefined && x >= schema.exclusiveMaximum) return `is ${show(x)}; it must be less than ${show(schema.exclusiveMaximum)}`;
  if (schema.multipleOf !== undefined && x % schema.multipleOf !== 0) return `is ${show(x)}, not a multiple of ${show(schema.multipleOf)}`;
  return undefined;
}

/** What is wrong with a text, or undefined; a secret is not shown. */
export function checkText(text: string, schema: Keywords, name: string): string | undefined {
  const shown = schema.secret || isSecretName(name) ? 'the text' : JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
  if (text.length < (schema.minLength ?? 0)) return text === '' ? 'is empty' : `is ${shown}, shorter than ${schema.minLength} characters`;
  if (text.length > (schema.maxLength ?? Infinity)) return `is ${shown}, longer than ${schema.maxLength} characters`;
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(text)) return `is ${shown}, not ${kindOf(schema)}`;
  return undefined;
}

/** Whether options hold a value that is never shown. */
export function holdsSecrets(options: Readonly<Record<string, JsonValue>>, schema: Keywords): boolean {
  return Object.entries(schema.properties ?? {}).some(([name, property]) => {
    const value = options[name];
    if (value === undefined || value === null || value === '') return false;
    if (property.secret === true || isSecretName(name)) return true;
    const within = property.anyOf ? alternativeOf(value, property.anyOf) : property;
    if (within.type !== 'object' || typeof value !== 'object' || Array.isArray(value)) return false;
    return holdsSecrets(value, within) || Object.values(within.patternProperties ?? {}).some(({ secret }) => secret === true && Object.keys(value).length > 0);
  });
}
