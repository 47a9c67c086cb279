/** Topics and the labels that their levels are, and topics made of names. */
import { createHash } from 'node:crypto';
import type { MessageLabels } from '../../core/contracts.ts';

/** What is asked of the topics that a filter takes. */
export interface TopicRule {
  filter: string;
  qos: 0 | 1;
  labels: readonly string[];
}

/** Labels by topic that are remembered; beyond it they are made anew. */
const MOST_KNOWN = 20_000;
const LONGEST_TOPIC = 65_535;
const LONGEST_NAME = 1_000;

/** The levels of a filter without `$share/GROUP/`. */
function levelsOf(filter: string): string[] {
  const levels = filter.split('/');
  return levels[0] === '$share' ? levels.slice(2) : levels;
}

/** Whether a topic falls under a filter. Topics that begin with `$` fall under none that begins with a wildcard. */
export function matches(filter: readonly string[], topic: readonly string[]): boolean {
  if (topic[0].startsWith('$') && (filter[0] === '+' || filter[0] === '#')) return false;
  for (const [i, level] of filter.entries()) {
    if (level === '#') return true;
    if (i >= topic.length || (level !== '+' && level !== topic[i])) return false;
  }
  return filter.length === topic.length;
}

/** Knows the labels of each topic that one of the rules takes; the first rule that does counts. */
export class TopicLabels {
  readonly #rules: { levels: string[]; labels: readonly string[] }[];
  readonly #known = new Map<string, MessageLabels>();

  constructor(rules: readonly TopicRule[]) {
    this.#rules = rules.map(({ filter, labels }) => ({ levels: levelsOf(filter), labels }));
  }

  /** The same object for the same topic; undefined where no rule takes it. */
  of(topic: string): MessageLabels | undefined {
    let labels = this.#known.get(topic);
    if (labels !== undefined) return labels;
    const levels = topic.split('/');
    const rule = this.#rules.find((one) => matches(one.levels, levels));
    if (rule === undefined) return undefined;
    labels = rule.labels.length === 0 ? { topic } : labelled(rule, levels);
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(topic, labels);
    return labels;
  }
}

function labelled({ levels, labels }: { levels: string[]; labels: readonly string[] }, topic: readonly string[]): MessageLabels {
  const found: Record<string, string> = {};
  for (const [i, name] of labels.entries()) {
    if (name === '_' || name === '' || i >= topic.length) continue;
    found[name] = levels[i] === '#' ? topic.slice(i).join('/') : topic[i];
  }
  return found;
}

/** A name as one level of a topic. Two long names that differ stay different. */
function levelOf(name: string): string {
  const plain = wellFormed(name.replace(/[/+#\u0000-\u001f\u007f-\u009f]/g, '_'));
  if (plain.length <= LONGEST_NAME) return plain || '_';
  return `${wellFormed(plain.slice(0, LONGEST_NAME))}_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

/** Halves of characters are no UTF-8, and a broker ends the connection for them. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** The topic of a series' verdicts. */
export function topicOf(template: string, pipeline: string, series: string): string {
  const topic = template.replace(/\{(pipeline|series)\}/g, (_, which: string) => levelOf(which === 'pipeline' ? pipeline : series));
  return topic.startsWith('$') ? `_${topic.slice(1, LONGEST_TOPIC)}` : topic;
}
