/** Logs as files, made of the simulator `hdfs`, with what real logs have beside: stack traces, lines that are too long, bytes that are no text. */
import type { ReadyEvents } from '../../src/core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../../src/core/events.ts';
import { simulate } from '../../src/connectors/simulate/index.ts';
import { parseConfig } from '../../src/pipeline/load.ts';

export interface LogFile {
  /** Lines of the simulator; others come in between. */
  count: number;
  seed: number;
  /** Longest line that the format takes, bytes: one in 4,000 is longer. */
  maxLine: number;
}

/** A block a second, 18 lines each, over `count / 18` seconds of event time. */
export async function hdfsLog({ count, seed, maxLine }: LogFile): Promise<Buffer> {
  const written = `simulate: { scenario: hdfs, seed: ${seed}, count: ${count}, hdfs: { life: 20s, anomaly_chance: 0.04, drift_every: 3m } }`;
  const { options } = parseConfig(`pipelines: { p: { source: { ${written} }, parse: {} } }`, 'made.yaml', {}).pipelines[0].source;
  const dictionary = new SeriesDictionary();
  const made = simulate.create(options as never, { pipeline: 'p', folder: '.', dictionary, journal: '', now: () => 0, log: () => {} });
  const pieces: Buffer[] = [];
  const out = new EventBuilder(dictionary, 1, 4096, true);
  let n = 0;
  for await (const { records } of made.open(undefined, new AbortController().signal)) {
    out.reset();
    const { fill } = records as ReadyEvents;
    fill(out);
    const { bytes, start, end } = out.lines!;
    for (let i = 0; i < out.length; i++, n++) pieces.push(Buffer.from(bytes.subarray(start[i], end[i])), ...besides(n, maxLine), Buffer.from('\n'));
  }
  await made.close();
  return Buffer.concat(pieces);
}

/** What stands behind line n. */
function besides(n: number, maxLine: number): Buffer[] {
  if (n % 4000 === 3999) return [Buffer.from(` ${'x'.repeat(maxLine)}`)];
  if (n % 997 === 500) return [Buffer.from(`\njava.io.IOException: broken pipe ${n}\n\tat dfs.DataNode.run(DataNode.java:${n % 50})`)];
  if (n % 1499 === 700) return [Buffer.from([0x20, 0x00, 0xff, 0xfe, 0xc3])];
  return [];
}
