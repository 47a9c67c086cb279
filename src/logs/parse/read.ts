/** What a committed state of the stage `parse` says, for people. */
import { LEVELS } from '../../core/contracts/logs.ts';
import { SnapshotReader } from '../../core/snapshot.ts';
import { typeOf, valuesIn, widerType, type ParameterType } from '../miner/parameters.ts';
import { ANYTHING } from '../miner/patterns.ts';
import { Root, ROOT, VERSION } from './states.ts';

/** Values shown of a parameter. */
const VALUES = 4;

/** A template with what was counted of it; times are event times in ms, NaN where no line had it yet. */
export interface CountedTemplate {
  id: number;
  /** Constant words with `<*>` where parameters stand. */
  text: string;
  name: string | null;
  /** Most frequent level of its lines, '' for none. */
  level: string;
  count: number;
  first: number;
  last: number;
  pinned: boolean;
  ignored: boolean;
  /** Message of its first line, shortened. */
  example: string;
  /** By place of `<*>`, from the lines that are kept as examples. */
  parameters: { type: ParameterType; examples: string[] }[];
  /** Lines per bucket, from that of the first line of all templates. */
  trend: number[];
}

export interface ParsedTemplates {
  /** By ascending id. */
  templates: CountedTemplate[];
  /** Width of a bucket of the trends and start of the first, ms; NaN before there is one. */
  bucket: number;
  from: number;
  lines: number;
  /** Event times of the first and the last line; NaN before any. */
  first: number;
  last: number;
  /** The id that stands now for one that a line got once: templates are merged. */
  resolve(id: number): number;
}

/** Reads the snapshots that the stage wrote, by state key. Throws SNAPSHOT_DAMAGED or SNAPSHOT_NEWER. */
export function readTemplates(states: (key: number) => Uint8Array | undefined): ParsedTemplates {
  const head = states(ROOT);
  const root = head === undefined ? new Root({}) : Root.read(new SnapshotReader(head, VERSION), {});
  if (!root.complete) {
    root.take((key) => {
      const bytes = states(key);
      return bytes && new SnapshotReader(new SnapshotReader(bytes, VERSION).bytes(), VERSION);
    });
  }
  const { miner, statistics } = root;
  const slots = new Map<number, number[]>();
  miner.patterns.id.forEach((id, slot) => slots.set(id, [...(slots.get(id) ?? []), slot]));
  const templates = miner.templates().map((template): CountedTemplate => {
    const { id, text, name, pinned, ignored } = template;
    const { count, first, last, level, trend, examples } = statistics.of(slots.get(id) ?? []);
    return {
      id,
      text,
      name,
      level: LEVELS[level],
      count,
      first,
      last,
      pinned,
      ignored,
      example: examples[0] ?? '',
      parameters: parametersOf(text, examples),
      trend,
    };
  });
  return {
    templates: templates.filter(({ id, count }) => id !== ANYTHING || count > 0),
    bucket: Number.isNaN(statistics.from) ? NaN : statistics.width,
    from: statistics.from,
    lines: miner.lines,
    first: statistics.first,
    last: statistics.last,
    resolve: (id) => miner.resolve(id),
  };
}

function parametersOf(text: string, examples: readonly string[]): CountedTemplate['parameters'] {
  const places = examples.map((example) => valuesIn(text, example));
  return Array.from({ length: text.split('<*>').length - 1 }, (_, place) => {
    const values = [...new Set(places.map((values) => values[place]).filter((value) => value !== ''))];
    return {
      type: values.map(typeOf).reduce<ParameterType | undefined>((a, b) => (a === undefined ? b : widerType(a, b)), undefined) ?? 'text',
      examples: values.slice(0, VALUES),
    };
  });
}
