/** A source that has ended: what people say afterwards still counts, and what became of the last notices is written down. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DeadLetterView, IncidentDetail, OutboxView } from '../../../src/core/api.ts';
import { get, status, untilStatus } from '../../support/api.ts';
import { csv } from '../../support/failing.ts';
import { startServer, until, type Server } from '../../support/program.ts';

let folder: string;
let server: Server;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-finished-'));
  // The last rows are anomalous, so an incident stays open; every hundredth is broken.
  writeFileSync(
    join(folder, 'events.csv'),
    csv(270, (line, n) => (n % 100 === 99 ? `${line}broken` : line)),
  );
  writeFileSync(
    join(folder, 'homeostat.yaml'),
    `data: ./data
pipelines:
  p:
    source: { file: { path: events.csv } }
    format: { csv: {} }
    detect: { detector: ema, learn: never }
    incident: { open: 2 of 5, resolve_after: 1h, max_alert_age: 36500d }
    notify: [ { log: {} } ]
`,
  );
  server = await startServer(['run', 'homeostat.yaml'], folder);
  await untilStatus(server.address, ({ condition }) => condition === 'finished', 'the source has ended');
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const post = (path: string, body: object): Promise<Response> =>
  fetch(`${server.address}/api/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

it('takes an acknowledgement, a replay of dead letters and the outcome of notices', async () => {
  const { address } = server;
  const [incident] = (await get<{ items: IncidentDetail[] }>(address, 'incidents?open=true')).items;
  expect(incident).toBeDefined();
  const answer = await post(`incidents/${incident.id}/acknowledge`, { comment: 'seen' });
  expect(answer.status).toBe(202);
  await until(async () => ((await get<IncidentDetail>(address, `incidents/${incident.id}`)).acknowledgedBy === null ? undefined : true), 'it is acknowledged');
  const letters = (await get<{ items: DeadLetterView[] }>(address, 'dead-letters')).items;
  expect(letters.length).toBe(2);
  expect((await post('dead-letters/replay', { ids: letters.map(({ id }) => id) })).status).toBe(202);
  await until(
    async () => ((await get<{ items: DeadLetterView[] }>(address, 'dead-letters')).items.filter(({ replayed }) => replayed).length === 2 ? true : undefined),
    'they are replayed',
  );
  await until(
    async () => ((await get<{ items: OutboxView[] }>(address, 'outbox?limit=500')).items.every(({ state }) => state === 'delivered') ? true : undefined),
    'the notices are delivered',
  );
  await untilStatus(address, ({ condition }) => condition === 'finished', 'it is finished again');
  expect((await status(address)).counts).toMatchObject({ records: 270, events: 268, verdicts: 268, deadLetters: 4 });
});
