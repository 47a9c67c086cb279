/** Entry of the process that does one task of the speed benchmark. */
import { messageOf } from '../../core/errors.ts';
import { performSpeed, type Heard, type SpeedTask } from './tasks.ts';

process.once('message', (task: SpeedTask) => {
  let heard: Heard;
  try {
    heard = { answer: performSpeed(task) };
  } catch (thrown) {
    heard = { failed: messageOf(thrown) };
  }
  process.send!(heard, () => process.exit(0));
});
