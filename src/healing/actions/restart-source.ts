/** Closes a source and opens it again at the committed position. */
import type { Action } from '../../core/contracts.ts';
import { messageOf } from '../../core/errors.ts';
import { LONGEST_TIMER, defineAction, quantity, Type } from '../../core/schema.ts';
import { checkOption, unlessAborted, whetherItHelped } from '../outcome.ts';

export const restartSource = defineAction({
  name: 'restart-source',
  summary: 'Closes the source of the pipeline and opens it again where the last commit stands; for connections that hang.',
  options: Type.Object(
    { timeout: quantity('duration', 'Longest wait until the restart is under way.', '30s', { minimum: 100, maximum: LONGEST_TIMER }), check: checkOption },
    { additionalProperties: false },
  ),
  sample: {},
  create({ timeout, check }, host): Action {
    return {
      name: 'restart-source',
      // A process that starts anew has opened its sources anew: a second time helps nobody.
      idempotent: false,
      timeout,
      async run({ pipeline }, signal) {
        try {
          await unlessAborted(host.restartSource(pipeline), signal);
          return { ok: true, detail: 'source restarted' };
        } catch (thrown) {
          return { ok: false, detail: messageOf(thrown), retry: false };
        }
      },
      check: (intent, signal) => whetherItHelped(intent, host, check, signal),
    };
  },
});
