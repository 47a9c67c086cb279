import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
