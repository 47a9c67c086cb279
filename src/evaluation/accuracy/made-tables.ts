/** Figures of made streams as tables: what is found, whether thresholds keep their promise, what disturbances do. */
import { mean } from '../measures/bootstrap.ts';
import { decimal, NONE, percentage, type Table } from '../report/table.ts';
import { ANOMALY_KINDS, type AnomalyKind } from '../simulators/anomalies.ts';
import { BASE_NAMES } from '../simulators/bases.ts';
import type { AccuracyFigures } from './accuracy.ts';
import { CHIEF } from './plan.ts';
import type { FoundBy } from './simulated.ts';

const FOUND_NOTE =
  'Share of the made anomalies in which a score above the limit falls, with the limit that clean streams of the same base cross once in 10,000 rows. ' +
  'False alarms are counted per 10,000 rows of further clean streams.';

const cellOf = ({ found, chance }: FoundBy, kind: AnomalyKind): string =>
  found[kind] === undefined ? NONE : `${percentage(found[kind])}${chance[kind]! >= 0.1 ? ` (${percentage(chance[kind]!)} by chance)` : ''}`;

/** Of the spikes, what one who knows the base finds of them from here on counts as all. */
const ORACLE_FINDS = 0.95;
const ORACLE_NOTE =
  'oracle: the share of the same spikes that is found, as often alarmed, by who knows the law of the noise, the level of every row and how large spikes are ' +
  '(likelihood ratio: on sparse it waits for just this number). What it does not find, no detector can find but by luck.';

type Found = AccuracyFigures['simulated'][number] & { by: FoundBy };

/** Each base and kind for one detector; of the score with what could be found of the spikes. */
function foundTable(detector: string, by: 'score' | 'onset', simulated: AccuracyFigures['simulated']): Table[] {
  const own: Found[] = simulated.flatMap((one) => (one.detector === detector && one.figures[by] !== undefined ? [{ ...one, by: one.figures[by] }] : []));
  if (own.length === 0) return [];
  const withOracle = (kinds: string[], oracle: string): string[] => (by === 'score' ? kinds.toSpliced(ANOMALY_KINDS.indexOf('spike') + 1, 0, oracle) : kinds);
  const means = (name: string, of: readonly Found[]): string[] => [
    name,
    ...withOracle(
      ANOMALY_KINDS.map((kind) => percentage(mean(of.flatMap((one) => one.by.found[kind] ?? [])))),
      percentage(mean(of.map(({ figures }) => figures.spikesByOracle))),
    ),
    decimal(mean(of.map((one) => one.by.falseAlarms)), 2),
  ];
  const possible = own.filter(({ figures }) => figures.spikesByOracle >= ORACLE_FINDS);
  return [
    {
      title: `Made anomalies found by the ${by} of ${detector}`,
      note: by === 'score' ? `${FOUND_NOTE} ${ORACLE_NOTE}` : FOUND_NOTE,
      head: ['base', ...withOracle([...ANOMALY_KINDS], 'spike, oracle'), 'false alarms'],
      rows: [
        ...BASE_NAMES.flatMap((base) => own.filter((one) => one.base === base)).map((one) => [
          one.base,
          ...withOracle(
            ANOMALY_KINDS.map((kind) => cellOf(one.by, kind)),
            percentage(one.figures.spikesByOracle),
          ),
          decimal(one.by.falseAlarms, 2),
        ]),
        means('mean', own),
        ...(by === 'score' && possible.length > 0 && possible.length < own.length
          ? [means(`mean where the oracle finds ${percentage(ORACLE_FINDS)}`, possible)]
          : []),
      ],
    },
  ];
}

/** Means over the bases for every detector that was simulated. */
function foundByAll(simulated: AccuracyFigures['simulated']): Table[] {
  const detectors = [...new Set(simulated.map(({ detector }) => detector))];
  if (detectors.length < 2) return [];
  return [
    {
      title: 'Made anomalies found, by detector',
      note: `Means over the bases in which there is something to be found. ${FOUND_NOTE}`,
      head: ['detector', ...ANOMALY_KINDS, 'false alarms'],
      rows: detectors.map((detector) => {
        const own = simulated.filter((one) => one.detector === detector).map(({ figures }) => figures.score);
        return [
          detector,
          ...ANOMALY_KINDS.map((kind) => percentage(mean(own.flatMap(({ found }) => found[kind] ?? [])))),
          decimal(mean(own.map(({ falseAlarms }) => falseAlarms)), 2),
        ];
      }),
    },
  ];
}

function calibrationTable(calibration: AccuracyFigures['calibration']): Table[] {
  const ways = [...new Set(calibration.map(({ way }) => way))];
  if (ways.length === 0) return [];
  const cells = (way: string, base: string): string => {
    const found = calibration.find((one) => one.way === way && one.base === base);
    if (found === undefined) return NONE;
    const { alertsAWeek, anomalous } = found.figures;
    return way.includes('budget') ? decimal(alertsAWeek, 2) : `${(100 * anomalous).toFixed(2)}%`;
  };
  return [
    {
      title: 'Do thresholds keep their promise',
      note: `${calibration[0].figures.weeks} stream-weeks of each clean base, rows five minutes apart, from the first row on. budget: alerts a week and series; conformal: share of the rows that are anomalous.`,
      head: ['base', ...ways],
      rows: BASE_NAMES.map((base) => [base, ...ways.map((way) => cells(way, base))]),
    },
  ];
}

function disturbanceTable(disturbances: AccuracyFigures['disturbances']): Table[] {
  if (disturbances.length === 0) return [];
  const names = disturbances[0].rows.map(({ disturbance }) => disturbance);
  return [
    {
      title: 'What disturbances on the way do',
      note: 'Alerts a series within two days of the disturbance, those of the undisturbed copy in brackets; behind it the highest score of those days by the highest of the undisturbed copies. Nothing is wrong with what is measured.',
      head: ['disturbance', ...disturbances.map(({ detector }) => detector)],
      rows: names.map((name, i) => [
        name,
        ...disturbances.map(({ rows }) => `${decimal(rows[i].alerts, 2)} (${decimal(rows[i].alertsOnCalmCopy, 2)}), ${decimal(rows[i].maxScoreRatio, 2)}`),
      ]),
    },
  ];
}

export function madeTables({ simulated, calibration, disturbances }: AccuracyFigures): Table[] {
  const chief = simulated.find(({ detector }) => detector === CHIEF)?.detector ?? simulated[0]?.detector;
  return [
    ...(chief === undefined ? [] : [...foundTable(chief, 'score', simulated), ...foundTable(chief, 'onset', simulated)]),
    ...foundByAll(simulated),
    ...calibrationTable(calibration),
    ...disturbanceTable(disturbances),
  ];
}
