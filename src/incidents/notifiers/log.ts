/** Notices as lines of the process's own log. */
import type { Notifier } from '../../core/contracts.ts';
import { defineNotifier, Type } from '../../core/schema.ts';
import { stateOf } from '../notice-words.ts';

export const log = defineNotifier({
  name: 'log',
  summary: 'Writes each notice as a line of the log: a warning where an incident begins, information where it is over.',
  options: Type.Object({}, { additionalProperties: false }),
  sample: {},
  create(_options, context): Notifier {
    return {
      name: 'log',
      send(notice) {
        const { status, incident, repeated, test } = notice;
        const again = repeated ? ' (repeated)' : '';
        context.log(
          status === 'resolved' || test === true ? 'info' : 'warn',
          `${stateOf(notice)} [${incident.severity}] ${incident.pipeline}: ${incident.summary} (incident ${incident.id})${again}`,
        );
        return Promise.resolve({ ok: true });
      },
    };
  },
});
