/** Applies control records between two commits, so that a replay meets them at the same point of the input. */
import type { Control, DeadLetter, MessageRecords } from '../core/contracts.ts';
import { EventBuilder } from '../core/events.ts';
import { messageOf } from '../core/errors.ts';
import type { Run } from './run.ts';

export async function applyControl(run: Run, control: Control): Promise<void> {
  const { record } = control;
  run.committer.applied(control.sequence);
  switch (record.type) {
    case 'acknowledge':
    case 'silence':
    case 'unsilence':
      run.incidents.control(record, run.clock.now());
      return;
    case 'replay-dead-letters':
      return replay(run, record.ids, record.by);
    case 'savepoint':
      return savepoint(run, record.by);
    case 'restart-source':
      run.committer.audit(record.by, 'restart-source', run.plan.source);
      run.request = { type: 'restart' };
      return;
    case 'configure':
      run.committer.audit(record.by, 'configure', '');
      run.request = { type: 'configure', config: record.config };
      return;
    case 'tick':
      run.incidents.tick(record.clock);
  }
}

/** A copy of what was committed last; that it failed stops nothing. */
function savepoint(run: Run, by: string): void {
  try {
    run.committer.audit(by, 'savepoint', run.parts.ledger.savepoint());
  } catch (thrown) {
    run.committer.audit(by, 'savepoint failed', messageOf(thrown));
  }
}

/** Decodes dead letters anew, with the origin they had; those that fail again become new dead letters. */
async function replay(run: Run, ids: readonly number[], by: string): Promise<void> {
  const letters = run.parts.ledger.deadLetters(run.plan.pipeline, ids).filter((letter) => !letter.replayed);
  const builder = new EventBuilder(run.dictionary, run.plan.width);
  for (const letter of letters) {
    if (!addDecoded(run, letter, builder)) run.decoder?.decode(asMessage(letter), builder);
    run.committer.replayed(letter.id);
  }
  run.meter.counts.events += builder.length;
  await run.process(builder);
  run.committer.audit(by, 'replay-dead-letters', `${letters.length} records, ${builder.bad.length} refused again`);
}

/** Events that were refused after decoding are kept as `{series, time, values}`; answers whether this was one. */
function addDecoded(run: Run, letter: DeadLetter, builder: EventBuilder): boolean {
  if (letter.code !== 'OPERATOR_FAILED' && letter.code !== 'RECORD_TOO_EARLY') return false;
  const event = JSON.parse(Buffer.from(letter.bytes).toString('utf8')) as { series: string; time: number; values: (number | null)[] };
  const series = run.dictionary.intern(event.series);
  const row = builder.row(series, event.time, letter.partition, letter.offset, letter.place);
  event.values.forEach((value, c) => (builder.values[row * builder.width + c] = value ?? NaN));
  return true;
}

function asMessage(letter: DeadLetter): MessageRecords {
  return {
    kind: 'messages',
    partition: letter.partition,
    offsets: Float64Array.of(letter.offset),
    ends: Uint32Array.of(letter.bytes.length),
    bytes: letter.bytes,
  };
}
