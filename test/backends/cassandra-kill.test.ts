/** A whole process whose history is in Cassandra: the node is killed, then the process, and in the end all is as in a calm run that keeps files. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PipelineStatus } from '../../src/core/api.ts';
import { parseConfig } from '../../src/pipeline/load.ts';
import { openReader } from '../../src/stores/index.ts';
import { part, status } from '../support/api.ts';
import { freePort, start, type Life } from '../support/kill.ts';
import { projectFrom, type Projection } from '../support/oracle.ts';
import { until } from '../support/program.ts';
import { startService, type Service } from '../support/services/index.ts';

const SERIES = 40;
const EVENTS = 12_000;
const BEGIN = Date.UTC(2026, 0, 1, 23, 59);

let node: Service;
const folders: string[] = [];
const lives: Life[] = [];
beforeAll(async () => void (node = await startService('cassandra')));
afterAll(async () => {
  for (const { child } of lives) child.kill('SIGKILL');
  await node?.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Noise, and stretches that are anomalous long enough to open incidents; the event time passes midnight. */
function rows(from: number, to: number): string {
  const lines: string[] = [];
  for (let n = from; n < to; n++) {
    const [series, i] = [n % SERIES, Math.floor(n / SERIES)];
    const noise = Math.sin(i * 12.9898 + series * 78.233) * 43758.5453;
    const value = 100 + (noise - Math.floor(noise)) * 10 + ((i + series * 7) % 100 >= 88 ? 80 : 0);
    lines.push(`${BEGIN + i * 1000},s${series},${value.toFixed(2)}`);
  }
  return `${lines.join('\n')}\n`;
}

interface Home {
  config: string;
  events: string;
  port: number;
  url: string;
  text: string;
}

async function homeOf(history: string): Promise<Home> {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-cassandra-'));
  folders.push(folder);
  const text = `data: ./data
${history}
pipelines:
  p:
    source: { file: { path: events.csv, follow: true } }
    format: { csv: {} }
    detect: { detector: ema, learn: never }
    incident: { open: 3 of 5, resolve_after: 30s, max_alert_age: 3650d }
    restart: { attempts: 1000 }
`;
  const [config, events, port] = [join(folder, 'homeostat.yaml'), join(folder, 'events.csv'), await freePort()];
  writeFileSync(config, text);
  writeFileSync(events, 'time,series,value\n');
  return { config, events, port, url: `http://127.0.0.1:${port}`, text };
}

const said = (home: Home, verdicts: number): Promise<PipelineStatus> =>
  until(
    async () =>
      status(home.url).then(
        (now) => (now.counts.verdicts >= verdicts ? now : undefined),
        () => undefined,
      ),
    `${verdicts} verdicts`,
    150_000,
  );

const untilHistory = (home: Home, condition: string): Promise<PipelineStatus> =>
  until(
    async () =>
      status(home.url).then(
        (now) => (part(now, 'history')?.condition === condition ? now : undefined),
        () => undefined,
      ),
    `the history is ${condition}`,
    150_000,
  );

function begun(home: Home, env?: Record<string, string>): Life {
  const life = start(home.config, home.port, env);
  lives.push(life);
  return life;
}

async function ended(life: Life, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  life.child.kill(signal);
  await life.exited;
}

const projection = ({ config, text }: Home): Promise<Projection> => projectFrom(openReader(parseConfig(text, config)), 'p');

it('loses nothing and doubles nothing when the node and then the process are killed, and says what cannot be shown', async () => {
  const calm = await homeOf('');
  appendFileSync(calm.events, rows(0, EVENTS));
  const whole = begun(calm);
  await said(calm, EVENTS);
  await ended(whole, 'SIGTERM');

  const home = await homeOf(`history: { cassandra: { contact_points: [${node.host}], port: ${node.port} } }`);
  const range = (): Promise<Response> => fetch(`${home.url}/api/v1/series/p/range?key=s0`);
  const shown = (): Promise<true> => until(async () => ((await range()).status === 200 ? true : undefined), 'the chart is shown', 60_000);
  let life = begun(home);
  appendFileSync(home.events, rows(0, 3_000));
  await said(home, 3_000);
  // Counted before they are committed; the tables are made meanwhile.
  await shown();

  await node.kill();
  appendFileSync(home.events, rows(3_000, 6_000));
  const away = await said(home, 6_000).then(() => untilHistory(home, 'degraded'));
  expect(part(away, 'history')).toMatchObject({
    reason: expect.stringMatching(/cassandra at .* since .*MiB wait/) as string,
    since: expect.any(Number) as number,
  });
  const refused = await range();
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ code: 'HISTORY_UNREACHABLE', detail: expect.stringContaining('since 20') as string });
  expect((await fetch(`${home.url}/api/v1/incidents?pipeline=p`)).status).toBe(200);

  await ended(life, 'SIGKILL');
  appendFileSync(home.events, rows(6_000, 9_000));
  life = begun(home);
  await said(home, 9_000);
  await node.restart();
  await untilHistory(home, 'ok');
  await shown();

  // Killed once more between the history and the ledger, with Cassandra there.
  await ended(life, 'SIGTERM');
  const point = begun(home, { HOMEOSTAT_KILL_AT: 'history-written:1' });
  appendFileSync(home.events, rows(9_000, EVENTS));
  await point.exited;
  life = begun(home);
  await said(home, EVENTS);
  await untilHistory(home, 'ok');
  await ended(life, 'SIGTERM');

  const [want, got] = await Promise.all([projection(calm), projection(home)]);
  expect(want.verdicts.length).toBe(EVENTS);
  expect(want.incidents.length).toBeGreaterThan(10);
  expect(got).toEqual(want);
}, 600_000);
