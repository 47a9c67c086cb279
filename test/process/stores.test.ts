/**
 * What ledger, history and journal hold after real faults: `kill -9`, a full disk, a folder that may not be written.
 * A kill leaves the kernel's cache as it is, so a missing fsync cannot be seen here; that one is held by the order of calls
 * that the journal's unit tests watch, and by `synchronous = FULL` of SQLite.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournalWriter } from '../../src/runtime/journal/writer.ts';
import { journalSource } from '../../src/runtime/journal/source.ts';
import { openHistory } from '../../src/stores/sqlite/history.ts';
import { openLedger } from '../../src/stores/sqlite/ledger.ts';
import { openReader } from '../../src/stores/sqlite/reader.ts';
import { sampleVerdicts } from '../../src/testing/history-suite.ts';
import { readMessages, samplePush } from '../../src/testing/journal-suite.ts';
import { sampleCommit } from '../../src/testing/ledger-samples.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-faults-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ROUNDS = 8;

interface Killed {
  /** Lines that the child had said when it died. */
  said: string[];
  /** What it said on its way down, if it failed by itself. */
  errors: string;
}

/** Runs a script until it has said `lines` lines and `ms` have passed, calls `before`, and kills it. */
function runAndKill(script: string, args: readonly string[], lines: number, ms: number, before: () => void = () => {}): Promise<Killed> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../support', script), ...args]);
    let text = '';
    let errors = '';
    let isDue = false;
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      if (isDue || text.split('\n').length <= lines) return;
      isDue = true;
      setTimeout(() => {
        before();
        child.kill('SIGKILL');
      }, ms);
    });
    child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()));
    child.on('close', () => resolve({ said: text.split('\n').slice(0, -1), errors }));
  });
}

describe('kill -9', () => {
  it('takes nothing of a ledger that was acknowledged, and leaves no half of a commit', async () => {
    let acknowledged = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const { said, errors } = await runAndKill('ledger-writer.mjs', [folder], 5, round * 17, () =>
        expect(() => openLedger(folder)).toThrow(expect.objectContaining({ code: 'LEDGER_BUSY' })),
      );
      expect(errors).toBe('');
      expect(Number(said[0].split(' ')[1])).toBeGreaterThanOrEqual(acknowledged);
      acknowledged = Number(said.at(-1));
      const ledger = openLedger(folder);
      const { recovered } = ledger.claim('machines');
      expect([acknowledged, acknowledged + 1]).toContain(recovered.checkpoint);
      const states = [...ledger.states('machines', 'detect')];
      expect(states.length).toBe(500);
      for (const { data } of states) expect(Buffer.from(data).readUInt32LE()).toBe(recovered.checkpoint);
      expect(ledger.outboxPending('machines').length).toBe(recovered.checkpoint);
      expect(recovered).toMatchObject({ position: recovered.checkpoint, watermark: recovered.checkpoint });
      ledger.close();
    }
  });

  it('in the middle of a migration or of a commit leaves what was there before', () => {
    const script = join(import.meta.dirname, '../support/ledger-writer.mjs');
    const killedAt = (point: string) => spawnSync(process.execPath, [script, folder], { env: { ...process.env, HOMEOSTAT_KILL_AT: point }, encoding: 'utf8' });
    expect(killedAt('migration:1')).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    expect(killedAt('ledger-commit:4')).toMatchObject({ signal: 'SIGKILL', stdout: 'claimed 0\n1\n2\n3\n' });
    expect(killedAt('ledger-commit:1')).toMatchObject({ signal: 'SIGKILL', stdout: 'claimed 3\n' });
    const ledger = openLedger(folder);
    expect(ledger.claim('machines').recovered.checkpoint).toBe(3);
    expect(ledger.outboxPending('machines').length).toBe(3);
    ledger.close();
  });

  it('takes nothing of a journal that was acknowledged, and repeats are recognised afterwards', async () => {
    const acknowledged = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      const { said, errors } = await runAndKill('journal-writer.mjs', [folder, String(round)], 40, round * 17);
      expect(errors).toBe('');
      for (const line of said) acknowledged.set(line.split(' ')[1], Number(line.split(' ')[0]));
    }
    const writer = openJournalWriter(folder);
    const { offset: end } = await writer.append(samplePush('end '));
    const found = new Map<string, number[]>();
    const source = journalSource(folder);
    for (let position: number | undefined; position === undefined || position <= end;) {
      const read = await readMessages(source, position, 1);
      for (const { offset, text } of read.messages) {
        const key = text.split(' ')[0];
        found.set(key, [...(found.get(key) ?? []), offset]);
      }
      position = read.position as number;
    }
    for (const [key, offset] of acknowledged) expect(found.get(key), key).toEqual([offset]);
    for (const [key, offset] of [...acknowledged].slice(-200)) {
      expect(await writer.append(samplePush(`${key} `, key))).toEqual({ offset, repeated: true });
    }
    await source.close();
    await writer.close();
  });
});

/** A small file system of its own, where this user may mount one. */
function mountSmall(at: string, size: string): boolean {
  mkdirSync(at);
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', at]).status === 0;
}

describe('a full disk', () => {
  let disk: string;
  let ballast: string;
  let isMounted: boolean;

  beforeEach(() => {
    disk = join(folder, 'disk');
    ballast = join(disk, 'ballast');
    isMounted = mountSmall(disk, '3m');
  });
  afterEach(() => {
    if (isMounted) execFileSync('umount', ['-l', disk]);
  });

  it('stops the ledger without loss, and the same commit goes through when there is room', (context) => {
    if (!isMounted) context.skip('this user may not mount a tmpfs');
    const ledger = openLedger(disk);
    const { owner } = ledger.claim('machines');
    const states = (value: number) => Array.from({ length: 300 }, (_, key) => ({ stage: 's', key, shape: 1, data: new Uint8Array(1000).fill(value) }));
    ledger.commit(sampleCommit(owner, 1, { states: states(1) }));
    writeFileSync(ballast, new Uint8Array(1_600_000));
    let last = 1;
    const refused = (() => {
      for (;;) {
        try {
          ledger.commit(sampleCommit(owner, last + 1, { states: states(last + 1) }));
          last++;
        } catch (thrown) {
          return thrown;
        }
      }
    })();
    expect(refused).toMatchObject({ code: 'DISK_FULL' });
    expect(ledger.state('machines', 's', 7)!.data[0]).toBe(last);
    rmSync(ballast);
    ledger.commit(sampleCommit(owner, last + 1, { states: states(last + 1) }));
    ledger.close();
    const again = openLedger(disk);
    expect(again.claim('machines').recovered.checkpoint).toBe(last + 1);
    expect(again.state('machines', 's', 299)!.data[0]).toBe(last + 1);
    again.close();
  });

  it('stops the history without loss, and the same append goes through when there is room', (context) => {
    if (!isMounted) context.skip('this user may not mount a tmpfs');
    const history = openHistory(disk);
    const batch = (from: number) => sampleVerdicts(Array.from({ length: 2000 }, (_, i) => ({ time: (from + i) * 1000, id: i, value: Math.random() })));
    history.append('machines', [batch(0)], []);
    writeFileSync(ballast, new Uint8Array(1_500_000));
    let at = 2000;
    const refused = (() => {
      for (;;) {
        try {
          history.append('machines', [batch(at)], []);
          at += 2000;
        } catch (thrown) {
          return thrown;
        }
      }
    })();
    expect(refused).toMatchObject({ code: 'DISK_FULL' });
    rmSync(ballast);
    history.append('machines', [batch(at)], []);
    expect(history.range('machines', 0, 0, 1e9, 100_000)).toMatchObject({ time: { length: at + 2000 } });
    history.close();
  });

  it('stops the journal without loss of what it acknowledged, and it takes appends again when there is room', async (context) => {
    if (!isMounted) context.skip('this user may not mount a tmpfs');
    const writer = openJournalWriter(join(disk, 'journal'));
    let acknowledged = 0;
    const push = () => samplePush(`${acknowledged} `.padEnd(100_000, '.'));
    const refused = await (async () => {
      for (;;) {
        await writer.append(push());
        acknowledged++;
      }
    })().catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: 'DISK_FULL' });
    await expect(writer.append(push())).rejects.toMatchObject({ code: 'DISK_FULL' });
    execFileSync('mount', ['-o', 'remount,size=6m', disk]);
    await writer.append(push());
    await writer.close();
    await openJournalWriter(join(disk, 'journal')).close();
    const { messages } = await readMessages(journalSource(join(disk, 'journal')), undefined, acknowledged + 1);
    expect(messages.map(({ text }) => Number(text.split(' ')[0]))).toEqual(Array.from({ length: acknowledged + 1 }, (_, i) => i));
  });
});

describe('an input/output error', () => {
  it('makes ledger and journal open and read their files anew, and both go on where they were', async (context) => {
    if (spawnSync('prlimit', ['--version']).status !== 0) context.skip('there is no prlimit here');
    const script = join(import.meta.dirname, '../support/limited-writer.mjs');
    const child = spawn('bash', ['-c', `ulimit -S -f 4000; exec ${process.execPath} ${script} ${folder}`]);
    const lines: Record<string, unknown>[] = [];
    let errors = '';
    child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()));
    child.stdout.on('data', (bytes: Buffer) => {
      lines.push(JSON.parse(bytes.toString()) as Record<string, unknown>);
      if (lines.length > 1) return;
      execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited']);
      child.stdin.write('go on\n');
    });
    await new Promise((resolve) => child.on('close', resolve));
    expect(errors).toBe('');
    const { refused, last, appended, refusal } = lines[0] as { refused: string[]; last: number; appended: number; refusal: string };
    expect([...refused, refusal]).toEqual(Array.from({ length: 4 }, () => 'LEDGER_IO'));
    expect(lines[1]).toEqual({ states: (last + 1) * 500, checkpoint: last + 1 });
    expect((await readMessages(journalSource(join(folder, 'journal')), undefined, appended + 1)).messages.length).toBe(appended + 1);
  });
});

describe('a folder that may not be written', () => {
  it('is refused with its path, by ledger, history and journal', (context) => {
    const closed = join(folder, 'closed');
    mkdirSync(closed);
    const isRoot = process.getuid?.() === 0;
    if (isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', closed]).status !== 0)
      context.skip('root may write everywhere and may not mount here');
    if (!isRoot) chmodSync(closed, 0o500);
    try {
      const refusal = expect.objectContaining({ code: 'LEDGER_IO', message: expect.stringContaining(closed) as string });
      expect(() => openLedger(closed)).toThrow(refusal);
      expect(() => openLedger(join(closed, 'data'))).toThrow(refusal);
      expect(() => openHistory(closed)).toThrow(refusal);
      expect(() => openJournalWriter(join(closed, 'journal'))).toThrow(refusal);
    } finally {
      if (isRoot) execFileSync('umount', ['-l', closed]);
    }
  });
});

describe('a reader beside a writer', () => {
  it('sees whole commits only, while they are written', async () => {
    const reader = openReader(folder);
    expect(reader.incidents({ limit: 1 })).toEqual({ items: [], next: null });
    let looks = 0;
    const looking = setInterval(() => {
      const { items } = reader.outbox({ limit: 1 });
      const incidents = reader.incidents({ limit: 1 }).items;
      const [notice, incident] = [items[0]?.key.split(' ')[1], incidents[0]?.id.slice(1)];
      if (notice !== undefined) expect(Number(incident)).toBeGreaterThanOrEqual(Number(notice));
      looks++;
    }, 5);
    const { errors } = await runAndKill('ledger-writer.mjs', [folder], 50, 300);
    clearInterval(looking);
    expect(errors).toBe('');
    expect(looks).toBeGreaterThan(10);
    expect(reader.incidents({ limit: 1 }).items.length).toBe(1);
    reader.close();
  });
});
