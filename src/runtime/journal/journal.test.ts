import { appendFileSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync, writeSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { PushRequest } from '../../core/contracts.ts';
import { journalChecks, readMessages, samplePush } from '../../testing/journal-suite.ts';
import { checkJournal, repairJournal } from './check.ts';
import { keyHash, labelBytes, readFrame, sizeAt, writeFrame, frameSize } from './frame.ts';
import { listSegments } from './segments.ts';
import { journalSource } from './source.ts';
import { openJournalWriter } from './writer.ts';
import type { JournalOptions } from './writer.ts';

const folders: string[] = [];

function freshFolder(): string {
  folders.push(join(mkdtempSync(join(tmpdir(), 'homeostat-journal-')), 'journal'));
  return folders.at(-1)!;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(join(folder, '..'), { recursive: true, force: true });
});

/** Appends `count` bodies of `size` bytes one after another; answers their offsets. */
async function fill(folder: string, count: number, size: number, options: JournalOptions = {}): Promise<number[]> {
  const writer = openJournalWriter(folder, options);
  const offsets: number[] = [];
  for (let i = 0; i < count; i++) offsets.push((await writer.append(samplePush(`${i} `.padEnd(size, '.'), `key ${i}`))).offset);
  await writer.close();
  return offsets;
}

function overwrite(path: string, at: number, bytes: Uint8Array): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

describe('the journal', () => {
  const home = () => {
    const folder = freshFolder();
    return { writer: () => openJournalWriter(folder), source: () => journalSource(folder, { poll: 20 }) };
  };
  for (const check of journalChecks(home)) it(check.name, check.run);
});

describe('the journal with small segments and a source that is woken', () => {
  const home = () => {
    const folder = freshFolder();
    let wake = () => {};
    const writer = () => {
      const inner = openJournalWriter(folder, { segmentSize: 100 });
      return {
        ...bound(inner),
        get newest() {
          return inner.newest;
        },
        append: (request: PushRequest) => inner.append(request).finally(() => wake()),
        appendAll: (requests: readonly PushRequest[]) => inner.appendAll(requests).finally(() => wake()),
      };
    };
    return { writer, source: () => journalSource(folder, { onWake: (given) => (wake = given), poll: 60_000 }) };
  };
  const bound = (inner: ReturnType<typeof openJournalWriter>) => ({ release: (offset: number) => inner.release(offset), close: () => inner.close() });
  for (const check of journalChecks(home)) it(check.name, check.run);
});

describe('a frame', () => {
  it('comes back as it was written, and no cut or changed one does', () => {
    const frames = fc.record({
      type: fc.string({ maxLength: 20 }),
      key: fc.option(fc.string(), { nil: undefined }),
      labels: fc.option(fc.dictionary(fc.string(), fc.string()), { nil: undefined }),
      bodies: fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 5 }),
    });
    fc.assert(
      fc.property(frames, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ type, key, labels, bodies }, place, change) => {
        const named = labels === undefined ? undefined : labelBytes(labels);
        const bytes = Buffer.alloc(frameSize(type, key !== undefined, named, bodies));
        const hash = key === undefined ? undefined : keyHash(key);
        expect(writeFrame(bytes, 0, { acknowledged: 2 ** 40, arrival: 12.5, key: hash, type, labels: named, bodies })).toBe(bytes.length);
        expect(sizeAt(bytes, 0)).toBe(bytes.length);
        const frame = readFrame(bytes, 0)!;
        expect({ ...frame, bodies: frame.bodies.map((body) => [...body]) }).toEqual({
          acknowledged: 2 ** 40,
          arrival: 12.5,
          key: hash,
          type,
          labels: named?.toString(),
          bodies: bodies.map((body) => [...body]),
          size: bytes.length,
        });
        expect(readFrame(bytes.subarray(0, bytes.length - 1), 0)).toBeUndefined();
        bytes[place % bytes.length] ^= change;
        expect(readFrame(bytes, 0)).toBeUndefined();
      }),
    );
  });
});

describe('after a crash', () => {
  it('keeps every acknowledged frame and cuts a torn tail, wherever it was torn', async () => {
    const folder = freshFolder();
    const offsets = await fill(folder, 5, 50);
    const path = listSegments(folder)[0].path;
    const whole = readFileSync(path);
    const frame = whole.subarray(whole.length - (offsets[1] - offsets[0]));
    for (let torn = 1; torn < frame.length; torn++) {
      writeFileSync(path, Buffer.concat([whole, frame.subarray(0, torn)]));
      await openJournalWriter(folder).close();
      expect(statSync(path).size, `after a tail of ${torn} bytes`).toBe(whole.length);
    }
  });

  it('cuts an unacknowledged group whose first frame is missing and whose second is there', async () => {
    const folder = freshFolder();
    const writer = openJournalWriter(folder);
    await writer.append(samplePush('kept'));
    const path = listSegments(folder)[0].path;
    const kept = statSync(path).size;
    const progress = readFileSync(join(folder, 'progress'));
    await Promise.all([writer.append(samplePush('lost')), writer.append(samplePush('lost too'))]);
    await writer.close();
    writeFileSync(join(folder, 'progress'), progress); // as if the power had failed before the acknowledgement
    overwrite(path, kept, new Uint8Array(40));
    await openJournalWriter(folder).close();
    expect(statSync(path).size).toBe(kept);
  });

  it('refuses damage before frames that were written after its acknowledgement', async () => {
    const folder = freshFolder();
    const offsets = await fill(folder, 5, 50);
    rmSync(join(folder, 'progress'));
    overwrite(listSegments(folder)[0].path, 24 + offsets[2] + 20, Uint8Array.of(1, 2, 3));
    expect(() => openJournalWriter(folder)).toThrow(expect.objectContaining({ code: 'JOURNAL_DAMAGED' }));
  });

  it('refuses a last frame that was acknowledged and is not whole', async () => {
    const folder = freshFolder();
    await fill(folder, 5, 50);
    const path = listSegments(folder)[0].path;
    truncateSync(path, statSync(path).size - 1);
    expect(() => openJournalWriter(folder)).toThrow(expect.objectContaining({ code: 'JOURNAL_DAMAGED' }));
  });

  it('tells a source that damage is damage', async () => {
    const folder = freshFolder();
    const offsets = await fill(folder, 5, 50);
    overwrite(listSegments(folder)[0].path, 24 + offsets[2] + 60, Uint8Array.of(1, 2, 3));
    await expect(readMessages(journalSource(folder), undefined, 5)).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' });
  });

  it('forgets a segment that was only being made', async () => {
    const folder = freshFolder();
    await fill(folder, 1, 50);
    appendFileSync(join(folder, '0000000000000099.journal.new'), 'HS');
    await openJournalWriter(folder).close();
    expect(readdirSync(folder).some((name) => name.endsWith('.new'))).toBe(false);
  });
});

describe('a repaired journal', () => {
  it('keeps the damaged file, gives no offset twice and lets a source go on behind the gap', async () => {
    const folder = freshFolder();
    const offsets = await fill(folder, 10, 50, { segmentSize: 300 });
    const middle = listSegments(folder)[1];
    overwrite(middle.path, 24 + 100, new Uint8Array(50).fill(9));
    expect(checkJournal(folder)).toMatchObject({ ok: false, damage: { path: middle.path } });
    const report = repairJournal(folder, 1);
    expect(report.ok).toBe(true);
    expect(report.lost.length).toBe(1);
    expect(readdirSync(folder).filter((name) => name.includes('.damaged-1')).length).toBeGreaterThan(0);
    expect(checkJournal(folder).ok).toBe(true);
    const writer = openJournalWriter(folder);
    const { offset } = await writer.append(samplePush('after'));
    expect(offset).toBeGreaterThan(offsets.at(-1)!);
    const whole = offsets.filter((at) => at < report.end).length;
    const read = await readMessages(journalSource(folder), undefined, whole + 1);
    expect(read.messages.at(-1)!.text).toBe('after');
    const committed = await readMessages(journalSource(folder), offsets.at(-1), 1);
    expect(committed.messages[0].text).toBe('after');
    await writer.close();
  });
});

describe('bounds', () => {
  it('refuses what is beyond the bound until something is released, and deletes only what is released', async () => {
    const folder = freshFolder();
    const writer = openJournalWriter(folder, { maxSize: 3000, segmentSize: 500 });
    const push = samplePush('x'.repeat(200));
    const offsets: number[] = [];
    const full = await (async () => {
      for (;;) offsets.push((await writer.append(push)).offset);
    })().catch((thrown: unknown) => thrown);
    expect(full).toMatchObject({ code: 'JOURNAL_FULL' });
    expect(listSegments(folder)[0].base).toBe(0);
    writer.release(offsets[5]);
    await writer.append(push);
    writer.release(offsets[7]);
    for (let i = 0; i < 4; i++) await writer.append(push);
    expect(listSegments(folder)[0].base).toBeGreaterThan(0);
    expect(listSegments(folder)[0].base).toBeLessThanOrEqual(offsets[7]);
    await writer.close();
    await expect(readMessages(journalSource(folder), 0, 1)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    expect((await readMessages(journalSource(folder), offsets[7], 1)).messages[0].offset).toBe(offsets[7]);
  });

  it('remembers what was released, so that a restart does not find the journal full', async () => {
    const folder = freshFolder();
    const options = { maxSize: 2000, segmentSize: 100_000 };
    const writer = openJournalWriter(folder, options);
    let end = 0;
    for (let i = 0; i < 8; i++) end = (await writer.append(samplePush('x'.repeat(150)))).offset;
    writer.release(end);
    await writer.close();
    const again = openJournalWriter(folder, options);
    await again.append(samplePush('x'.repeat(1500)));
    await again.close();
  });

  it('forgets the oldest keys beyond the count and the age', async () => {
    let now = 1000;
    const writer = openJournalWriter(freshFolder(), { keys: { count: 2, age: 500 }, now: () => now });
    for (const key of ['a', 'b', 'c']) await writer.append(samplePush(key, key));
    expect((await writer.append(samplePush('c', 'c'))).repeated).toBe(true);
    expect((await writer.append(samplePush('a', 'a'))).repeated).toBe(false);
    now += 501;
    expect((await writer.append(samplePush('c', 'c'))).repeated).toBe(false);
    await writer.close();
  });
});

describe('a disk that fails', () => {
  function failing(folder: string, io: JournalOptions['io']) {
    return openJournalWriter(folder, io === undefined ? {} : { io });
  }
  const error = (code: string) => Object.assign(new Error(code), { code });

  it('says that it is full, cuts the half-written frame and goes on when there is room', async () => {
    const folder = freshFolder();
    let isFull = false;
    const writer = failing(folder, {
      async write(fd, bytes, at, length, position) {
        if (!isFull) return { bytesWritten: writeSync(fd, bytes, at, length, position) };
        if (length > 10) return { bytesWritten: writeSync(fd, bytes, at, length - 10, position) };
        throw error('ENOSPC');
      },
    });
    await writer.append(samplePush('before'));
    const size = statSync(listSegments(folder)[0].path).size;
    isFull = true;
    await expect(writer.append(samplePush('lost', 'k'))).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(statSync(listSegments(folder)[0].path).size).toBe(size);
    isFull = false;
    expect((await writer.append(samplePush('lost', 'k'))).repeated).toBe(false);
    const { messages } = await readMessages(journalSource(folder), undefined, 2);
    expect(messages.map(({ text }) => text)).toEqual(['before', 'lost']);
    await writer.close();
  });

  it('does not acknowledge what it could not sync, and neither keeps nor shows it', async () => {
    const folder = freshFolder();
    let fails = false;
    const writer = failing(folder, {
      sync: () => (fails ? Promise.reject(error('EIO')) : Promise.resolve()),
    });
    await writer.append(samplePush('before'));
    fails = true;
    await expect(writer.append(samplePush('in doubt'))).rejects.toMatchObject({ code: 'LEDGER_IO' });
    await expect(readMessages(journalSource(folder), undefined, 1)).resolves.toMatchObject({ messages: [{ text: 'before' }] });
    fails = false;
    await writer.append(samplePush('after'));
    const { messages } = await readMessages(journalSource(folder), undefined, 2);
    expect(messages.map(({ text }) => text)).toEqual(['before', 'after']);
    await writer.close();
  });

  it('trusts the file after a failed sync only once it has read what was acknowledged', async () => {
    const folder = freshFolder();
    let fails = false;
    const writer = failing(folder, { sync: () => (fails ? Promise.reject(error('EIO')) : Promise.resolve()) });
    await writer.append(samplePush('before'));
    fails = true;
    await expect(writer.append(samplePush('in doubt'))).rejects.toMatchObject({ code: 'LEDGER_IO' });
    fails = false;
    overwrite(listSegments(folder)[0].path, 40, Uint8Array.of(9, 9));
    await expect(writer.append(samplePush('after'))).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' });
    await writer.close();
  });

  it('says what is wrong with a folder that cannot be made', () => {
    const folder = freshFolder();
    writeFileSync(folder, 'a file');
    expect(() => openJournalWriter(folder)).toThrow(expect.objectContaining({ code: 'LEDGER_IO' }));
  });
});
