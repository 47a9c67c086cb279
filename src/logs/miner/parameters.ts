/** Takes the values out of a line whose template is known. */
import { WILD } from './words.ts';

/** What a value looks like; the first that fits. */
export const PARAMETER_TYPES = ['integer', 'number', 'ip', 'path', 'hex', 'uuid', 'identifier', 'time', 'text'] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];

export interface Parameter {
  type: ParameterType;
  value: string;
}

const LOOKS: readonly [ParameterType, RegExp][] = [
  ['integer', /^[-+]?\d+$/],
  ['number', /^[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?%?$/],
  ['ip', /^\/?\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d+)?$|^\[?(?=.*::|(?:[0-9a-fA-F]{1,4}:){7})[0-9a-fA-F:]{3,39}\]?$/],
  ['uuid', /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/],
  [
    'time',
    /^(?:\d{4}[-/]\d\d[-/]\d\d|\d{1,2}\/\w{3}\/\d{4})(?:[T :]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z| ?[-+]\d\d:?\d\d)?)?$|^\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?$/,
  ],
  ['hex', /^(?:0[xX][0-9a-fA-F]+|(?=.*\d)[0-9a-fA-F]{8,})$/],
  ['path', /^(?:[a-z][\w+.-]*:\/\/\S+|(?:~|\.{1,2})?\/\S*|[A-Za-z]:\\\S*)$/],
  ['identifier', /^(?=.*\d)[\w.:#@$/-]+$/],
];
/** Values longer than this are text; no look has to read them. */
const LONGEST = 256;

export function typeOf(value: string): ParameterType {
  if (value.length > LONGEST) return 'text';
  for (const [type, look] of LOOKS) if (look.test(value)) return type;
  return 'text';
}

/** Type of a parameter whose values have these two. */
export function widerType(a: ParameterType, b: ParameterType): ParameterType {
  if (a === b) return a;
  const both = (x: ParameterType, y: ParameterType): boolean => (a === x && b === y) || (a === y && b === x);
  if (both('integer', 'number')) return 'number';
  if (both('integer', 'hex')) return 'hex';
  return a === 'text' || b === 'text' || a === 'time' || b === 'time' ? 'text' : 'identifier';
}

/**
 * What stands in `message` in place of each wildcard of `template`: the shortest text up to the constant that follows, so that
 * a unit or a repetition that the template leaves out belongs to the value. What cannot be found is ''. Takes linear time.
 */
export function valuesIn(template: string, message: string): string[] {
  const constants = template.split(WILD);
  const text = message.replace(/\s+/g, ' ').trim();
  const values: string[] = [];
  let at = text.startsWith(constants[0]) ? constants[0].length : 0;
  for (let i = 1; i < constants.length; i++) {
    const constant = constants[i];
    const last = i === constants.length - 1;
    const end = last ? (text.endsWith(constant) ? text.length - constant.length : text.length) : text.indexOf(constant, at);
    if (end < at) {
      values.push(last ? '' : text.slice(at));
      at = text.length;
      continue;
    }
    values.push(text.slice(at, end).trim());
    at = end + constant.length;
  }
  return values;
}

/** The values with their types; see `valuesIn`. */
export function parametersIn(template: string, message: string): Parameter[] {
  return valuesIn(template, message).map((value) => ({ type: typeOf(value), value }));
}
