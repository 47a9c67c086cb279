/** Applies control records between two commits, so that a replay meets them at the same point of the input. */
import type { ByteRecords, Control, ControlRecord, DeadLetter, LogControl, MessageRecords } from '../core/contracts.ts';
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
    case 'answer':
    case 'undo-answer':
      return answer(run, record);
    case 'edit-template':
      return logs(run, record.by, 'edit-template', JSON.stringify(record.edit), { type: 'template', edit: record.edit, by: record.by, at: run.clock.now() });
    case 'answer-session':
      return logs(run, record.by, 'answer-session', `${record.answer.says}: ${record.answer.session}`, {
        type: 'log-answer',
        answer: { ...record.answer, by: record.by },
        at: run.clock.now(),
      });
    case 'undo-session-answer':
      return logs(run, record.by, 'undo-session-answer', record.id, { type: 'undo-log-answer', id: record.id, by: record.by, at: run.clock.now() });
    case 'replay-dead-letters':
      return replay(run, record.ids, record.by, control.sequence);
    case 'savepoint':
      return savepoint(run, record.by);
    case 'restart-source':
      run.committer.audit(record.by, 'restart-source', run.plan.source);
      // A new configuration, which begins with a restart as well, is not forgotten over it.
      run.request ??= { type: 'restart' };
      return;
    case 'configure':
      if (control.sequence <= (run.parts.configuredUpTo ?? 0)) return run.committer.audit(record.by, 'configure left out', 'the file was read since');
      run.committer.audit(record.by, 'configure', record.note ?? '');
      run.request = { type: 'configure', config: record.config };
      return;
  }
}

function answer(run: Run, record: Extract<ControlRecord, { type: 'answer' | 'undo-answer' }>): void {
  const { controls, note } = run.answers.apply(record, { watermark: run.order.watermark, clock: run.clock.now() });
  for (const control of controls) run.stages.control(control);
  run.committer.audit(record.by, record.type, note);
}

function logs(run: Run, by: string, what: string, detail: string, control: LogControl): void {
  run.stages.control(control);
  run.committer.audit(by, what, detail);
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
async function replay(run: Run, ids: readonly number[], by: string, control: number): Promise<void> {
  const letters = run.parts.ledger.deadLetters(run.plan.pipeline, ids).filter((letter) => !letter.replayed);
  const builder = new EventBuilder(run.dictionary, run.plan.width, 64, run.plan.lines);
  for (const letter of letters) {
    const first = builder.length;
    if (!addDecoded(run, letter, builder)) decode(run, letter, builder);
    if (builder.length === first + 1) builder.place[first] = letter.place;
    run.poison.forgive(letter, control);
    run.committer.replayed(letter.id);
  }
  // These were counted as events when they first came.
  run.meter.counts.events -= letters.filter(({ code }) => code === 'OPERATOR_FAILED').length;
  await run.process(builder);
  run.committer.audit(by, 'replay-dead-letters', `${letters.length} records, ${builder.bad.length} refused again`);
}

/** Events that were refused after decoding are kept as `{series, time, values}`; answers whether this was one. */
function addDecoded(run: Run, letter: DeadLetter, builder: EventBuilder): boolean {
  if (run.plan.lines || (letter.code !== 'OPERATOR_FAILED' && letter.code !== 'RECORD_TOO_EARLY')) return false;
  const { partition, offset, place, code, bytes } = letter;
  let event: { series: string; time: number; values: (number | null)[] };
  try {
    event = JSON.parse(Buffer.from(bytes).toString('utf8')) as typeof event;
  } catch {
    builder.refuse(partition, offset, place, code, `only its first ${bytes.length} bytes were kept`, bytes);
    return true;
  }
  const row = builder.row(run.dictionary.intern(event.series), event.time, partition, offset, place);
  for (let c = 0; c < builder.width; c++) builder.values[row * builder.width + c] = event.values[c] ?? NaN;
  return true;
}

/** With a decoder of its own that knows the layout: the one of the stream is in the middle of it. A record that gives nothing is refused again. */
function decode(run: Run, letter: DeadLetter, builder: EventBuilder): void {
  const { partition, offset, place, code, detail, bytes, sent } = letter;
  // The beginning of a line that was cut is a row since then, and no more of it was kept.
  if (run.plan.lines && code === 'RECORD_TOO_LARGE') return builder.refuse(partition, offset, place, code, detail, bytes);
  const before = builder.length + builder.bad.length;
  const message: MessageRecords = {
    kind: 'messages',
    partition,
    offsets: Float64Array.of(offset),
    ends: Uint32Array.of(bytes.length),
    bytes,
    ...(sent === undefined ? {} : { types: [sent.type] }),
    ...(sent?.labels === undefined ? {} : { labels: [sent.labels] }),
  };
  const stretch: ByteRecords = { kind: 'bytes', partition, offset, bytes, begins: false, ends: true, name: 'dead letter', type: sent?.type };
  // A row of a pushed table is no message of its own, since it has no header.
  for (const records of sent === undefined && run.plan.records === 'bytes' ? [stretch] : [message, stretch]) {
    run.parts.createDecoder(run.dictionary, run.decoder?.state())?.decode(records, builder);
    if (builder.length + builder.bad.length > before) return;
  }
  builder.refuse(partition, offset, place, code, detail, bytes);
}
