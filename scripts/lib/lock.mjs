/** One at a time: a lock file that names its owner, so that a lock left behind by a killed process is taken over. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function create(path) {
  try {
    const file = openSync(path, 'wx');
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** True when the lock names a process that is gone; a lock just being written (still empty) counts as held for a moment. */
function abandoned(path) {
  try {
    const owner = Number(readFileSync(path, 'utf8'));
    return owner > 0 ? !alive(owner) : Date.now() - statSync(path).mtimeMs > 10_000;
  } catch {
    return false;
  }
}

/** Breaking is itself done by one at a time, so that nobody breaks the lock of who broke it first. */
function breakLock(path) {
  const breaker = `${path}.break`;
  if (!create(breaker)) {
    if (abandoned(breaker)) rmSync(breaker, { force: true });
    return;
  }
  try {
    if (abandoned(path)) rmSync(path, { force: true });
  } finally {
    rmSync(breaker, { force: true });
  }
}

/** Runs `work` while no other process holds the lock; `waiting` is called once if it has to wait. */
export async function locked(path, work, waiting = () => {}) {
  mkdirSync(dirname(path), { recursive: true });
  for (let told = false; !create(path);) {
    if (abandoned(path)) {
      breakLock(path);
      continue;
    }
    if (!told) waiting();
    told = true;
    await wait(100);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}
