/** Programs as the system knows them: found by id, told apart from a later one with the same id by their start time. Plain Node, Linux for the start time. */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Path of a program: in PATH or where Debian keeps servers; undefined when there is none. */
export function findProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Fields of /proc/PID/stat after the name, which may itself hold spaces; undefined when there is no such process. */
function fields(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** When a process began, in ticks since the machine did; undefined when it is gone or only waits to be collected. */
export function startOf(pid) {
  const found = fields(pid);
  return found === undefined || found[0] === 'Z' || found[0] === 'X' ? undefined : found[19];
}

/** True when the process with this id is still the one that began then. */
export const isStill = (pid, start) => start !== undefined && startOf(pid) === start;

/** Resident memory in bytes; undefined when it is not known. */
export function memoryOf(pid) {
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line === null ? undefined : Number(line[1]) * 1024;
  } catch {
    return undefined;
  }
}

async function gone(pid, start, patience) {
  for (const end = Date.now() + patience; Date.now() < end; await wait(50)) if (!isStill(pid, start)) return true;
  return !isStill(pid, start);
}

/** Ends exactly this process: SIGTERM, and SIGKILL when it has not ended after `patience` ms. Nothing happens when it is gone or another one has its id. */
export async function end(pid, start, patience = 30_000) {
  if (!isStill(pid, start)) return;
  const send = (signal) => {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  };
  send('SIGTERM');
  send('SIGCONT');
  if (await gone(pid, start, patience)) return;
  send('SIGKILL');
  await gone(pid, start, 10_000);
}
