import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SeriesDictionary } from '../../core/events.ts';
import { emptyVerdicts } from '../../core/verdicts.ts';
import { fileSink } from './index.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homeostat-sink-'));
  path = join(folder, 'verdicts.ndjson');
});
afterEach(() => rm(folder, { recursive: true }));

const probe = await open(import.meta.filename, 'r');
const FileHandlePrototype = Object.getPrototypeOf(probe) as typeof probe;
await probe.close();

const create = () => fileSink.create({ path: 'verdicts.ndjson', only: 'all' }, { pipeline: 'p', folder });

describe('the sink file', () => {
  it('keeps what other runs wrote, but not a line that a crash tore', async () => {
    await writeFile(path, '{"id":"1"}\n{"id":');
    const sink = create();
    await sink.open(undefined);
    expect(await sink.flush()).toBe(11);
    await sink.close();
    expect(await readFile(path, 'utf8')).toBe('{"id":"1"}\n');
  });

  it('refuses a file that holds less than was written', async () => {
    await writeFile(path, '{"id":"1"}\n');
    await expect(create().open(500)).rejects.toMatchObject({ code: 'RECEIVER_FAILED' });
    expect(await readFile(path, 'utf8')).toBe('{"id":"1"}\n');
  });

  it('goes back to the last flush after a failure, since everything since then is written again', async () => {
    const dictionary = new SeriesDictionary();
    dictionary.intern('a');
    const batch = emptyVerdicts(1, 2);
    batch.length = 2;
    const sink = create();
    await sink.open(undefined);
    await sink.write(batch, 'p', dictionary);
    await sink.flush();
    await sink.write(batch, 'p', dictionary);
    const broken = emptyVerdicts(1, 1);
    broken.length = 1;
    // The disk fails while this batch is written.
    const append = vi.spyOn(FileHandlePrototype, 'appendFile').mockRejectedValueOnce(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    await expect(sink.write(broken, 'p', dictionary)).rejects.toMatchObject({ code: 'DISK_FULL' });
    append.mockRestore();
    await sink.write(batch, 'p', dictionary);
    await sink.write(broken, 'p', dictionary);
    await sink.flush();
    await sink.close();
    expect((await readFile(path, 'utf8')).split('\n').length - 1).toBe(5);
  });

  it('says where it stands in bytes, also beyond ASCII', async () => {
    const dictionary = new SeriesDictionary();
    const batch = emptyVerdicts(1, 1);
    batch.length = 1;
    dictionary.intern('Wärme €');
    const sink = create();
    await sink.open(undefined);
    await sink.write(batch, 'p', dictionary);
    const resume = await sink.flush();
    await sink.close();
    expect(resume).toBe((await readFile(path)).length);
  });
});
