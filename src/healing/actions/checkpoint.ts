/** Keeps what is known at the moment something goes wrong. */
import type { Action } from '../../core/contracts.ts';
import { messageOf } from '../../core/errors.ts';
import { LONGEST_TIMER, defineAction, quantity, Type } from '../../core/schema.ts';
import { unlessAborted } from '../outcome.ts';

export const checkpoint = defineAction({
  name: 'checkpoint',
  summary: 'Makes a savepoint of the ledger now, to go back to or to look at later.',
  options: Type.Object(
    { timeout: quantity('duration', 'Longest wait for the savepoint.', '30s', { minimum: 100, maximum: LONGEST_TIMER }) },
    { additionalProperties: false },
  ),
  sample: {},
  create({ timeout }, host): Action {
    return {
      name: 'checkpoint',
      idempotent: true,
      timeout,
      async run({ pipeline }, signal) {
        try {
          await unlessAborted(host.checkpoint(pipeline), signal);
          return { ok: true, detail: 'savepoint asked for' };
        } catch (thrown) {
          return { ok: false, detail: messageOf(thrown), retry: true };
        }
      },
    };
  },
});
