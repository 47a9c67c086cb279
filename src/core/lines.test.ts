import { describe, expect, it } from 'vitest';
import { LineTable } from './lines.ts';

const text = (table: LineTable, from: number, to: number): string => Buffer.from(table.bytes.subarray(from, to)).toString('utf8');

function whole(table: LineTable, i: number): string[] {
  return [
    text(table, table.start[i], table.end[i]),
    text(table, table.message[i], table.messageEnd[i]),
    text(table, table.component[i], table.componentEnd[i]),
  ];
}

/** A table over `1 INFO app: hello`, its message as it stands or put behind. */
function table(apart: boolean): LineTable {
  const lines = new LineTable(1);
  lines.use(Buffer.from('xx1 INFO app: hello'));
  const message = apart ? lines.append(Buffer.from('h\u00e9llo')) : 14;
  const spans = { start: 2, end: 19, message, messageEnd: message + (apart ? 6 : 5), component: 9, componentEnd: 12 };
  lines.row(0, { ...spans, level: 3, stated: 5 });
  return lines;
}

describe('a table of lines', () => {
  it('keeps the text that it was given without a copy, until text is put behind it', () => {
    const bytes = Buffer.from('a line');
    const lines = new LineTable(1);
    lines.use(bytes);
    expect(lines.bytes).toBe(bytes);
    const at = lines.append(Buffer.from('more'));
    expect(text(lines, 0, lines.used)).toBe('a linemore');
    expect(at).toBe(6);
    expect(bytes.toString()).toBe('a line');
  });

  it.each([false, true])('copies a row with its parts, also those that stand outside the line (%s)', (apart) => {
    const from = table(apart);
    const to = new LineTable(1);
    for (let i = 0; i < 3; i++) to.copy(i, from, 0);
    for (let i = 0; i < 3; i++) expect(whole(to, i)).toEqual(['1 INFO app: hello', apart ? 'h\u00e9llo' : 'hello', 'app']);
    expect([to.level[2], to.stated[2]]).toEqual([3, 5]);
  });

  it('begins anew after a reset, and lets go of what was not its own', () => {
    const lines = table(false);
    lines.reset();
    expect(lines.used).toBe(0);
    expect(lines.append(Buffer.from('next'))).toBe(0);
    expect(text(lines, 0, 4)).toBe('next');
  });
});
