/** The sources and sinks of these folders keep the promises of all sources and sinks. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, it } from 'vitest';
import type { SourceContext } from '../core/schema.ts';
import { SeriesDictionary } from '../core/events.ts';
import type { Verdict } from '../core/verdicts.ts';
import { sinkChecks, sourceChecks, type SinkCase, type SourceCase } from '../testing/index.ts';
import { file, fileSink } from './file/index.ts';
import { host } from './host/index.ts';
import { StreamSource } from './stdin/index.ts';
import { StreamSink } from './stdout/index.ts';
import { webhook } from './webhook/index.ts';

const folder = await mkdtemp(join(tmpdir(), 'homeostat-connectors-'));
afterAll(() => rm(folder, { recursive: true }));

const context: SourceContext = { pipeline: 'p', folder, dictionary: new SeriesDictionary(), journal: folder, now: Date.now, log: () => undefined };

const lines = (n: number, from = 0) => Array.from({ length: n }, (_, i) => `${from + i},${'x'.repeat((i * 7) % 40)}\n`).join('');
await writeFile(join(folder, 'plain.csv'), `${lines(300)}no newline at the end`);
await writeFile(join(folder, 'long.csv'), `${lines(3)}${'y'.repeat(2000)}\n${lines(3)}`);
await writeFile(join(folder, 'packed.csv.gz'), gzipSync(`${lines(2000)}no newline at the end`));
for (const n of [1, 2, 3]) await writeFile(join(folder, `part-${n}.csv`), lines(60, n * 100));
const open = (options: Record<string, unknown>) => file.create({ chunk: 256, poll: 5, follow: false, ...options } as never, context);

async function* pieces(): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(lines(50));
  for (let at = 0; at < bytes.length; at += 33) yield bytes.subarray(at, at + 33);
}

const sources: SourceCase[] = [
  { name: 'file', create: () => open({ path: 'plain.csv' }) },
  { name: 'file with a line longer than a chunk', create: () => open({ path: 'long.csv' }) },
  { name: 'file, compressed', create: () => open({ path: 'packed.csv.gz' }) },
  { name: 'file, several partitions', create: () => open({ path: ['part-*.csv', 'packed.csv.gz'] }) },
  { name: 'file, followed', create: () => open({ path: 'plain.csv', follow: true }), batches: 12 },
  { name: 'stdin', create: () => new StreamSource(pieces(), 1024), readAgain: false },
  { name: 'host', create: () => host.create({ interval: 5, disk: folder }, context), readAgain: false },
];

let count = 0;
const sinks: SinkCase[] = [
  {
    name: 'file',
    repeats: 'once',
    async receiver() {
      const path = join(folder, 'made', `verdicts-${count++}.ndjson`);
      return {
        create: (only) => fileSink.create({ path, only }, { pipeline: 'p', folder }),
        received: async () =>
          (await readFile(path, 'utf8'))
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line) as Verdict),
        close: async () => undefined,
      };
    },
  },
  {
    name: 'stdout',
    repeats: 'same ids',
    async receiver() {
      let text = '';
      const stream = {
        write(more: string, done: () => void) {
          setImmediate(() => {
            text += more;
            done();
          });
          return false;
        },
      };
      return {
        create: (only) => new StreamSink(stream, only),
        received: () =>
          text
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line) as Verdict),
        close: async () => undefined,
      };
    },
  },
  {
    name: 'webhook',
    repeats: 'same ids',
    async receiver() {
      const got: Verdict[] = [];
      const server = createServer((request, response) => {
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk.toString()));
        request.on('end', () => {
          got.push(...(JSON.parse(body) as Verdict[]));
          response.end();
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/verdicts`;
      return {
        create: (only) => webhook.create({ url, only, batch: 64 } as never, { pipeline: 'p', folder }),
        received: () => got,
        close: () =>
          new Promise((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      };
    },
  },
];

describe('sources', () => {
  for (const check of sourceChecks(sources)) it(check.name, check.run);
});
describe('sinks', () => {
  for (const check of sinkChecks(sinks)) it(check.name, check.run);
});
