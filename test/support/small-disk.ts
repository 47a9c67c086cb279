/** A small file system of its own for a test, where this user may mount one; where not, the test is not run, and with CI=true that fails. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { TestContext } from 'vitest';

export interface SmallDisk {
  path: string;
  /** Changes options of the mount: `size=6m`. */
  remount(options: string): void;
  unmount(): void;
}

export function smallDisk(path: string, options: string, context: TestContext): SmallDisk {
  mkdirSync(path);
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { encoding: 'utf8' });
  if (status !== 0) notRun(context, `this user may not mount a tmpfs (${error?.message ?? stderr.trim()})`);
  return {
    path,
    remount: (changed) => void execFileSync('mount', ['-o', `remount,${changed}`, path]),
    unmount: () => void spawnSync('umount', ['-l', path]),
  };
}

/** Ends a test that this machine does not allow. */
export function notRun(context: TestContext, why: string): never {
  if (process.env['CI'] === 'true') throw new Error(`not run: ${why}`);
  return context.skip(`not run: ${why}`);
}
