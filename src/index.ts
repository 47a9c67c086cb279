/** What the package offers to programs: score values, run a configuration, write components. */
export type * from './core/api.ts';
export type * from './core/contracts.ts';
export type * from './core/live.ts';
export type { Verdict, VerdictBatch } from './core/verdicts.ts';
export { ERRORS, type ErrorCode, HomeostatError } from './core/errors.ts';
export { EventBuilder, SeriesDictionary, type EventBatch, type SeriesInfo } from './core/events.ts';
export { SnapshotReader, SnapshotWriter } from './core/snapshot.ts';
export * from './core/schema.ts';
export { ConfigErrors, type Config } from './pipeline/config/index.ts';
export { detectPosted as detect } from './pipeline/detect.ts';
export { startHomeostat, type HostOptions, type RunningProcess } from './pipeline/host.ts';
export { loadConfig, parseConfig } from './pipeline/load.ts';
