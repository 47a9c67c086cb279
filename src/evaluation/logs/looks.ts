/** Looks at sessions of events that are at hand. */
import type { Look } from '../../testing/looks.ts';

/** An event of a session. */
export interface SessionEvent {
  time: number;
  session: string;
  template: number;
}

/** Looks at sessions of these events (in order of time): whenever nothing came for `idle` ms, and at the end, where there are new lines. */
export function looksOf(events: readonly SessionEvent[], idle: number): Look[] {
  interface Open {
    number: number;
    looks: number;
    seen: number;
    first: number;
    last: number;
    sequence: number[];
  }
  const all = new Map<string, Open>();
  // In the order of the last line, so that the idle ones stand first.
  const waiting = new Map<string, Open>();
  const looks: Look[] = [];
  const look = (id: string, open: Open): void => {
    const { number, first, last } = open;
    looks.push({ id, time: last + idle, session: number, place: open.looks++, look: 'idle', first, last, sequence: open.sequence.slice() });
  };
  const release = (now: number): void => {
    for (const [id, open] of waiting) {
      if (open.last + idle > now) return;
      waiting.delete(id);
      look(id, open);
    }
  };
  for (const { time, session, template } of events) {
    release(time);
    let open = all.get(session);
    if (open === undefined) all.set(session, (open = { number: all.size, looks: 0, seen: 0, first: time, last: time, sequence: [] }));
    open.sequence.push(template);
    open.last = time;
    waiting.delete(session);
    waiting.set(session, open);
  }
  release(Infinity);
  return looks;
}
