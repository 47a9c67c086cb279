/** What a person entered in the form of settings, and the changes that it stands for. */
import type { SettingChoice, SettingOption, SettingsView } from '../../../src/core/api.ts';
import type { JsonValue } from '../../../src/core/contracts.ts';

/** Entered texts by key; what is not there is as the server said. */
export type Draft = Readonly<Record<string, string>>;

type Schema = Record<string, JsonValue>;

/** How an option is entered. */
export type FieldKind =
  | { kind: 'choice'; values: string[] }
  | { kind: 'number'; hint: string }
  | { kind: 'quantity'; hint: string }
  | { kind: 'text'; hint: string };

const UNITS: Record<string, string> = { duration: 'such as 5s, 10m, 1h', size: 'such as 64MiB', rate: 'such as 100/s' };

/** The schema beneath the alternative of a reference to the environment. */
function plain(schema: Schema): Schema {
  const [first, second, ...more] = (schema.anyOf ?? []) as Schema[];
  const isReference = (one: Schema | undefined): boolean => one?.type === 'string' && one.pattern === '\\$\\{';
  return first !== undefined && more.length === 0 && isReference(second) ? first : schema;
}

export function fieldOf(schema: Schema): FieldKind {
  if (typeof schema.unit === 'string') return { kind: 'quantity', hint: UNITS[schema.unit] ?? '' };
  const { type, enum: values, minimum, maximum, exclusiveMinimum, exclusiveMaximum, items } = plain(schema);
  if (Array.isArray(values)) return { kind: 'choice', values: values.map(String) };
  if (type === 'boolean') return { kind: 'choice', values: ['true', 'false'] };
  if (type === 'integer' || type === 'number') {
    const low = minimum !== undefined ? `from ${String(minimum)}` : exclusiveMinimum !== undefined ? `more than ${String(exclusiveMinimum)}` : '';
    const high = maximum !== undefined ? `to ${String(maximum)}` : exclusiveMaximum !== undefined ? `less than ${String(exclusiveMaximum)}` : '';
    return { kind: 'number', hint: [type === 'integer' ? 'whole number' : 'number', low, high].filter(Boolean).join(' ') };
  }
  if (type === 'array') return { kind: 'text', hint: (items as Schema | undefined)?.type === 'string' ? 'separated by commas' : 'a list, as JSON' };
  return { kind: 'text', hint: '' };
}

/** A value as it stands in a field. */
export function shown(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What an entered text means; what does not fit goes as it is, so that the server says why. */
export function read(text: string, schema: Schema): JsonValue {
  const entered = text.trim();
  if (entered === '') return null;
  const { type, items } = plain(schema);
  if (type === 'array' && (items as Schema | undefined)?.type === 'string' && !entered.startsWith('['))
    return entered
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean);
  if (typeof schema.unit === 'string' || type === 'string') return entered;
  try {
    return JSON.parse(entered) as JsonValue;
  } catch {
    return entered;
  }
}

/** Name and options of a component as the server says it: `{ name: options }`, or its name alone. */
export function componentOf(value: JsonValue): { name: string; options: Schema } {
  if (typeof value === 'string') return { name: value, options: {} };
  const [name = '', options] = value !== null && typeof value === 'object' && !Array.isArray(value) ? (Object.entries(value)[0] ?? []) : [];
  return { name, options: options !== null && typeof options === 'object' && !Array.isArray(options) ? options : {} };
}

/** The detector may not be left open; a threshold may, and is then the one that suits. */
export const isOptional = ({ key }: SettingOption): boolean => key.endsWith('threshold');

/** Name of the component that is chosen; empty where it is left to what suits. */
export function chosenOf(option: SettingOption, draft: Draft): string {
  return draft[option.key] ?? (isOptional(option) && option.written === null ? '' : componentOf(option.value).name);
}

export function choiceOf({ choices }: SettingsView, option: SettingOption, name: string): SettingChoice | undefined {
  return choices[option.component ?? '']?.find((choice) => choice.name === name);
}

export const propertiesOf = (choice: SettingChoice): [string, Schema][] => Object.entries((choice.schema.properties ?? {}) as Record<string, Schema>);

/** What a field of a component shows before anything is entered: what the file says of it. */
export function writtenOf(option: SettingOption, name: string, property: string): string {
  const there = componentOf(option.written);
  return there.name === name && property in there.options ? shown(componentOf(option.value).options[property] ?? there.options[property]) : '';
}

/** Changes by key, as the server takes them; empty while nothing differs. */
export function changesOf(view: SettingsView, draft: Draft): Record<string, JsonValue> {
  const changes: Record<string, JsonValue> = {};
  for (const option of view.options) {
    if (option.component !== undefined) component(view, option, draft, changes);
    else {
      const before = option.written === null ? '' : shown(option.value);
      const entered = draft[option.key];
      if (entered !== undefined && entered.trim() !== before) changes[option.key] = read(entered, option.schema);
    }
  }
  return changes;
}

function component(view: SettingsView, option: SettingOption, draft: Draft, changes: Record<string, JsonValue>): void {
  const name = chosenOf(option, draft);
  const written = option.written === null ? '' : componentOf(option.written).name;
  const isReference = written.includes('${');
  const there = isReference ? componentOf(option.value).name : written;
  if (name === '') {
    if (there !== '') changes[option.key] = null;
    return;
  }
  const choice = choiceOf(view, option, name);
  if (choice === undefined) return;
  const entered = propertiesOf(choice).flatMap(([property, schema]): [string, JsonValue][] => {
    const text = draft[`${option.key}.${name}.${property}`];
    return text === undefined || text.trim() === writtenOf(option, name, property) ? [] : [[property, read(text, schema)]];
  });
  const isThere = there === name || (there === '' && !isOptional(option) && componentOf(option.value).name === name);
  // A name that comes from the environment has no options in the file, so with one it is written out.
  const stays = isThere && (!isReference || entered.length === 0);
  if (stays) for (const [property, value] of entered) changes[`${option.key}.${name}.${property}`] = value;
  else {
    const given = entered.filter(([, value]) => value !== null);
    changes[option.key] = given.length === 0 ? name : { [name]: Object.fromEntries(given) };
  }
}

/** The component that the form stands for now, for a trial: `{ name: options }`. */
export function trialOf(view: SettingsView, option: SettingOption, draft: Draft): Record<string, JsonValue> {
  const name = chosenOf(option, draft);
  const choice = choiceOf(view, option, name);
  const options: Schema = {};
  for (const [property, schema] of choice === undefined ? [] : propertiesOf(choice)) {
    const value = read(draft[`${option.key}.${name}.${property}`] ?? writtenOf(option, name, property), schema);
    if (value !== null) options[property] = value;
  }
  return { [name]: options };
}
