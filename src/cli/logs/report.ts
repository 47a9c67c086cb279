/** What was found out about logs, as the page, the terminal and JSON show it. */
import type { LogModel, LogOverview, LogScores, LogSessionDetail, LogTemplates } from '../../core/log-api.ts';

export interface LogReport {
  title: string;
  overview: LogOverview;
  templates: LogTemplates;
  /** Anomalous ones, the strongest first, as many as are kept; `overview.anomalous` counts all. */
  sessions: LogSessionDetail[];
  scores: LogScores;
  models: LogModel[];
  /** Names of the judge and of the threshold in force. */
  judge: string;
  seconds: number;
  /** Largest resident memory, bytes. */
  memory: number;
}

/** The threshold in force of a set of scores. */
export function inForce({ thresholds }: LogScores): number {
  return Math.max(
    0,
    thresholds.findIndex((one) => one.inForce),
  );
}
