/**
 * Named points at which a test may end the process as a power cut would. `HOMEOSTAT_KILL_AT=ledger-commit:37` kills it
 * at the 37th passing of that point; without the variable a point costs one comparison.
 */
const [point, count] = (process.env['HOMEOSTAT_KILL_AT'] ?? '').split(':');
let left = Number(count ?? 1);

/** Points there are; the kill test covers each. */
export type FaultPoint =
  | 'journaled'
  | 'read'
  | 'history-write'
  | 'history-written'
  | 'ledger-commit'
  | 'committed'
  | 'outbox-sent'
  | 'spill'
  | 'migration'
  | 'settings-revision'
  | 'settings-file'
  | 'settings-control';

export function faultPoint(name: FaultPoint): void {
  if (point !== name || --left > 0) return;
  process.kill(process.pid, 'SIGKILL');
}
