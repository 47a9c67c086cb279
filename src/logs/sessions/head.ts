/** What the session stage keeps beside the sessions: where it stands, what was settled, and what it counted. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';

/** What sessions are, once it is settled. */
export type Grouping = { by: 'pattern'; pattern: string } | { by: 'window'; window?: number } | { by: 'count' };

/** Version of snapshots from which on the length of a window that was found is written. */
const WITH_WINDOW = 2;

/** Kinds of identifier that were looked at, each in a sentence; the best first. */
const MAX_SENTENCES = 6;

export class Head {
  /** Undefined while the first lines are held back. */
  grouping: Grouping | undefined;
  /** Why, and what else there was. */
  evidence: string[] = [];
  /** Latest event time so far, ms. */
  now = -Infinity;
  /** Lines so far, held ones left out. */
  lines = 0;
  /** Touches of sessions so far: a line touches every session that it belongs to. */
  touches = 0;
  opened = 0;
  closed = 0;
  /** Sessions closed because too many were open. */
  early = 0;
  /** Lines without an identifier, and lines with more than count. */
  without = 0;
  crowded = 0;

  settle(grouping: Grouping, evidence: string[]): void {
    this.grouping = grouping;
    this.evidence = evidence.slice(0, MAX_SENTENCES);
  }

  snapshot(writer: SnapshotWriter): void {
    for (const number of [this.now, this.lines, this.touches, this.opened, this.closed, this.early, this.without, this.crowded]) writer.f64(number);
    writer.text(this.grouping?.by ?? '');
    writer.text(this.grouping?.by === 'pattern' ? this.grouping.pattern : '');
    writer.u32(this.evidence.length);
    for (const sentence of this.evidence) writer.text(sentence);
    writer.f64(this.grouping?.by === 'window' ? (this.grouping.window ?? NaN) : NaN);
  }

  static restore(reader: SnapshotReader): Head {
    const head = new Head();
    for (const name of ['now', 'lines', 'touches', 'opened', 'closed', 'early', 'without', 'crowded'] as const) head[name] = reader.f64();
    const by = reader.text();
    const pattern = reader.text();
    if (by === 'pattern') head.grouping = { by, pattern };
    else if (by === 'window' || by === 'count') head.grouping = { by };
    head.evidence = Array.from({ length: reader.u32() }, () => reader.text());
    const window = reader.version < WITH_WINDOW ? NaN : reader.f64();
    if (window === window) head.grouping = { by: 'window', window };
    return head;
  }
}
