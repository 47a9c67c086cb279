import { defineConfig } from 'vitest/config';

/** On a machine of others a test that starts processes may meet a stall; there it gets a second attempt, and the report names it. Unit tests get none: another seed would hide what a property test found. */
const retry = process.env['CI'] === undefined ? 0 : 1;

/** What is awaited comes a frame, a message or a commit after what brought it, and later still on a machine of others. */
const expect = { poll: { timeout: 15_000 } };

// Groups run one after another, so that tests which start processes do not compete with the others for the cores.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/unit/**/*.test.ts', 'web/**/*.test.{ts,tsx}'],
          testTimeout: 30_000,
          expect,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'process',
          include: ['test/process/**/*.test.ts'],
          testTimeout: 120_000,
          expect,
          retry,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      // One file after the other: each may start servers of its own.
      {
        test: {
          name: 'backends',
          fileParallelism: false,
          include: ['test/backends/**/*.test.ts'],
          testTimeout: 120_000,
          expect,
          retry,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 120_000,
          retry,
          hookTimeout: 60_000,
          expect,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
