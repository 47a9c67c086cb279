/** The sink `stdout`: verdicts as lines of JSON on the standard output. */
import type { JsonValue, Sink } from '../../core/contracts.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { SeriesDictionary } from '../../core/events.ts';
import { Type, defineSink } from '../../core/schema.ts';
import type { VerdictBatch } from '../../core/verdicts.ts';
import { onlyOption, verdictLines, type Only } from '../verdict-lines.ts';

/** What it needs of a stream: the callback comes once the text has been taken. */
export interface TextStream {
  write(text: string, done: (error?: Error | null) => void): boolean;
}

/** Writes to a stream and waits until it has taken the text, so that a slow reader makes the pipeline wait. */
export class StreamSink implements Sink {
  readonly #stream: TextStream;
  readonly #only: Only;

  constructor(stream: TextStream, only: Only) {
    this.#stream = stream;
    this.#only = only;
  }

  async open(): Promise<void> {}

  async write(verdicts: VerdictBatch, pipeline: string, dictionary: SeriesDictionary): Promise<void> {
    const text = verdictLines(verdicts, this.#only, pipeline, dictionary);
    if (text === '') return;
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(text, (error) => {
        if (error) reject(new HomeostatError('RECEIVER_FAILED', { target: 'stdout', what: 'verdicts', detail: messageOf(error) }, error));
        else resolve();
      });
    });
  }

  async flush(): Promise<JsonValue> {
    return null;
  }

  async close(): Promise<void> {}
}

export const stdout = defineSink({
  name: 'stdout',
  summary: 'Writes verdicts to the standard output, one JSON object a line; after a crash the last ones may come twice, with the same ids.',
  options: Type.Object({ only: onlyOption }),
  sample: { only: 'anomalies' },
  create(options) {
    return new StreamSink(process.stdout, options.only ?? 'all');
  },
});
