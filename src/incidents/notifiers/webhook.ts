/** Notices as Alertmanager webhooks: whatever takes those takes ours. */
import type { Notifier } from '../../core/contracts.ts';
import { defineNotifier, quantity, Type } from '../../core/schema.ts';
import { postJson } from '../post.ts';
import { alertmanagerBody } from './alertmanager.ts';

const options = Type.Object(
  {
    url: Type.String({ pattern: '^https?://', description: 'Address that takes the POST.' }),
    secret: Type.String({
      description: 'Signs each body: `Homeostat-Signature: t=SECONDS,v1=HEX`, HMAC-SHA256 of `SECONDS.BODY`. Empty: not signed.',
      default: '',
      secret: true,
    }),
    timeout: quantity('duration', 'Longest wait for the answer to one attempt.', '10s'),
    headers: Type.Record(Type.String(), Type.String({ secret: true }), { description: 'Further headers, such as Authorization.', default: {} }),
    external_url: Type.String({
      pattern: '^https?://',
      description: 'Address of this process as its receivers reach it, for the links in a notice.',
      default: 'http://127.0.0.1:7070',
    }),
  },
  { additionalProperties: false },
);

export const webhook = defineNotifier({
  name: 'webhook',
  summary: 'Posts each notice as an Alertmanager webhook (version 4), signed, with an idempotency key, repeated until it is taken.',
  options,
  sample: { url: 'http://127.0.0.1:9095/hook', secret: 'change me' },
  create({ url, secret, timeout, headers, external_url }, { target }): Notifier {
    const to = { url, secret, timeout, headers };
    return {
      name: 'webhook',
      send: (notice, signal) => postJson(to, notice.key, JSON.stringify(alertmanagerBody(notice, target, external_url)), signal),
    };
  },
});
