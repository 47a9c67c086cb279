/** A vitest reporter that counts for scripts/test.mjs: writes { passed, failed, skipped, repeated } to the file named by HOMEOSTAT_TEST_COUNTS. */
import { writeFileSync } from 'node:fs';

export default class CountReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: [], repeated: [] };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (test.diagnostic()?.flaky) counts.repeated.push(`${module.relativeModuleId} > ${test.fullName}`);
        if (state === 'passed') counts.passed++;
        else if (state === 'skipped') counts.skipped.push({ name: `${module.relativeModuleId} > ${test.fullName}`, why: note ?? test.options.mode });
        else counts.failed++;
      }
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
      counts.failed += module.errors().length;
    }
    writeFileSync(process.env.HOMEOSTAT_TEST_COUNTS, JSON.stringify(counts));
  }
}
