/** Whether a threshold keeps the rate that it promises, on streams in which nothing is wrong. */
import { alertsOf, sayOf } from '../../pipeline/compare.ts';
import type { DetectChoice } from '../../pipeline/detect.ts';
import type { BaseName } from '../simulators/bases.ts';
import { cleanStream } from '../simulators/streams.ts';

const WEEK_ROWS = 2_016;

export interface CalibrationFigures {
  /** Begins of something new, a week and series. */
  alertsAWeek: number;
  /** Share of all rows that are anomalous. */
  anomalous: number;
  weeks: number;
}

/** `streams` streams of `weeks` weeks each, from their first row on. */
export function measureCalibration(base: BaseName, choice: DetectChoice, streams: number, weeks: number): CalibrationFigures {
  let alerts = 0;
  let anomalous = 0;
  for (let k = 0; k < streams; k++) {
    const { time, values } = cleanStream(base, weeks * WEEK_ROWS, 2_000 + k);
    const said = sayOf({ key: base, unit: '', width: 1, time, values }, choice);
    alerts += alertsOf(said).length;
    anomalous += said.anomalous.reduce((sum, x) => sum + x, 0);
  }
  return { alertsAWeek: alerts / streams / weeks, anomalous: anomalous / (streams * weeks * WEEK_ROWS), weeks: streams * weeks };
}
