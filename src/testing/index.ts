/** Conformance suites and stand-ins for those who write components. */
export { type AsyncCheck, type Check, expectSame, expectThat } from './check.ts';
export { detectorChecks } from './detector-suite.ts';
export { formatChecks, type FormatCase } from './format-suite.ts';
export { memoryStates, type MemoryStates, type SavedStates } from './memory-states.ts';
export { operatorChecks, type OperatorSubject } from './operator-suite.ts';
export { sinkChecks, type SinkCase } from './sink-suite.ts';
export { sourceChecks, type SourceCase, within } from './source-suite.ts';
export { thresholdChecks } from './threshold-suite.ts';
export { historyChecks, sampleVerdicts, type HistoryHome, type SampleRow } from './history-suite.ts';
export { journalChecks, type JournalHome } from './journal-suite.ts';
export { ledgerChecks } from './ledger-suite.ts';
export { sampleCommit, sampleDeadLetter, sampleIncident, sampleNotice, type LedgerHome } from './ledger-samples.ts';
export { actionChecks, type ActionCase } from './action-suite.ts';
export { notifierChecks, type NotifierCase } from './notifier-suite.ts';
