import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type Server, startServer, until } from '../support/program.ts';
import { startTroubledReceiver, type TroubledReceiver } from '../support/troubled-receiver.ts';

const folder = mkdtempSync(join(tmpdir(), 'homeostat-receivers-'));
const receivers: TroubledReceiver[] = [];
let server: Server | undefined;

afterEach(async () => {
  await server?.stop();
  for (const receiver of receivers.splice(0)) await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

async function troubled(...script: ('hang' | number)[]): Promise<TroubledReceiver> {
  const receiver = await startTroubledReceiver(script);
  receivers.push(receiver);
  return receiver;
}

/** 60 values a second apart that end now, the last five far off. */
function measurements(): string {
  const now = Date.now();
  const value = (i: number): number => (i < 55 ? 20 + (i % 3) : 90 + i);
  const events = Array.from({ length: 60 }, (_, i) => ({ time: now - (60 - i) * 1000, series: 'oven', value: value(i) }));
  return JSON.stringify(events);
}

it('notices and verdicts arrive under the same keys at receivers that hang and refuse, and detection does not wait for them', async () => {
  const pager = await troubled('hang', 503, 503);
  const archive = await troubled(500, 'hang');
  writeFileSync(
    join(folder, 'homeostat.yaml'),
    `pipelines:
  ovens:
    source: { http: {} }
    detect: { detector: { sma: { window: 20 } }, threshold: { sigma: { k: 4 } }, learn: never }
    incident: { open: 3 of 5, resolve_after: 1h }
    notify: [ { webhook: { url: '${pager.url}', timeout: 1s } } ]
    sinks: [ { webhook: { url: '${archive.url}', timeout: 1s, batch: 10, backoff: 50ms } } ]
`,
  );
  server = await startServer(['run', 'homeostat.yaml'], folder);
  const push = { method: 'POST', headers: { 'content-type': 'application/json' }, body: measurements() };
  const answer = await fetch(`${server.address}/api/v1/pipelines/ovens/events?wait=verdicts`, push);
  expect(answer.status).toBe(200);
  const { verdicts } = (await answer.json()) as { verdicts: { id: string; anomalous: boolean }[] };
  expect(verdicts).toHaveLength(60);
  expect(verdicts.filter(({ anomalous }) => anomalous)).toHaveLength(5);

  const paged = await until(async () => pager.deliveries.find(({ answered }) => answered === 200), 'a notice that is taken');
  expect(new Set(pager.deliveries.map(({ key }) => key))).toEqual(new Set([paged.key]));
  expect((JSON.parse(paged.body) as { status: string }).status).toBe('firing');

  const archived = (): { id: string }[] =>
    archive.deliveries.filter(({ answered }) => answered === 200).flatMap(({ body }) => JSON.parse(body) as { id: string }[]);
  await until(async () => (new Set(archived().map(({ id }) => id)).size === 60 ? true : undefined), 'all verdicts in the archive');
  expect(archived().map(({ id }) => id)).toEqual(verdicts.map(({ id }) => id));
  const bodies = new Map(archive.deliveries.map(({ key, body }) => [key, body]));
  for (const { key, body } of archive.deliveries) expect(body).toBe(bodies.get(key));
});
