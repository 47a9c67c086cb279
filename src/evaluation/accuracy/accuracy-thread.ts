/** Entry of a thread of the accuracy benchmark: a task, an answer, the next task. */
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../core/errors.ts';
import { perform, type Task } from './tasks.ts';

parentPort!.on('message', (task: Task) => {
  try {
    parentPort!.postMessage({ answer: perform(task) });
  } catch (thrown) {
    parentPort!.postMessage({ failed: messageOf(thrown) });
  }
});
