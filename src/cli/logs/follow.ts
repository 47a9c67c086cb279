/** Files that are read on as they grow, until the first signal. */
import type { ByteRecords } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import { SeriesDictionary } from '../../core/events.ts';
import { componentOf, definitionOf } from '../../pipeline/config/index.ts';
import { registry } from '../../pipeline/registry.ts';
import { firstSignal } from '../process.ts';

export interface Followed {
  records: AsyncIterable<ByteRecords>;
  /** Bytes read so far. */
  read(): number;
}

/** Ends with SIGINT or SIGTERM. Throws OPTION_INVALID for standard input, SOURCE_OPTIONS for what is packed. */
export function followed(files: readonly string[], warn: (message: string) => void): Followed {
  if (files.includes('-')) throw new HomeostatError('OPTION_INVALID', { detail: 'standard input is read as it comes; --follow is for files' });
  const { options } = componentOf(registry, 'source', { file: { path: [...files], follow: true } });
  const definition = definitionOf(registry, 'source', 'file')!;
  if (definition.delivers !== 'records') throw new HomeostatError('INTERNAL', { detail: 'files are no records' });
  const context = {
    pipeline: 'logs',
    folder: '.',
    dictionary: new SeriesDictionary(1),
    journal: '',
    now: Date.now,
    log: (_: string, message: string) => warn(message),
  };
  const source = definition.create(options, context);
  let read = 0;
  const records = async function* (): AsyncGenerator<ByteRecords> {
    const { signal, forget } = firstSignal();
    const stop = new AbortController();
    void signal.then(() => stop.abort());
    try {
      for await (const batch of source.open(undefined, stop.signal)) {
        if (batch.records.kind !== 'bytes') continue;
        read += batch.records.bytes.length;
        yield batch.records;
      }
    } finally {
      forget();
      await source.close();
    }
  };
  return { records: records(), read: () => read };
}
