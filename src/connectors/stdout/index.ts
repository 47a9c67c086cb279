/** The sink `stdout`: verdicts as lines of JSON on the standard output. */
import type { JsonValue, Sink } from '../../core/contracts.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { SeriesDictionary } from '../../core/events.ts';
import { Type, defineSink } from '../../core/schema.ts';
import type { VerdictBatch } from '../../core/verdicts.ts';
import { eachVerdict, onlyOption, verdictLines, type Only } from '../verdict-lines.ts';
import { sentence } from './sentence.ts';

/** What it needs of a stream: the callback comes once the text has been taken. */
export interface TextStream {
  write(text: string, done: (error?: Error | null) => void): boolean;
}

/** Writes to a stream and waits until it has taken the text, so that a slow reader makes the pipeline wait. */
export class StreamSink implements Sink {
  readonly #stream: TextStream;
  readonly #only: Only;
  readonly #as: 'json' | 'text';

  constructor(stream: TextStream, only: Only, as: 'json' | 'text' = 'json') {
    this.#stream = stream;
    this.#only = only;
    this.#as = as;
  }

  async open(): Promise<void> {}

  async write(verdicts: VerdictBatch, pipeline: string, dictionary: SeriesDictionary): Promise<void> {
    const text = this.#as === 'json' ? verdictLines(verdicts, this.#only, pipeline, dictionary) : this.#sentences(verdicts, pipeline, dictionary);
    if (text === '') return;
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(text, (error) => {
        if (error) reject(new HomeostatError('RECEIVER_FAILED', { target: 'stdout', what: 'verdicts', detail: messageOf(error) }, error));
        else resolve();
      });
    });
  }

  #sentences(verdicts: VerdictBatch, pipeline: string, dictionary: SeriesDictionary): string {
    let text = '';
    eachVerdict(verdicts, this.#only, pipeline, dictionary, (verdict) => {
      text += `${sentence(verdict)}\n`;
    });
    return text;
  }

  async flush(): Promise<JsonValue> {
    return null;
  }

  async close(): Promise<void> {}
}

export const stdout = defineSink({
  name: 'stdout',
  summary: 'Writes verdicts to the standard output, one JSON object or one sentence a line; after a crash the last ones may come twice, with the same ids.',
  options: Type.Object({
    only: onlyOption,
    as: Type.Enum(['json', 'text'], {
      description: 'json: the JSON of the REST interface; text: `Normal value: …` or `Anomaly detected: …`, for people.',
      default: 'json',
    }),
  }),
  sample: { only: 'anomalies' },
  create(options) {
    return new StreamSink(process.stdout, options.only ?? 'all', options.as);
  },
});
