import { expect, it } from 'vitest';
import { bearer, JSON_TYPE, OPERATOR, serve, VIEWER } from './serve.fixture.ts';

const PATH = '/pipelines/checkout/receivers/slack%230/test';

it('tries out a receiver and says how it took the notice and what to do', async () => {
  const { post } = await serve();
  const response = await post(PATH, {});
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ pipeline: 'checkout', target: 'slack#0', ok: false, detail: 'HTTP 404 Not Found: no_service', ms: 12 });
});

it('knows no other receivers and pipelines', async () => {
  const { post } = await serve();
  for (const path of ['/pipelines/checkout/receivers/email%231/test', '/pipelines/nobody/receivers/slack%230/test']) {
    const response = await post(path, {});
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'NOT_FOUND' });
  }
});

it('is for operators', async () => {
  const { api } = await serve({ tokens: [VIEWER, OPERATOR] });
  const ask = (token: string) => api(PATH, { method: 'POST', headers: { ...JSON_TYPE, ...bearer(token) }, body: '{}' });
  expect((await ask(VIEWER.token)).status).toBe(403);
  expect((await ask(OPERATOR.token)).status).toBe(200);
});
