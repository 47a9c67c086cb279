/** Conformance suites and stand-ins for those who write components. */
export { type Check, expectSame, expectThat } from './check.ts';
export { detectorChecks } from './detector-suite.ts';
export { thresholdChecks } from './threshold-suite.ts';
