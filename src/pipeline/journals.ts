/** The journal of a pipeline that is pushed to, and what fetches for it. */
import type { PartHealth } from '../core/api.ts';
import type { JournalWriter } from '../core/contracts.ts';
import { hashId } from '../core/hash.ts';
import type { Listener } from '../core/schema.ts';
import { openJournalWriter } from '../runtime/journal/writer.ts';
import { journalFolder } from './compose.ts';
import { definitionOf, type Config, type PipelineConfig } from './config/index.ts';
import { Admission, gapMessage } from './gaps.ts';
import { registry } from './registry.ts';

/** Opens the journal in the data folder; `grew` is called after each append. undefined for a source that is read. Throws JOURNAL_DAMAGED, LEDGER_IO, DISK_FULL. */
export function journalOf({ name, source, journal }: PipelineConfig, data: string, grew: (pipeline: string) => void): JournalWriter | undefined {
  if (definitionOf(registry, 'source', source.name)!.delivers !== 'journal') return undefined;
  const writer = openJournalWriter(journalFolder(data, name), journal);
  return {
    get newest() {
      return writer.newest;
    },
    append: async (request) => {
      const appended = await writer.append(request);
      if (!appended.repeated) grew(name);
      return appended;
    },
    appendAll: async (requests) => {
      await writer.appendAll(requests);
      grew(name);
    },
    release: (offset) => writer.release(offset),
    close: () => writer.close(),
  };
}

/** Begins to fetch, for a source that does; undefined for one that senders push to by themselves. */
export function listenerOf(
  { name, source, journal: bounds }: PipelineConfig,
  { folder, data }: Pick<Config, 'folder' | 'data'>,
  journal: JournalWriter,
  tell: { heard(part: PartHealth): void; log(level: 'info' | 'warn', message: string): void },
): Listener | undefined {
  const definition = definitionOf(registry, 'source', source.name)!;
  if (definition.delivers !== 'journal' || definition.listen === undefined) return undefined;
  const admission = new Admission(bounds.maxSize, Date.now);
  return definition.listen(source.options, {
    pipeline: name,
    folder,
    instance: hashId(`${name} ${data}`),
    keptAt: journal.newest,
    append: (messages) => journal.appendAll(admission.admit(messages)),
    gap: (gap) => journal.appendAll([gapMessage(gap)]),
    health: (condition, reason) => tell.heard({ part: `listener ${source.name}`, condition, reason, since: Date.now() }),
    now: Date.now,
    log: tell.log,
  });
}
