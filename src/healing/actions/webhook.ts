/** Asks another program to act: a deployment tool, a runbook service, a script behind HTTP. */
import type { Action, ActionIntent } from '../../core/contracts.ts';
import { LONGEST_TIMER, defineAction, quantity, Type } from '../../core/schema.ts';
import { post } from '../../incidents/post.ts';
import { checkOption, whetherItHelped } from '../outcome.ts';

const options = Type.Object(
  {
    url: Type.String({ pattern: '^https?://', description: 'Address that takes the POST.' }),
    secret: Type.String({
      description: 'Signs each body: `Homeostat-Signature: t=SECONDS,v1=HEX`, HMAC-SHA256 of `SECONDS.BODY`. Empty: not signed.',
      default: '',
      secret: true,
    }),
    timeout: quantity('duration', 'Longest wait for the answer.', '30s', { minimum: 100, maximum: LONGEST_TIMER }),
    headers: Type.Record(Type.String(), Type.String({ secret: true }), { description: 'Further headers, such as Authorization.', default: {} }),
    idempotent: Type.Boolean({
      description: 'The receiver knows a repeated Idempotency-Key and acts once: only then is a failed or interrupted call repeated.',
      default: false,
    }),
    check: checkOption,
  },
  { additionalProperties: false },
);

/** What the receiver gets. */
export interface ActionRequest {
  version: 1;
  /** The same for the same action about the same change of the incident, always; also the Idempotency-Key. */
  key: string;
  pipeline: string;
  incident: ActionIntent['incident'];
}

export const webhook = defineAction({
  name: 'webhook',
  summary: 'Posts the incident as JSON to an address that acts on it, signed, with an idempotency key.',
  options,
  sample: { url: 'http://127.0.0.1:9095/act', idempotent: true },
  create({ url, secret, timeout, headers, idempotent, check }, host): Action {
    const to = { url, secret, timeout, headers };
    return {
      name: 'webhook',
      idempotent,
      timeout,
      run({ key, pipeline, incident }, signal) {
        const request: ActionRequest = { version: 1, key, pipeline, incident };
        return post(to, key, JSON.stringify(request), signal);
      },
      check: (intent, signal) => whetherItHelped(intent, host, check, signal),
    };
  },
});
