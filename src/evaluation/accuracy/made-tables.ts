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

/** Each base and kind for one detector. */
function foundTable(detector: string, by: 'score' | 'onset', simulated: AccuracyFigures['simulated']): Table[] {
  const own = simulated.flatMap((one) => (one.detector === detector && one.figures[by] !== undefined ? [{ base: one.base, found: one.figures[by] }] : []));
  if (own.length === 0) return [];
  const overall = (kind: AnomalyKind): number => mean(own.flatMap(({ found }) => found.found[kind] ?? []));
  return [
    {
      title: `Made anomalies found by the ${by} of ${detector}`,
      note: FOUND_NOTE,
      head: ['base', ...ANOMALY_KINDS, 'false alarms'],
      rows: [
        ...BASE_NAMES.flatMap((base) => own.filter((one) => one.base === base)).map(({ base, found }) => [
          base,
          ...ANOMALY_KINDS.map((kind) => cellOf(found, kind)),
          decimal(found.falseAlarms, 2),
        ]),
        ['mean', ...ANOMALY_KINDS.map((kind) => percentage(overall(kind))), decimal(mean(own.map(({ found }) => found.falseAlarms)), 2)],
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
