/** Entry of the process that reads one log for the speed benchmark, so that its memory is its own. */
import { messageOf } from '../../core/errors.ts';
import { loaded } from '../../core/heap.ts';
import type { LogTask } from './log-tasks.ts';

process.once('message', (task: LogTask) => {
  // As the program loads what it runs.
  void loaded(import('./log-tasks.ts'))
    .then(({ performLogTask }) => performLogTask(task))
    .then((answer) => ({ answer }))
    .catch((thrown: unknown) => ({ failed: messageOf(thrown) }))
    .then((heard) => process.send!(heard, () => process.exit(0)));
});
