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
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { encoding: 'utf8' });
  if (status !== 0) {
    const why = `this user may not mount a tmpfs (${stderr.trim() || 'mount is missing'})`;
    if (process.env['CI'] === 'true') throw new Error(`not run: ${why}`);
    context.skip(`not run: ${why}`);
  }
  return {
    path,
    remount: (changed) => void execFileSync('mount', ['-o', `remount,${changed}`, path]),
    unmount: () => void spawnSync('umount', ['-l', path]),
  };
}
