/** One check after another; each says what it found and, where that is not enough, the mend. */
import { access, constants, mkdir, open, rm, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { shortSize } from '../text.ts';

export interface Finding {
  what: string;
  state: 'ok' | 'warn' | 'fail';
  detail: string;
  /** What to do; empty when ok. */
  mend: string;
}

export type Check = () => Promise<Finding>;

const ok = (what: string, detail: string): Finding => ({ what, state: 'ok', detail, mend: '' });
const warn = (what: string, detail: string, mend: string): Finding => ({ what, state: 'warn', detail, mend });
const fail = (what: string, detail: string, mend: string): Finding => ({ what, state: 'fail', detail, mend });

/** Room below which it is tight, and below which it does not start well, bytes. */
const LITTLE_ROOM = 2 * 2 ** 30;
const NO_ROOM = 100 * 2 ** 20;
const LEAST_MEMORY = 512 * 2 ** 20;
/** Time of one fsync that slows commits down, ms. */
const SLOW_FSYNC = 20;
const FSYNCS = 20;

export function checks({ data, port }: { data: string; port: number }): Check[] {
  return [checkNode, checkMemory, () => checkPort(port), () => checkFolder(data), () => checkRoom(data), () => checkFsync(data), checkSqlite, checkClock];
}

async function checkNode(): Promise<Finding> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const found = `Node.js ${process.versions.node}`;
  if (major > 20 || (major === 20 && minor >= 19)) return ok('Node.js', found);
  return fail('Node.js', found, 'Install Node.js 20.19 or newer.');
}

async function checkMemory(): Promise<Finding> {
  const detail = `${shortSize(totalmem())}, ${availableParallelism()} cores`;
  return totalmem() >= LEAST_MEMORY ? ok('memory', detail) : warn('memory', detail, 'Lower state.cache and max_series, or give the machine 512 MiB.');
}

async function checkPort(port: number): Promise<Finding> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => void server.once('error', reject).listen(port, '127.0.0.1', resolve));
    return ok('port', `127.0.0.1:${port} is free`);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') return warn('port', `127.0.0.1:${port} is taken`, 'Choose another with --port or server.port; perhaps Homeostat runs already.');
    return fail('port', `127.0.0.1:${port}: ${messageOf(thrown)}`, 'Choose a port above 1023 with --port or server.port.');
  } finally {
    server.close();
  }
}

/** The folder, or the nearest one above it that exists. */
async function existing(path: string): Promise<string> {
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  return there || dirname(path) === path ? path : existing(dirname(path));
}

async function checkFolder(data: string): Promise<Finding> {
  const folder = await existing(data);
  try {
    if (!(await stat(folder)).isDirectory()) return fail('data folder', `${folder} is a file`, 'Choose another folder with --data or data.');
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return fail('data folder', `no right to write to ${folder}`, 'Choose another folder with --data or data, or give this user the right.');
  }
  return ok('data folder', folder === data ? `${data} can be written` : `${data} can be made`);
}

async function checkRoom(data: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await existing(data));
  const room = bavail * bsize;
  const detail = `${shortSize(room)} free`;
  if (room < NO_ROOM) return fail('disk room', detail, 'Free some room, or choose a folder on another disk with --data.');
  return room < LITTLE_ROOM ? warn('disk room', detail, 'Free some room, or lower history.max_size, which is 10 GiB by default.') : ok('disk room', detail);
}

/** Median time of making 4 KiB durable: every commit and every acknowledged push waits for one or two. */
async function checkFsync(data: string): Promise<Finding> {
  const folder = await existing(data);
  const path = join(folder, `.homeostat-doctor-${process.pid}`);
  try {
    await mkdir(folder, { recursive: true });
    const times = await fsyncTimes(path);
    const median = times.sort((a, b) => a - b)[FSYNCS >> 1];
    const detail = `fsync takes ${median < 1 ? median.toFixed(2) : median.toFixed(1)} ms (median of ${FSYNCS})`;
    return median <= SLOW_FSYNC
      ? ok('disk speed', detail)
      : warn('disk speed', detail, 'Commits are stretched to stay cheap; put the data folder on a faster disk for less delay.');
  } catch (thrown) {
    return fail('disk speed', messageOf(thrown), 'Check the rights of the folder and the room on the disk.');
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}

async function fsyncTimes(path: string): Promise<number[]> {
  const file = await open(path, 'wx');
  const block = new Uint8Array(4096);
  const times: number[] = [];
  try {
    for (let i = 0; i < FSYNCS; i++) {
      const begun = performance.now();
      await file.write(block);
      await file.datasync();
      times.push(performance.now() - begun);
    }
  } finally {
    await file.close();
  }
  return times;
}

async function checkSqlite(): Promise<Finding> {
  try {
    const { DatabaseSync } = await import('@photostructure/sqlite');
    const db = new DatabaseSync(':memory:');
    const { version } = db.prepare('select sqlite_version() as version').get() as { version: string };
    db.close();
    return ok('SQLite', version);
  } catch (thrown) {
    return fail('SQLite', messageOf(thrown), 'Install again with npm ci; the library brings a build for this system or builds one.');
  }
}

/** Compares the wall clock with the monotonic one over a moment, and with the age of this program. */
async function checkClock(): Promise<Finding> {
  const now = new Date();
  const built = await stat(new URL(import.meta.url)).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  if (now.getTime() < built - 86_400_000)
    return fail('clock', `it is ${now.toISOString()}, before this program was installed`, 'Set the clock; let NTP keep it.');
  const [wall, steady] = [Date.now(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, 200));
  const drift = Math.abs(Date.now() - wall - (performance.now() - steady));
  if (drift > 50)
    return warn(
      'clock',
      `it moved ${drift.toFixed(0)} ms within 200 ms`,
      'Let NTP slew the clock instead of setting it; ticks never go back, but NoData may come early or late.',
    );
  return ok('clock', now.toISOString());
}
