/** Notices as lines of the process's own log. */
import type { Notice, Notifier } from '../../core/contracts.ts';
import { defineNotifier, Type } from '../../core/schema.ts';

const WORDS: Readonly<Record<Notice['status'], string>> = { firing: 'Alerting', resolved: 'Resolved', nodata: 'No data', error: 'Error' };

export const log = defineNotifier({
  name: 'log',
  summary: 'Writes each notice as a line of the log: a warning where an incident begins, information where it is over.',
  options: Type.Object({}, { additionalProperties: false }),
  sample: {},
  create(_options, context): Notifier {
    return {
      name: 'log',
      send({ status, incident, repeated }) {
        const again = repeated ? ' (repeated)' : '';
        context.log(
          status === 'resolved' ? 'info' : 'warn',
          `${WORDS[status]} [${incident.severity}] ${incident.pipeline}: ${incident.summary} (incident ${incident.id})${again}`,
        );
        return Promise.resolve({ ok: true });
      },
    };
  },
});
