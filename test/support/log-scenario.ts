/** The run over a log that is interrupted and the one that is not: the log grows in parts, and between two of them people say something. */
import type { ControlRecord } from '../../src/core/contracts.ts';
import { parseConfig } from '../../src/pipeline/load.ts';
import { openResults } from '../../src/pipeline/logs/results.ts';
import { openReader } from '../../src/stores/sqlite/reader.ts';
import { until } from './program.ts';

/** Longest line that the pipeline takes, bytes. */
export const MAX_LINE = 2048;

/** Bounds so small that sessions spill and are closed early, templates merge and are forgotten, waiting sessions are judged at once. */
export function logYaml({ follow = true, chunk = '64KiB', more = '' }: { follow?: boolean; chunk?: string; more?: string } = {}): string {
  return `data: ./data
pipelines:
  p:
    source: { file: { path: app.log, follow: ${follow}, poll: 10ms, chunk: ${chunk} } }
    format: { line: { max_line: 2KiB } }
    parse: { max_templates: 32, forget_after: 1500 }
    rate: { every: 10s, max_templates: 8, detector: { ema: { span: 20 } }, threshold: { sigma: { k: 3 } } }
    session: { by: 'blk_\\d+', idle: 30s, close_after: 90s, max_sequence: 12, max_open: 60 }
    judging: { confirm_after: 30s, warm_up: 60, max_waiting: 10, max_remembered: 1000, max_vectors: 100, max_patterns: 100 }
    incident: { open: 2 of 5, resolve_after: 20s, max_alert_age: 36500d }
    notify: [ { log: {} } ]
    state: { cache: 2 }
    rollup: 10s
    restart: { backoff: 1ms, max_backoff: 1ms, attempts: 100000 }
${more}`;
}

/** What is said once part i of the log is read: names, pins, merges, splits, ignores; answers and one taken back. */
const SAYINGS = 6;

export interface LogDrive {
  data: string;
  yaml: string;
  log: Buffer;
  /** Adds to the log. */
  append(bytes: Uint8Array): void | Promise<void>;
  /** Hands a control record to the pipeline, and resolves once it is durable. */
  control(record: ControlRecord): Promise<void>;
  patience?: number;
}

/** Lets the log grow, says something after each part, and resolves once all is committed. */
export async function driveLog({ data, yaml, log, append, control, patience = 120_000 }: LogDrive): Promise<void> {
  const [pipeline] = parseConfig(yaml, 'homeostat.yaml').pipelines;
  const results = openResults({ data, pipeline, control: () => Promise.reject(new Error('only read')) });
  const reader = openReader(data);
  const said = (): number => reader.audit({ limit: 500 }).items.filter(({ what }) => /template|session/.test(what)).length;
  const committed = <T>(look: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> => until(async () => look(), what, patience);
  try {
    const parts = SAYINGS + 1;
    for (let part = 0, at = 0; part < parts; part++) {
      const end = part === parts - 1 ? log.length : log.indexOf(10, Math.floor((log.length * (part + 1)) / parts)) + 1;
      await append(log.subarray(at, end));
      at = end;
      await committed(async () => ((await results.overview()).bytes === at ? true : undefined), `part ${part} is committed`);
      if (part === parts - 1) break;
      for (const record of await sayings(part, results)) {
        const before = said();
        await control(record);
        await committed(() => (said() > before ? true : undefined), `${record.type} is committed`);
      }
    }
  } finally {
    results.close();
    reader.close();
  }
}

async function sayings(part: number, results: ReturnType<typeof openResults>): Promise<ControlRecord[]> {
  const { templates } = await results.templates({ sort: 'count', limit: 100 });
  const { sessions } = await results.sessions({ anomalous: true, sort: 'score', limit: 10, from: -Infinity, to: Infinity });
  const edit = (made: Extract<ControlRecord, { type: 'edit-template' }>['edit']): ControlRecord => ({ type: 'edit-template', edit: made, by: 'eva' });
  const answer = (id: string, pattern: string, says: 'normal' | 'anomalous'): ControlRecord => {
    return { type: 'answer-session', answer: { id, pattern, says, reason: 'seen', session: sessions[0].session }, by: 'eva' };
  };
  const [most, second, third] = templates;
  const [odd] = sessions.map(({ pattern }) => pattern!);
  switch (part) {
    case 0:
      return [edit({ do: 'name', template: most.id, name: 'the usual' }), edit({ do: 'pin', template: templates.at(-1)!.id, pinned: true })];
    case 1:
      return [edit({ do: 'merge', templates: [second.id], into: third.id }), answer('normal-1', odd, 'normal'), answer('normal-2', odd, 'normal')];
    case 2: {
      // Normal ones come again and again: that they are called anomalous is sure to be seen.
      const usual = new Set(await Promise.all(sessions.map(({ session }) => nearestTo(session, results))));
      return [
        ...[...usual].map((pattern, i) => answer(`anomalous-${i}`, pattern, 'anomalous')),
        edit({ do: 'ignore', template: templates[4].id, ignored: true }),
      ];
    }
    case 3:
      return [edit({ do: 'split', template: most.id, word: 0, values: [most.text.split(' ')[0], 'Sent'] })];
    case 4:
      return [
        { type: 'undo-session-answer', id: 'anomalous-0', by: 'eva' },
        ...templates.filter(({ ignored }) => ignored).map(({ id }) => edit({ do: 'ignore', template: id, ignored: false })),
      ];
    default:
      return [edit({ do: 'name', template: most.id, name: '' })];
  }
}

/** The name of the pattern of the normal session that is nearest to an odd one. */
async function nearestTo(session: string, results: ReturnType<typeof openResults>): Promise<string> {
  const { nearest } = await results.session(session);
  const pairs = (nearest ?? []).filter(({ there }) => there > 0).sort((a, b) => a.template - b.template);
  return pairs.length === 0 ? 'none' : pairs.map(({ template, there }) => `${template}:${there}`).join(' ');
}
