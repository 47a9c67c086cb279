/** The figures of the accuracy benchmark as tables. */
import { bootstrapInterval, mean, type Estimate } from '../measures/bootstrap.ts';
import { NAB_PROFILES } from '../nab/corpus.ts';
import type { BarGroup } from '../report/bars.ts';
import { decimal, NONE, share, withInterval, type Table } from '../report/table.ts';
import type { AccuracyFigures, Measured } from './accuracy.ts';
import { CHIEF } from './plan.ts';
import type { SeriesFigures } from './scoring.ts';
import { setNamed, type SetFigures } from './sets.ts';

type Figure = 'ap' | 'auc' | 'vus' | 'hit';

/** Mean over the series for which the figure exists. */
export function meanOf(series: readonly SeriesFigures[], figure: Figure): number {
  return mean(series.map((one) => one[figure]).filter((x) => !Number.isNaN(x)));
}

function estimate(series: readonly SeriesFigures[], figure: Figure): Estimate {
  const known = series.filter((one) => !Number.isNaN(one[figure]));
  return bootstrapInterval(known, (sample) => meanOf(sample, figure));
}

/** By what a set is asked for first: the benchmark's own score, hits, or average precision. */
function primaryOf({ series, nab }: SetFigures): number {
  if (nab !== undefined) return nab.standard;
  const hits = meanOf(series, 'hit');
  return Number.isNaN(hits) ? meanOf(series, 'ap') : hits;
}

function ranked(measured: readonly Measured<SetFigures>[]): Measured<SetFigures>[] {
  const worth = (one: Measured<SetFigures>): number => ('figures' in one ? primaryOf(one.figures) : -Infinity);
  return measured.toSorted((a, b) => worth(b) - worth(a));
}

const label = ({ name, peer }: { name: string; peer: boolean }): string => (peer ? `${name} (peer)` : name);

function setTable(name: string, measured: readonly Measured<SetFigures>[]): Table {
  const set = setNamed(name);
  const isNab = name === 'nab';
  const isHighest = set.measured === 'highest';
  const head = ['detector', ...(isNab ? ['standard', 'low FP', 'low FN'] : []), ...(isHighest ? ['hits'] : []), 'AP', 'ROC-AUC', 'VUS-PR', 'series'];
  const rows = ranked(measured).map((one) => {
    if (!('figures' in one)) return [label(one), ...head.slice(1).map((_, i) => (i === 0 ? one.why : NONE))];
    const { series, of, nab } = one.figures;
    const hits = series.filter(({ hit }) => hit === 1).length;
    return [
      label(one),
      ...(isNab ? NAB_PROFILES.map((profile) => (nab === undefined ? NONE : decimal(nab[profile], 2))) : []),
      ...(isHighest ? [`${hits} of ${series.length}`] : []),
      withInterval(estimate(series, 'ap')),
      share(meanOf(series, 'auc')),
      share(meanOf(series, 'vus')),
      series.length === of ? String(of) : `${series.length} of ${of}`,
    ];
  });
  const scored = isNab ? ' Standard, low FP and low FN are scores of the onset where a detector gives one, else of its score.' : '';
  return { title: `${name}: ${set.title}`, note: `${set.protocol}. Origin: ${set.origin}, licence: ${set.licence}.${scored}`, head, rows };
}

/** Average precision of each family; only for sets with several. */
function familyTable(name: string, measured: readonly Measured<SetFigures>[]): Table[] {
  const known = ranked(measured).flatMap((one) => ('figures' in one ? [{ label: label(one), series: one.figures.series }] : []));
  const families = [...new Set(known.flatMap(({ series }) => series.filter(({ ap }) => !Number.isNaN(ap)).map(({ family }) => family)))];
  if (families.length < 2) return [];
  return [
    {
      title: `${name} by family`,
      note: 'Mean average precision over the series of the family.',
      head: ['detector', ...families],
      rows: known.map(({ label: text, series }) => [
        text,
        ...families.map((family) =>
          share(
            meanOf(
              series.filter((one) => one.family === family),
              'ap',
            ),
          ),
        ),
      ]),
    },
  ];
}

function neighbourTable({ neighbours, sets }: AccuracyFigures): Table[] {
  const rows = Object.entries(neighbours).flatMap(([set, around]) => {
    const point = sets[set].find(({ name, peer }) => name === CHIEF && !peer);
    const known = around.flatMap((one) => ('figures' in one ? [{ name: one.name, value: primaryOf(one.figures) }] : [])).toSorted((a, b) => a.value - b.value);
    if (point === undefined || !('figures' in point) || known.length === 0) return [];
    const middle = (known[(known.length - 1) >> 1].value + known[known.length >> 1].value) / 2;
    const say = set === 'nab' ? (x: number): string => decimal(x, 2) : share;
    return [[set, say(primaryOf(point.figures)), say(middle), `${say(known[0].value)} (${known[0].name})`, say(known.at(-1)!.value), String(known.length)]];
  });
  if (rows.length === 0) return [];
  return [
    {
      title: `Neighbouring settings of ${CHIEF}`,
      note: 'Each number among its options 0.7 and 1.4 times its default, one at a time. nab: standard profile; ucr: share of hits; else AP.',
      head: ['set', 'default', 'median of neighbours', 'worst', 'best', 'neighbours'],
      rows,
    },
  ];
}

function perturbedTable({ perturbed }: AccuracyFigures): Table[] {
  if (perturbed.length === 0) return [];
  const detectors = [...new Set(perturbed.map(({ detector }) => detector))];
  const kinds = [...new Set(perturbed.map(({ how }) => how))];
  const of = (detector: string, hows: readonly string[]): string[] =>
    NAB_PROFILES.map((profile) =>
      decimal(mean(perturbed.filter((one) => one.detector === detector && hows.includes(one.how)).map(({ scores }) => scores[profile])), 2),
    );
  const besideHalf = kinds.filter((how) => how !== 'every-second');
  return [
    {
      title: 'nab, perturbed',
      note: 'Scores on perturbed copies of the corpus: 10 and 20% of the rows dropped, noise of 5% of the spread of successive differences, the first tenth cut off, every second row left. The mean is that of all but the last.',
      head: ['detector', 'perturbation', 'standard', 'low FP', 'low FN'],
      rows: detectors.flatMap((detector) => [...kinds.map((how) => [detector, how, ...of(detector, [how])]), [detector, 'mean', ...of(detector, besideHalf)]]),
    },
  ];
}

export function accuracyTables(figures: AccuracyFigures): Table[] {
  return [
    ...Object.entries(figures.sets).flatMap(([name, measured]) => [setTable(name, measured), ...familyTable(name, measured)]),
    ...neighbourTable(figures),
    ...perturbedTable(figures),
  ];
}

/** Average precision of the best detectors of ours and of every peer, one group a set. */
export function accuracyBars({ sets }: AccuracyFigures): BarGroup[] {
  return Object.entries(sets).flatMap(([name, measured]) => {
    const bars = ranked(measured)
      .flatMap((one) => ('figures' in one ? [{ one, ap: estimate(one.figures.series, 'ap') }] : []))
      .toSorted((a, b) => b.ap.value - a.ap.value)
      .map(({ one, ap }) => ({ name: one.name, ...ap, kind: one.peer ? (2 as const) : one.name === CHIEF ? (0 as const) : (1 as const) }));
    const ours = bars.filter(({ kind }) => kind === 1).slice(0, 5);
    const shown = bars.filter((bar) => bar.kind !== 1 || ours.includes(bar));
    return shown.length === 0 ? [] : [{ title: name, bars: shown }];
  });
}
