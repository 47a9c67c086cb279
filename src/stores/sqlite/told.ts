/** What receivers were told of incidents that go on: for those that must be reminded after a restart. */
import { existsSync } from 'node:fs';
import type { Notice } from '../../core/contracts.ts';
import { closeQuietly, openReadOnly } from './database.ts';
import { ledgerPath } from './ledger.ts';

/** Notices looked at, newest first. */
const MOST = 20_000;

/** The newest notice that a receiver took of each incident of a pipeline that is open; `data` is the data folder. */
export function toldOf(data: string, pipeline: string, target: string): Notice[] {
  if (!existsSync(ledgerPath(data))) return [];
  const db = openReadOnly(ledgerPath(data));
  try {
    const rows = db
      .prepare(
        `select o.payload from outbox o join incidents i on i.id = o.incident where o.pipeline = (select id from pipelines where name = ?)
           and o.target = ? and o.kind = 'notice' and o.state = 'delivered' and i.ended_at is null order by o.seq desc limit ${MOST}`,
      )
      .all(pipeline, target) as { payload: string }[];
    const newest = new Map<string, Notice>();
    for (const { payload } of rows) {
      const notice = JSON.parse(payload) as Notice;
      if (!newest.has(notice.incident.id)) newest.set(notice.incident.id, notice);
    }
    return [...newest.values()].filter(({ status }) => status !== 'resolved').toReversed();
  } finally {
    closeQuietly(db);
  }
}
