/** A detector, or a peer, over every series of a set. */
import { definitionOf, type Component } from '../../pipeline/config/index.ts';
import { registry } from '../../pipeline/registry.ts';
import { DATA_SETS, type DataSet, type LabelledSeries } from '../datasets/index.ts';
import { nabFolder } from '../datasets/nab.ts';
import { NAB_PROFILES, readNab, readNabProfiles, type NabProfileName } from '../nab/corpus.ts';
import { perturb, PERTURBATIONS, type Perturbation } from '../nab/perturb.ts';
import { scoreNab } from '../nab/scorer.ts';
import { figuresOf, scoresOf, type SeriesFigures } from './scoring.ts';

export interface SetFigures {
  series: SeriesFigures[];
  /** Series that the set holds; fewer are measured where a peer is too slow for all. */
  of: number;
  /** The benchmark's own score for each profile; absent for other sets, and where not every series was measured. */
  nab?: Record<NabProfileName, number>;
}

/** How much of a set is measured; absent: all. */
export interface Extent {
  /** The shortest series are taken until they hold so many rows, at least one. */
  rows?: number;
  /** So many series are taken, evenly over the list. */
  series?: number;
}

export function setNamed(name: string): DataSet {
  return DATA_SETS.find((set) => set.name === name)!;
}

/** The series of the set that was read last; whoever measures many detectors asks set by set. */
let last: { key: string; series: LabelledSeries[]; of: number } | undefined;

/** Series of a set, in the order of the set. */
export function seriesOf(data: string, name: string, extent: Extent): { series: LabelledSeries[]; of: number } {
  const key = JSON.stringify([data, name, extent]);
  if (last?.key !== key) {
    last = undefined;
    const entries = setNamed(name).list(data);
    const most = extent.series ?? entries.length;
    const chosen = entries.filter(
      (_, i) => most >= entries.length || Math.floor((i * most) / entries.length) !== Math.floor(((i - 1) * most) / entries.length),
    );
    const series = chosen.map((entry) => entry.read());
    last = { key, series: shortest(series, extent.rows ?? Infinity), of: entries.length };
  }
  return last;
}

/** The shortest series that together hold at most so many rows. */
function shortest(series: readonly LabelledSeries[], rows: number): LabelledSeries[] {
  let left = rows;
  const taken = new Set(
    series
      .toSorted((a, b) => a.time.length - b.time.length)
      .filter((one, i) => {
        left -= one.time.length;
        return i === 0 || left >= 0;
      }),
  );
  return series.filter((one) => taken.has(one));
}

/** Whether a detector takes rows as wide as those of a set. */
export function takes({ name }: Component, set: DataSet): boolean {
  return set.columns === 'one' || definitionOf(registry, 'detector', name)!.columns === 'many';
}

/** Collects the figures of one way to score, series by series, without keeping its scores but for the benchmark with a scorer of its own. */
export class SetMeter {
  readonly #data: string;
  readonly #set: DataSet;
  readonly #series: SeriesFigures[] = [];
  readonly #onsets = new Map<string, Float64Array>();

  constructor(data: string, set: DataSet) {
    this.#data = data;
    this.#set = set;
  }

  add(series: LabelledSeries, score: Float64Array, onset: Float64Array, seconds: number): void {
    this.#series.push(figuresOf(this.#set, series, score, seconds));
    if (this.#set.name === 'nab') this.#onsets.set(series.name, onset);
  }

  figures(of: number): SetFigures {
    const isWhole = this.#set.name === 'nab' && this.#series.length === of;
    return { series: this.#series, of, ...(isWhole ? { nab: this.#nab() } : {}) };
  }

  #nab(): Record<NabProfileName, number> {
    const folder = nabFolder(this.#data);
    const corpus = readNab(folder);
    return scoresByProfile(
      scoreNab(
        corpus,
        corpus.map(({ name }) => this.#onsets.get(name)!),
        readNabProfiles(folder),
      ),
    );
  }
}

function scoresByProfile(results: Record<NabProfileName, { score: number }>): Record<NabProfileName, number> {
  return Object.fromEntries(NAB_PROFILES.map((profile) => [profile, results[profile].score])) as Record<NabProfileName, number>;
}

export function measureSet(data: string, name: string, component: Component, extent: Extent): SetFigures {
  const { series, of } = seriesOf(data, name, extent);
  const meter = new SetMeter(data, setNamed(name));
  for (const one of series) {
    const { score, onset, seconds } = scoresOf(one, component);
    meter.add(one, score, onset, seconds);
  }
  return meter.figures(of);
}

/** Benchmark scores of one perturbed copy of the corpus. */
export function measurePerturbed(data: string, how: Perturbation, seed: number, component: Component): Record<NabProfileName, number> {
  const folder = nabFolder(data);
  const corpus = perturb(readNab(folder), how, seed);
  const onsets = corpus.map(({ times, values }) => scoresOf({ time: times, values, width: 1 }, component).onset);
  return scoresByProfile(scoreNab(corpus, onsets, readNabProfiles(folder)));
}

export const PERTURBATION_NAMES = Object.keys(PERTURBATIONS) as Perturbation[];
