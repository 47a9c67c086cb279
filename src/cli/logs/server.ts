/** What a running process offers about the logs of one of its pipelines. */
import type { Page, PipelineStatus } from '../../core/api.ts';
import { HomeostatError } from '../../core/errors.ts';
import { Client } from '../client.ts';

export interface LogServerOptions {
  url: string;
  pipeline?: string;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export class LogServer {
  readonly pipeline: string;
  readonly #client: Client;

  private constructor(client: Client, pipeline: string) {
    this.#client = client;
    this.pipeline = pipeline;
  }

  /** The pipeline named, or the only one over logs. Throws SERVER_UNREACHABLE, OPTION_INVALID. */
  static async reach({ url, pipeline }: LogServerOptions): Promise<LogServer> {
    const client = new Client(url, process.env['HOMEOSTAT_TOKEN']);
    return new LogServer(client, pipeline ?? (await onlyOne(client)));
  }

  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.#client.get(this.#at(path), query);
  }

  post<T>(path: string, body: object): Promise<T> {
    return this.#client.post(this.#at(path), body);
  }

  remove<T>(path: string): Promise<T> {
    return this.#client.remove(this.#at(path));
  }

  #at(path: string): string {
    return `${addressOf(this.pipeline)}/${path}`;
  }
}

const addressOf = (pipeline: string): string => `pipelines/${encodeURIComponent(pipeline)}/logs`;

/** Asks each pipeline whether it is over logs. */
async function onlyOne(client: Client): Promise<string> {
  const { items } = await client.get<Page<PipelineStatus>>('pipelines');
  const found: string[] = [];
  for (const { name } of items) if (await isOverLogs(client, name)) found.push(name);
  if (found.length === 1) return found[0];
  const detail =
    found.length === 0 ? 'no pipeline of the running process is over logs' : `--pipeline is needed, because there are several: ${found.join(', ')}`;
  throw new HomeostatError('OPTION_INVALID', { detail });
}

async function isOverLogs(client: Client, pipeline: string): Promise<boolean> {
  try {
    await client.get(addressOf(pipeline));
    return true;
  } catch (thrown) {
    if (thrown instanceof HomeostatError && thrown.code === 'LOGS_NONE') return false;
    throw thrown;
  }
}
