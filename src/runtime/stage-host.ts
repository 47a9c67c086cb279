/** The far end of a pool: runs a chain in this thread, one message after another. */
import type { MessagePort } from 'node:worker_threads';
import { messageOf } from '../core/errors.ts';
import type { SeriesDictionary } from '../core/events.ts';
import { F64_COLUMNS, ROW_COLUMNS, U32_COLUMNS, U8_COLUMNS, type VerdictBatch } from '../core/verdicts.ts';
import { StageError, type Chain } from './chain.ts';
import type { FromStage, ToStage } from './pool.ts';
import { lasting } from './states.ts';

/** `recover` takes up the timers of this thread's keys, once the first batch has named the series. */
export function hostStages(port: MessagePort, chain: Chain, dictionary: SeriesDictionary, recover: () => void): void {
  let recovered = false;
  const answer = (message: FromStage): void => port.postMessage(message);
  port.on('message', (message: ToStage) => {
    if (message.type === 'process') {
      dictionary.restore(message.added);
      if (!recovered) recover();
      recovered = true;
      answer(process(chain, message));
    }
    if (message.type === 'writes') answer({ type: 'writes', writes: lasting(chain.writes()), rollups: chain.rollups, hot: chain.hot, spilled: chain.spilled });
    if (message.type === 'control') chain.control(message.control);
    if (message.type === 'committed') chain.committed();
  });
  answer({ type: 'ready' });
}

function process(chain: Chain, message: Extract<ToStage, { type: 'process' }>): FromStage {
  const verdicts: VerdictBatch[] = [];
  try {
    chain.process(message.batch, message.watermark, (said) => verdicts.push(trimmed(said)));
  } catch (thrown) {
    const { stage, culprit } = thrown instanceof StageError ? thrown : { stage: '', culprit: undefined };
    return { type: 'failed', stage, culprit, message: messageOf(thrown) };
  }
  return { type: 'processed', verdicts };
}

/** A copy cut to its rows: the stage uses its columns again, and a view would be sent with its whole buffer. */
function trimmed(batch: VerdictBatch): VerdictBatch {
  const copy: VerdictBatch = { ...batch };
  for (const name of F64_COLUMNS) copy[name] = batch[name].slice(0, batch.length);
  for (const name of U32_COLUMNS) copy[name] = batch[name].slice(0, batch.length);
  for (const name of U8_COLUMNS) copy[name] = batch[name].slice(0, batch.length);
  for (const name of ROW_COLUMNS) copy[name] = batch[name].slice(0, batch.length * batch.width) as never;
  return copy;
}
