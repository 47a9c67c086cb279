/** Labels that the name of a channel gives. */
import type { MessageLabels } from '../../core/contracts.ts';

interface ChannelRule {
  labels: readonly string[];
  separator: string;
  /** Label of the whole name; '' for none. */
  whole: string;
}

/** Labels are kept of so many channels; beyond, all are made anew. */
const MOST_KNOWN = 100_000;

/** Gives each channel its labels; messages of one channel share the object. */
export class ChannelLabels {
  readonly #rule: ChannelRule;
  readonly #known = new Map<string, MessageLabels | undefined>();

  constructor(rule: ChannelRule) {
    this.#rule = rule;
  }

  of(channel: string): MessageLabels | undefined {
    if (this.#known.has(channel)) return this.#known.get(channel);
    const labels = labelsOf(channel, this.#rule);
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(channel, labels);
    return labels;
  }
}

export function labelsOf(channel: string, { labels: names, separator, whole }: ChannelRule): MessageLabels | undefined {
  const labels: Record<string, string> = {};
  if (whole !== '') labels[whole] = channel;
  if (names.length > 0) {
    const levels = channel.split(separator);
    const rest = levels.splice(names.length - 1).join(separator);
    if (rest !== '') levels.push(rest);
    levels.forEach((level, i) => {
      if (names[i] !== '' && level !== '') labels[names[i]] = level;
    });
  }
  return Object.keys(labels).length === 0 ? undefined : labels;
}
