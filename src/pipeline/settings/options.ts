/** Which options of a pipeline can be changed while it runs, what each does to what was learnt, and where it stands in the file. */
import type { SettingOption } from '../../core/settings-api.ts';
import type { JsonValue } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { PipelineConfig, Registry } from '../config/index.ts';
import { optionsSchema } from '../config/json-schema.ts';
import type { Keywords } from '../config/keywords.ts';
import { printOptions } from '../config/print.ts';
import { definitionOf, definitionsOf } from '../config/registry.ts';
import { fileSchema } from '../config/schema.ts';
import { inline, setAt, valueAt } from './edit.ts';

/** What of `order` makes sense while it runs; the bound of the buffer is the operator's of the machine. */
const ORDER = ['allowed_lateness', 'idle', 'max_future'];
/** Their change begins every series anew; that of every other option here keeps what was learnt. */
const WARMS_UP = new Set(['detect.detector', 'detect.threshold', 'judge', 'judging.threshold']);

/** Deepest value of a change. */
const MOST_DEPTH = 8;

/** An option with its schema. */
interface Known {
  key: string;
  group: SettingOption['group'];
  schema: Keywords;
}

/** Sections in the order in which a person looks at them. */
function known(registry: Registry, isOverLogs: boolean): Known[] {
  const pipeline = Object.values((fileSchema(registry).properties.pipelines as Keywords).patternProperties!)[0].properties!;
  const of = (group: SettingOption['group'], names: (name: string) => boolean = () => true): Known[] =>
    Object.entries(pipeline[group].properties ?? {})
      .filter(([name]) => names(name))
      .map(([name, schema]) => ({ key: `${group}.${name}`, group, schema }));
  const logs: Known[] = [{ key: 'judge', group: 'judging', schema: pipeline['judge'] }, ...of('judging').filter(({ key }) => key === 'judging.threshold')];
  return [...(isOverLogs ? logs : of('detect')), ...of('incident'), ...of('order', (name) => ORDER.includes(name))];
}

/** True where a change of this key begins every series anew. */
export function warmsUp(key: string): boolean {
  return [...WARMS_UP].some((one) => key === one || key.startsWith(`${one}.`));
}

/** Every option that can be changed live, with what is in force and what the file says. */
export function optionsOf(pipeline: PipelineConfig, text: string, registry: Registry): SettingOption[] {
  const sections = { detect: pipeline.detect, incident: pipeline.incident, order: pipeline.order, judging: pipeline.logs } as unknown as Sections;
  return known(registry, pipeline.logs !== undefined).map(({ key, group, schema }) => {
    const written = valueAt(text, pathOf(pipeline.name, key));
    return {
      key,
      group,
      description: schema.description ?? '',
      schema: optionsSchema(schema),
      ...(schema.component === undefined ? {} : { component: schema.component }),
      value: inForce(sections, key, schema, registry),
      written: written ?? null,
      fromEnvironment: written !== undefined && /\$\{/.test(JSON.stringify(written)),
      warmsUp: warmsUp(key),
    };
  });
}

type Sections = Record<SettingOption['group'], Record<string, JsonValue>>;

function inForce(sections: Sections, key: string, schema: Keywords, registry: Registry): JsonValue {
  const name = key.slice(key.indexOf('.') + 1);
  const section = sections[(key === 'judge' ? 'judging' : key.slice(0, key.indexOf('.'))) as SettingOption['group']];
  const value = section[name] ?? section[name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())];
  if (value === undefined) return null;
  if (schema.component !== undefined) {
    const component = value as unknown as { name: string; options: Record<string, JsonValue> };
    return { [component.name]: printOptions(component.options, definitionOf(registry, schema.component, component.name)!.options, registry) };
  }
  return printOptions({ [name]: value }, { type: 'object', properties: { [name]: schema } }, registry)[name];
}

export function pathOf(pipeline: string, key: string): string[] {
  return ['pipelines', pipeline, ...key.split('.')];
}

/** The text with every change made. Throws REQUEST_INVALID for keys and values that cannot be, EditRefused. */
export function withChanges(text: string, pipeline: PipelineConfig, changes: Readonly<Record<string, JsonValue>>, registry: Registry): string {
  const all = known(registry, pipeline.logs !== undefined);
  // Components first, so that an option of a new one finds it there.
  const entries = Object.entries(changes).sort(([a], [b]) => a.split('.').length - b.split('.').length);
  let result = text;
  for (const [key, value] of entries) {
    refuseStrange(key, value);
    const option = all.find((one) => key === one.key || (one.schema.component !== undefined && key.startsWith(`${one.key}.`)));
    if (option === undefined) throw unknown(key, all, registry);
    if (key === option.key) result = setAt(result, pathOf(pipeline.name, key), value ?? undefined);
    else result = setOption(result, pipeline, option, key, value, all, registry);
  }
  return result;
}

/** An option of a component: `detect.detector.ema.span`. Names the component where another one stands. */
function setOption(text: string, pipeline: PipelineConfig, option: Known, key: string, value: JsonValue, all: readonly Known[], registry: Registry): string {
  const [name, ...rest] = key.slice(option.key.length + 1).split('.');
  const definition = definitionOf(registry, option.schema.component!, name);
  const properties = (definition?.options as Keywords | undefined)?.properties ?? {};
  if (definition === undefined || (rest.length > 0 && !Object.hasOwn(properties, rest[0]))) throw unknown(key, all, registry);
  const path = pathOf(pipeline.name, option.key);
  if (rest.length === 0) return setAt(text, path, value === null ? name : { [name]: value });
  const there = valueAt(text, path);
  const isMapOfIt = there !== null && typeof there === 'object' && !Array.isArray(there) && name in there;
  if (value === null) return isMapOfIt ? setAt(text, [...path, name, ...rest], undefined) : text;
  if (isMapOfIt) return setAt(text, [...path, name, ...rest], value);
  return setAt(text, path, { [name]: rest.reduceRight<JsonValue>((inner, part) => ({ [part]: inner }), value) });
}

/** A reference would read the environment of the process for whoever asks. */
function refuseStrange(key: string, value: JsonValue): void {
  const refuse = (detail: string): Error => new HomeostatError('REQUEST_INVALID', { detail: `${key} ${detail}` });
  if (isDeeper(value, MOST_DEPTH)) throw refuse(`is nested more than ${MOST_DEPTH} deep`);
  if (JSON.stringify(value).includes('${')) throw refuse('holds a reference to the environment, which can only be written into the file by hand');
}

function isDeeper(value: JsonValue, than: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  return than === 0 || Object.values(value).some((inner) => isDeeper(inner, than - 1));
}

/** Names what was probably meant: an option of the component that was named, a component, or a key. */
function unknown(key: string, all: readonly Known[], registry: Registry): HomeostatError {
  const option = all.find((one) => one.schema.component !== undefined && key.startsWith(`${one.key}.`));
  if (option === undefined) {
    const list = all.map((one) => (one.schema.component === undefined ? one.key : `${one.key}[.NAME.OPTION]`));
    return unknownAmong(
      key,
      key,
      all.map((one) => one.key),
      `${list.join(', ')}. Everything else is changed in the file`,
    );
  }
  const definitions = definitionsOf(registry, option.schema.component!);
  const [name, ...rest] = key.slice(option.key.length + 1).split('.');
  const definition = definitions.find((one) => one.name === name);
  const names = definition === undefined ? definitions.map((one) => one.name) : Object.keys((definition.options as Keywords).properties ?? {});
  const before = definition === undefined ? option.key : `${option.key}.${name}`;
  return unknownAmong(key, definition === undefined ? name : rest[0], names, `${before}.${names.join(`, ${before}.`)}`, before);
}

function unknownAmong(key: string, word: string, names: readonly string[], known: string, before?: string): HomeostatError {
  const near = nearest(word, names);
  const hint = near === undefined ? '' : `; did you mean "${before === undefined ? near : `${before}.${near}`}"?`;
  return new HomeostatError('SETTING_UNKNOWN', { key, hint, known });
}

/** What changed between two contents of the file, in words: `detect.detector.ema.span: 20 → 40`. */
export function wordsOf(before: string, after: string, pipeline: PipelineConfig, keys: readonly string[], registry: Registry): string {
  const all = known(registry, pipeline.logs !== undefined);
  const said = keys.map((key) => {
    const option = all.find((one) => one.schema.component !== undefined && key.startsWith(`${one.key}.`));
    const was = option === undefined ? null : (valueAt(before, pathOf(pipeline.name, option.key)) ?? null);
    const name = option === undefined ? '' : key.slice(option.key.length + 1).split('.')[0];
    // A component that was another one is told as a whole.
    return option !== undefined && !(was !== null && typeof was === 'object' && name in was) && was !== name ? option.key : key;
  });
  return [...new Set(said)]
    .map((key) => {
      const path = pathOf(pipeline.name, key);
      return `${key}: ${shown(valueAt(before, path))} → ${shown(valueAt(after, path))}`;
    })
    .join('; ');
}

function shown(value: JsonValue | undefined): string {
  return value === undefined || value === null ? 'default' : inline(value);
}
