import { describe, expect, it } from 'vitest';
import { ref } from './schemas.ts';
import { bearer, fits, OPERATOR, problem, serve, VIEWER } from './serve.fixture.ts';

const AT = '/pipelines/checkout/settings';
const changes = { 'detect.detector.ema.span': 40 };
const write = (body: object, headers: Record<string, string> = {}, method = 'PUT'): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

describe('settings', () => {
  it('are shown with the ETag of the file', async () => {
    const { api } = await serve();
    const response = await api(AT);
    expect(response.headers.get('etag')).toBe('"rev1"');
    expect(fits(ref('Settings'), await response.json())).toBe(true);
    await problem(await api('/pipelines/nobody/settings'), 404, 'NOT_FOUND');
  });

  it('say what a change would do', async () => {
    const { api, process: running } = await serve();
    const response = await api(`${AT}/preview`, write({ changes }, {}, 'POST'));
    expect(fits(ref('SettingsPreview'), await response.json())).toBe(true);
    expect(running.settings.asked).toEqual([{ preview: 'checkout', changes }]);
  });

  it('are changed on the content that was looked at, and on no other', async () => {
    const { api, process: running } = await serve();
    await problem(await api(AT, write({ changes })), 400, 'REQUEST_INVALID');
    await problem(await api(AT, write({ changes }, { 'if-match': '"rev0"' })), 412, 'SETTINGS_MOVED');
    await problem(await api(AT, write({ changes: {} }, { 'if-match': '"rev1"' })), 400, 'REQUEST_INVALID');
    expect(running.settings.asked).toEqual([]);
    const response = await api(AT, write({ changes }, { 'if-match': '"rev1"' }));
    expect([response.status, response.headers.get('etag')]).toEqual([200, '"rev2"']);
    expect(fits(ref('SettingsApplied'), await response.json())).toBe(true);
    expect(running.settings.asked).toEqual([{ change: 'checkout', changes, by: 'local' }]);
  });

  it('are taken back, and listed', async () => {
    const { api, process: running } = await serve();
    expect(fits(ref('SettingsApplied'), await (await api(`${AT}/undo`, write({}, {}, 'POST'))).json())).toBe(true);
    await problem(await api(`${AT}/redo`, write({}, {}, 'POST')), 409, 'SETTINGS_NOTHING');
    expect(running.settings.asked).toEqual([{ undo: 'checkout', by: 'local' }]);
    const { items } = (await (await api(`${AT}/revisions`)).json()) as { items: unknown[] };
    expect(fits(ref('SettingsRevision'), items[0])).toBe(true);
  });

  it('are read by viewers and changed by operators', async () => {
    const { api, process: running } = await serve({ tokens: [VIEWER, OPERATOR] });
    expect((await api(AT, { headers: bearer(VIEWER.token) })).status).toBe(200);
    for (const [path, method] of [
      [AT, 'PUT'],
      [`${AT}/preview`, 'POST'],
      [`${AT}/undo`, 'POST'],
    ] as const)
      await problem(await api(path, write({ changes }, { ...bearer(VIEWER.token), 'if-match': '"rev1"' }, method)), 403, 'FORBIDDEN');
    expect(running.settings.asked).toEqual([]);
    expect((await api(AT, write({ changes }, { ...bearer(OPERATOR.token), 'if-match': '"rev1"' }))).status).toBe(200);
  });
});
