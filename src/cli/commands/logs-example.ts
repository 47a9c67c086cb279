/** `homeostat logs example`: a made log with known anomalies, for whoever has none at hand. */
import type { ReadyEvents } from '../../core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { definitionOf } from '../../pipeline/config/index.ts';
import { parseConfig } from '../../pipeline/load.ts';
import { registry } from '../../pipeline/registry.ts';
import type { ReadSourceDefinition } from '../../core/schema.ts';
import { EXIT } from '../exit.ts';
import { Output } from '../terminal.ts';
import { writeWhole } from '../write-whole.ts';

export interface ExampleOptions {
  lines: number;
  seed: number;
  /** ms of event time from release to release; 0: none. */
  drift: number;
  truth?: string;
}

/** Lines of the simulator `hdfs`, a block in ten seconds; the same seed gives the same bytes. `truth`: file for the blocks that go wrong, as CSV. */
export async function example({ lines, seed, drift, truth }: ExampleOptions): Promise<number> {
  const blocks = `{ life: 2m, anomaly_chance: 0.02, drift_every: ${drift}ms }`;
  const written = `simulate: { scenario: hdfs, count: ${lines}, seed: ${seed}, interval: 10s, hdfs: ${blocks} }`;
  const [{ source }] = parseConfig(`pipelines: { example: { source: { ${written} }, parse: {} } }`, 'example.yaml', {}).pipelines;
  const dictionary = new SeriesDictionary();
  const context = { pipeline: 'example', folder: '.', dictionary, journal: '', now: () => 0, log: () => {} };
  const simulated = (definitionOf(registry, 'source', source.name) as ReadSourceDefinition).create(source.options, context);
  let wrong = 'session,time,kind\n';
  const events = new EventBuilder(dictionary, 1, 4096, true);
  const output = new Output(process.stdout);
  for await (const { records, truth: told = [] } of simulated.open(undefined, new AbortController().signal)) {
    events.reset();
    (records as ReadyEvents).fill(events);
    const { bytes, start, end } = events.lines!;
    let text = '';
    for (let i = 0; i < events.length; i++) text += `${Buffer.from(bytes.subarray(start[i], end[i])).toString()}\n`;
    await output.write(text);
    for (const { series, time, kind } of told) wrong += `${series},${new Date(time).toISOString()},${kind}\n`;
  }
  await output.flush();
  if (truth !== undefined) await writeWhole(truth, wrong);
  return EXIT.ok;
}
