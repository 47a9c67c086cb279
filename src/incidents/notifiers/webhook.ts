/** Notices to any address: as Alertmanager webhooks, which many systems take, or in a body of one's own. */
import type { Notice, Notifier } from '../../core/contracts.ts';
import { LONGEST_TIMER, defineNotifier, quantity, Type } from '../../core/schema.ts';
import { keyOf } from '../notice-words.ts';
import { post } from '../post.ts';
import { reachUrl } from '../reach.ts';
import { fieldsOf, render, templateProblem } from '../template.ts';
import { alertmanagerBody } from './webhook-body.ts';

const options = Type.Object(
  {
    url: Type.String({ pattern: '^https?://', description: 'Address that takes the notice.' }),
    secret: Type.String({
      description: 'Signs each body: `Homeostat-Signature: t=SECONDS,v1=HEX`, HMAC-SHA256 of `SECONDS.BODY`. Empty: not signed.',
      default: '',
      secret: true,
    }),
    timeout: quantity('duration', 'Longest wait for the answer to one attempt.', '10s', { minimum: 100, maximum: LONGEST_TIMER }),
    headers: Type.Record(Type.String(), Type.String({ secret: true }), { description: 'Further headers, such as Authorization.', default: {} }),
    method: Type.Enum(['POST', 'PUT', 'PATCH'], { description: 'Method of the request.', default: 'POST' }),
    body: Type.Optional(
      Type.String({
        description:
          'Template of the body: `{{summary}}` is replaced by that field of the notice, written as content_type asks for it. Absent: an Alertmanager webhook, version 4.',
        minLength: 1,
        maxLength: 65_536,
      }),
    ),
    content_type: Type.String({ description: 'Media type of the body.', default: 'application/json', pattern: '^[\\w.+-]+/[\\w.+-]+(;.*)?$' }),
    array: Type.Boolean({ description: 'The body is always a JSON array of notices; those that wait leave in one request.', default: false }),
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
  summary:
    'Sends each notice to an address: as an Alertmanager webhook (version 4) or by a template, signed, with an idempotency key, repeated until it is taken.',
  options,
  sample: { url: 'http://127.0.0.1:9095/hook', secret: 'change me' },
  check({ body, content_type, array }) {
    if (array && !content_type.includes('json')) return { option: 'array', detail: `needs a JSON content_type, not ${content_type}` };
    const problem = body === undefined ? undefined : templateProblem(body, content_type);
    return problem === undefined ? undefined : { option: 'body', detail: problem };
  },
  reach: ({ url }) => reachUrl('webhook', url),
  create({ url, secret, timeout, headers, method, body, content_type, array, external_url }, { target }): Notifier {
    const to = { url, secret, timeout, headers, method, contentType: content_type };
    const written = (notice: Notice): string =>
      body === undefined ? JSON.stringify(alertmanagerBody(notice, target, external_url)) : render(body, fieldsOf(notice, target, external_url), content_type);
    const together = (notices: readonly Notice[], signal: AbortSignal) => post(to, keyOf(notices), `[${notices.map(written).join(',')}]`, signal);
    return {
      name: 'webhook',
      send: (notice, signal) => (array ? together([notice], signal) : post(to, notice.key, written(notice), signal)),
      ...(array ? { sendTogether: together } : {}),
    };
  },
});
