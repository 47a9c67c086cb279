/** How well templates group log lines, as the papers on log parsing measure it (Zhu et al. 2019; Khan et al. 2022; Jiang et al. 2024). */
import { Miner } from '../../logs/miner/miner.ts';
import type { ParsedLog } from './loghub.ts';

export interface Grouping {
  /** Share of the lines whose group holds exactly the lines of their true group. */
  accuracy: number;
  /** F1 of groups: harmonic mean of the shares of groups found that are right and of true groups that were found. */
  f1: number;
  groups: number;
  trueGroups: number;
}

/** Compares what was said of each line with the truth; labels are only compared for equality. */
export function groupingOf(said: readonly (string | number)[], truth: readonly string[]): Grouping {
  const sizes = countsOf(said);
  const trueSizes = countsOf(truth);
  /** Lines by true group and group; a group that is right is the only one of its true group. */
  const shared = new Map<string, Map<string | number, number>>();
  truth.forEach((label, i) => {
    const within = shared.get(label) ?? new Map<string | number, number>();
    shared.set(label, within.set(said[i], (within.get(said[i]) ?? 0) + 1));
  });
  let lines = 0;
  let right = 0;
  for (const [label, within] of shared) {
    for (const [group, count] of within) {
      if (count !== sizes.get(group) || count !== trueSizes.get(label)) continue;
      lines += count;
      right++;
    }
  }
  return {
    accuracy: truth.length === 0 ? 1 : lines / truth.length,
    f1: truth.length === 0 ? 1 : (2 * right) / (sizes.size + trueSizes.size),
    groups: sizes.size,
    trueGroups: trueSizes.size,
  };
}

function countsOf<T>(labels: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

/** Share of the lines whose template is the true one, letter by letter but for white space. */
export function templateAccuracy(templates: readonly string[], truth: readonly string[]): number {
  const plain = (text: string): string => text.replace(/\s+/g, ' ').trim();
  let right = 0;
  for (let i = 0; i < truth.length; i++) if (plain(templates[i]) === plain(truth[i])) right++;
  return truth.length === 0 ? 1 : right / truth.length;
}

export interface SystemGrouping {
  system: string;
  lines: number;
  /** By the templates that stand at the end, and by the ids that the lines were given as they came. */
  final: Grouping;
  arrival: Grouping;
  templateAccuracy: number;
}

export interface GroupingReport {
  systems: SystemGrouping[];
  mean: { accuracy: number; f1: number; arrival: number; templateAccuracy: number };
}

/** One miner over the messages of one system, in order. */
export function measureSystem({ system, messages, truth }: ParsedLog): SystemGrouping {
  const miner = new Miner();
  const encoder = new TextEncoder();
  const given = messages.map((message) => {
    const bytes = encoder.encode(message);
    return miner.match(bytes, 0, bytes.length);
  });
  const final = given.map((id) => miner.resolve(id));
  const texts = new Map(miner.templates().map((template) => [template.id, template.text]));
  return {
    system,
    lines: messages.length,
    final: groupingOf(final, truth),
    arrival: groupingOf(given, truth),
    templateAccuracy: templateAccuracy(
      final.map((id) => texts.get(id) ?? ''),
      truth,
    ),
  };
}

export function reportOf(systems: SystemGrouping[]): GroupingReport {
  const mean = (of: (one: SystemGrouping) => number): number => systems.reduce((sum, one) => sum + of(one), 0) / systems.length;
  return {
    systems,
    mean: {
      accuracy: mean(({ final }) => final.accuracy),
      f1: mean(({ final }) => final.f1),
      arrival: mean(({ arrival }) => arrival.accuracy),
      templateAccuracy: mean((one) => one.templateAccuracy),
    },
  };
}
