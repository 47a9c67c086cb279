import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operatorChecks } from '../../testing/operator-suite.ts';
import { batchOf, DEFAULTS, run, short, type Line } from './lines.fixture.ts';
import type { SessionOptions } from './options.ts';
import { SessionStage } from './stage.ts';
import { HEAD, type SessionState } from './states.ts';
import type { Head } from './head.ts';

const BLOCKS: Partial<SessionOptions> = { by: 'blk_\\d+', idle: 100, close_after: 1000 };

function line(time: number, text: string, template = 1, isNew = false): Line {
  return { time, text, template, isNew };
}

function headOf(states: { peek(key: number): SessionState | undefined }): Head {
  return states.peek(HEAD) as Head;
}

describe('sessions by an identifier', () => {
  it('are looked at when they fall silent and when they are done', () => {
    const lines = [line(0, 'open blk_1'), line(10, 'open blk_2'), line(20, 'write blk_1', 2), line(300, 'close blk_2', 3)];
    expect(short(run(BLOCKS, lines))).toEqual(['110 blk_2 idle 1', '120 blk_1 idle 2', '300 blk_1 closed 2', '300 blk_2 closed 2']);
    expect(short(run(BLOCKS, lines, { until: 1300 }))).toEqual([
      '110 blk_2 idle 1',
      '120 blk_1 idle 2',
      '400 blk_2 idle 2',
      '1020 blk_1 closed 2',
      '1300 blk_2 closed 2',
    ]);
  });

  it('are looked at once, when they are done, where nobody is to hear of them before: that look says the same', () => {
    const step = fc.record({ after: fc.constantFrom(0, 1, 30, 150, 600), block: fc.nat(4), template: fc.nat(6), isNew: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.array(fc.nat(120), { maxLength: 3 }), (steps, cuts) => {
        let time = 0;
        const lines = steps.map(({ after, block, template, isNew }) => line((time += after), `blk_${block}`, template, isNew));
        const saves = [...new Set(cuts.map((cut) => cut % (lines.length + 1)))].sort((a, b) => a - b).filter((cut) => cut < lines.length);
        const closed = ({ looks }: ReturnType<typeof run>) => looks.filter(({ look }) => look === 'closed').map((look) => ({ ...look, place: 0 }));
        const only = run(BLOCKS, lines, { cuts: saves, saves, onlyClosed: true });
        expect(only.looks.every(({ look, place }) => look === 'closed' && place === 0)).toBe(true);
        expect(only.looks).toEqual(closed(run(BLOCKS, lines, { cuts: saves, saves })));
      }),
    );
  });

  it('say which templates came, how often, in which order and where', () => {
    const lines = [line(0, 'blk_7', 9), line(1, 'blk_7', 300), line(2, 'blk_8', 1), line(3, 'blk_7', 9)];
    expect(run(BLOCKS, lines).looks[1]).toEqual({
      id: 'blk_7',
      look: 'closed',
      time: 3,
      place: 0,
      offset: 0,
      first: 0,
      last: 3,
      lines: 3,
      counts: { 9: 2, 300: 1 },
      sequence: [9, 300, 9],
      offsets: [0, 100, 300],
    });
  });

  it('have templates of any size, and lines that stand near each other or far apart', () => {
    const templates = [1, 127, 128, 16_383, 16_384, 3_000_000, 5];
    // Lines are 100 bytes each, so that distances take from one to four bytes.
    const at = [0, 80, 81, 162, 12_000, 12_001, 24_000];
    const lines = Array.from({ length: 24_001 }, (_, i) => line(i, at.includes(i) ? 'blk_7' : '-', templates[at.indexOf(i)] ?? 2));
    const look = run({ ...BLOCKS, idle: 100_000, close_after: 200_000 }, lines).looks.at(-1)!;
    expect(look).toMatchObject({ id: 'blk_7', lines: 7, sequence: templates, offsets: at.map((i) => i * 100) });
    expect(look.counts).toEqual(Object.fromEntries(templates.map((template) => [template, 1])));
  });

  it('have their identifiers found wherever these begin, also where much looks like one', () => {
    const texts = ['blk_1blk_2', 'bblk_3 blk_', 'blk_blk_4', 'lk_5_blk_6', '_____', 'blk_7'];
    const closed = run(
      BLOCKS,
      texts.map((text, i) => line(i, text)),
    ).looks;
    expect(closed.map(({ id, offset }) => [id, offset])).toEqual([
      ['blk_1', 0],
      ['blk_2', 0],
      ['blk_3', 100],
      ['blk_4', 200],
      ['blk_6', 300],
      ['blk_7', 500],
    ]);
  });

  it('begin anew when a line comes after they were closed, and number their looks from 0', () => {
    const lines = [line(0, 'blk_1'), line(2000, 'blk_1'), line(2001, 'blk_1')];
    const { looks } = run(BLOCKS, lines);
    expect(looks.map(({ time, look, place, offset, lines }) => [time, look, place, offset, lines])).toEqual([
      [100, 'idle', 0, 0, 1],
      [1000, 'closed', 1, 0, 1],
      [2001, 'closed', 0, 100, 2],
    ]);
  });

  it('grow by a line of a template never seen before, and at 16, 32, 64 lines', () => {
    const lines = Array.from({ length: 70 }, (_, i) => line(i, 'blk_1', 1, i === 4));
    expect(short(run(BLOCKS, lines))).toEqual(['4 blk_1 growing 5', '15 blk_1 growing 16', '31 blk_1 growing 32', '63 blk_1 growing 64', '69 blk_1 closed 70']);
    const strange = Array.from({ length: 1000 }, (_, i) => line(i, 'blk_1', i, true));
    expect(run(BLOCKS, strange).looks.length).toBeLessThan(80);
  });

  it('have no idle look when nothing changed since the last one', () => {
    expect(short(run(BLOCKS, [line(0, 'blk_1', 1, true)], { until: 500 }))).toEqual(['0 blk_1 growing 1']);
  });

  it('take a line with several identifiers once each, and leave one without out', () => {
    const { looks, states } = run(BLOCKS, [line(0, 'delete blk_1 blk_2 blk_1'), line(1, 'nothing')]);
    expect(looks.map(({ id, lines }) => [id, lines])).toEqual([
      ['blk_1', 1],
      ['blk_2', 1],
    ]);
    expect(headOf(states)).toMatchObject({ without: 1, lines: 2, opened: 2, closed: 2 });
    const many = Array.from({ length: 70 }, (_, i) => `blk_${i}`).join(' ');
    for (const by of ['blk_\\d+', '(?:blk)_\\d+']) {
      const crowd = run({ ...BLOCKS, by }, [line(0, many)]);
      expect(crowd.looks.length).toBe(64);
      expect(headOf(crowd.states).crowded).toBe(1);
    }
  });

  it('are named by group 1 where the pattern has one, and by the first 128 bytes', () => {
    expect(run({ ...BLOCKS, by: 'id=(\\w+)' }, [line(0, 'x id=abc y')]).looks[0].id).toBe('abc');
    expect(run({ ...BLOCKS, by: 'id=(?:a|b)(\\w+)' }, [line(0, 'x id=abc y')]).looks[0].id).toBe('bc');
    expect(run({ ...BLOCKS, by: '\\w+' }, [line(0, 'a'.repeat(500))]).looks[0].id).toBe('a'.repeat(128));
    expect(run({ ...BLOCKS, by: '(?:<)(.+)>' }, [line(0, '<käse>')]).looks[0].id).toBe('käse');
  });

  it('end with a line that ends them, or when they are as long as may be', () => {
    const lines = [line(0, 'blk_1'), line(1, 'delete blk_1 done'), line(2, 'blk_1'), line(3, 'blk_1'), line(4, 'blk_1'), line(5, 'blk_1')];
    for (const end of ['delete', '(?:delete|remove) ']) {
      expect(short(run({ ...BLOCKS, end, max_lines: 3 }, lines))).toEqual(['1 blk_1 closed 2', '4 blk_1 closed 3', '5 blk_1 closed 1']);
    }
  });

  it('keep the order of so many lines, and behind them how often each template came', () => {
    const lines = Array.from({ length: 1000 }, (_, i) => line(i, 'blk_1', (i * 7) % 50));
    const look = run({ ...BLOCKS, max_sequence: 20 }, lines).looks.at(-1)!;
    expect(look.lines).toBe(1000);
    expect(look.sequence).toEqual(lines.slice(0, 20).map(({ template }) => template));
    expect(look.counts).toEqual(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [i, 20])));
  });

  it('count templates of any number, few or many to a session', () => {
    const lines = Array.from({ length: 600 }, (_, i) => line(i, `blk_${i % 2}`, ((i * 7919) % 97) * 400 + (i % 3) * 2 ** 30));
    for (const look of run({ ...BLOCKS, max_sequence: 50 }, lines).looks.filter(({ look }) => look === 'closed')) {
      const want: Record<number, number> = {};
      for (const { text, template } of lines) if (text === look.id) want[template] = (want[template] ?? 0) + 1;
      expect(look.counts).toEqual(want);
      expect(Object.keys(look.counts).length).toBeGreaterThan(90);
    }
  });

  it('are closed early when too many are open, the one touched the longest ago first', () => {
    const lines = [line(0, 'blk_1'), line(1, 'blk_2'), line(2, 'blk_1'), line(3, 'blk_3'), line(4, 'blk_4')];
    const { looks, states } = run({ ...BLOCKS, max_open: 2 }, lines);
    expect(looks.map(({ id, time }) => [id, time])).toEqual([
      ['blk_2', 3],
      ['blk_1', 4],
      ['blk_3', 4],
      ['blk_4', 4],
    ]);
    expect(headOf(states)).toMatchObject({ early: 2, opened: 4, closed: 4 });
  });

  it('stay few bytes each, however many are open', () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => line(i / 100, `open blk_${i % 20_000}`, i % 7));
    const { states, looks } = run({ ...BLOCKS, idle: 1e9, close_after: 1e9 }, lines, { until: 0 });
    expect(looks).toEqual([]);
    const bytes = [...states.save().states.values()].reduce((sum, state) => sum + state.length, 0);
    expect(bytes / 20_000).toBeLessThan(80);
  });

  it('refuse a pattern that cannot be read', () => {
    expect(() => run({ by: 'blk_(' }, [])).toThrow('session.by');
    expect(() => run({ by: 'window', end: '[' }, [])).toThrow('session.end');
  });
});

describe('sessions without an identifier', () => {
  it('are windows of time', () => {
    const lines = [line(0, 'a'), line(59_999, 'b', 2), line(60_000, 'c'), line(200_000, 'd')];
    expect(short(run({ by: 'window' }, lines))).toEqual([
      '60000 1970-01-01T00:00:00.000Z closed 2',
      '120000 1970-01-01T00:01:00.000Z closed 1',
      '200000 1970-01-01T00:03:00.000Z closed 1',
    ]);
  });

  it('are so many lines each', () => {
    const lines = Array.from({ length: 7 }, (_, i) => line(i, 'x'));
    expect(short(run({ by: 'count', count: 3 }, lines))).toEqual(['2 line 1 closed 3', '5 line 4 closed 3', '6 line 7 closed 1']);
  });
});

/** Lines of blocks that come and go, several at a time. */
function blockLines(count: number, step = 10): Line[] {
  return Array.from({ length: count }, (_, i) => {
    const block = 1000 + 3 * Math.floor(i / 12) + ((i * i) % 3);
    const template = (i * 5 + block) % 6;
    return line(
      i * step,
      `081109 203615 148 INFO dfs.DataNode: block blk_${block % 2 === 0 ? '-' : ''}${block} size 67108864 from /10.250.19.${i % 5}:50010`,
      template,
      i < 6,
    );
  });
}

describe('sessions that are found by themselves', () => {
  it('take the lines that were held back as if it had been known', () => {
    const lines = blockLines(2500);
    const found = run({ by: 'auto', idle: 500, close_after: 3000 }, lines);
    expect(headOf(found.states)).toMatchObject({ grouping: { by: 'pattern', pattern: '\\bblk_-?\\d+' }, lines: 2500 });
    expect(headOf(found.states).evidence[0]).toContain('stands in 100% of the lines');
    const given = run({ by: '\\bblk_-?\\d+', idle: 500, close_after: 3000 }, lines);
    expect(found.looks).toEqual(given.looks);
  });

  it('are settled at 2,000 lines, after `idle` with 200, after `close_after` with any, or at the end', () => {
    const settled = (lines: readonly Line[], until: number): boolean =>
      headOf(run({ by: 'auto', idle: 1000, close_after: 10_000 }, lines, { until }).states).grouping !== undefined;
    expect(settled(blockLines(1999, 0), 0)).toBe(false);
    expect(settled(blockLines(2000, 0), 0)).toBe(true);
    expect(settled(blockLines(199, 1), 1000)).toBe(false);
    expect(settled(blockLines(200, 1), 999)).toBe(false);
    expect(settled(blockLines(200, 1), 1000)).toBe(true);
    expect(settled(blockLines(3, 1), 9999)).toBe(false);
    expect(settled(blockLines(3, 1), 10_000)).toBe(true);
    expect(settled(blockLines(3, 1), Infinity)).toBe(true);
  });

  it('are windows where nothing convinces', () => {
    const lines = Array.from({ length: 300 }, (_, i) => line(i * 1000, `GET /index.html from 10.0.0.${i % 4} took ${(i * 7919) % 300} ms`, i % 3));
    const { states, looks } = run({ by: 'auto' }, lines);
    expect(headOf(states)).toMatchObject({
      grouping: { by: 'window', window: 60_000 },
      evidence: expect.arrayContaining([expect.stringContaining('windows of 1 min')]) as unknown,
    });
    expect(looks.filter(({ look }) => look === 'closed').length).toBe(5);
  });
});

/** Lines with sessions, silences, several identifiers and new templates, from numbers. */
const anyLines = fc
  .array(fc.record({ gap: fc.oneof(fc.nat(30), fc.nat(1500)), ids: fc.array(fc.nat(8), { maxLength: 3 }), template: fc.nat(5), isNew: fc.boolean() }), {
    maxLength: 120,
  })
  .map((rows) => {
    let time = 0;
    return rows.map(({ gap, ids, template, isNew }): Line => {
      time += gap;
      return line(time, `at ${ids.map((id) => `blk_${id}`).join(' and ')}`, template, isNew && template > 3);
    });
  });

const anyOptions = fc.record<Partial<SessionOptions>>({
  by: fc.constantFrom('blk_\\d+', '(?:blk)_\\d+', 'auto', 'window', 'count'),
  window: fc.constantFrom(50, 1000),
  count: fc.constantFrom(2, 7),
  idle: fc.constantFrom(20, 100, 400),
  close_after: fc.constantFrom(20, 400, 3000),
  max_lines: fc.constantFrom(3, 1000),
  max_sequence: fc.constantFrom(2, 200),
  max_open: fc.constantFrom(2, 1000),
});

describe('sessions, however the input is cut', () => {
  it('are the same, from snapshots at any line and with little room for output', () => {
    fc.assert(
      fc.property(anyOptions, anyLines, fc.array(fc.nat(120), { maxLength: 6 }), fc.constantFrom(undefined, 1, 3), (options, lines, at, room) => {
        const cuts = [...new Set(at)].filter((cut) => cut < lines.length).sort((a, b) => a - b);
        expect(run(options, lines, { cuts, saves: cuts, room }).looks).toEqual(run(options, lines).looks);
      }),
      { numRuns: 300 },
    );
  });

  it('are the same from a snapshot of long sessions', () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => line(i / 1000, `blk_${i % 20}`, i % 500));
    const cuts = [20_000, 39_000];
    const options = { ...BLOCKS, max_sequence: 10_000 };
    expect(run(options, lines, { cuts, saves: cuts }).looks).toEqual(run(options, lines).looks);
  });

  it('count every line of every identifier once, up to the closed look', () => {
    fc.assert(
      fc.property(anyLines, (lines) => {
        const want: Record<string, number> = {};
        for (const { text } of lines) for (const id of new Set(text.match(/blk_\d/g))) want[id] = (want[id] ?? 0) + 1;
        const got: Record<string, number> = {};
        for (const look of run({ ...BLOCKS, max_open: 3 }, lines).looks) if (look.look === 'closed') got[look.id] = (got[look.id] ?? 0) + look.lines;
        expect(got).toEqual(want);
      }),
    );
  });

  it('are the same from a snapshot at every tenth line of a long input, while it is settled what they are', () => {
    const lines = blockLines(2300, 20);
    const options: Partial<SessionOptions> = { by: 'auto', idle: 5000, close_after: 40_000, max_open: 30 };
    const whole = run(options, lines).looks;
    const cuts = Array.from({ length: 229 }, (_, i) => (i + 1) * 10);
    expect(run(options, lines, { cuts, saves: cuts.filter((cut) => cut % 70 === 0 || cut > 1900), room: 5 }).looks).toEqual(whole);
  });
});

describe('session, as every operator', () => {
  for (const by of ['blk_-?\\d+', 'window']) {
    const checks = operatorChecks<SessionState>({
      name: `session by ${by}`,
      make: (dictionary) => new SessionStage({ ...DEFAULTS, by, window: 300, idle: 50, close_after: 500 }, dictionary),
      dictionary: () => batchOf([]).dictionary,
      input: batchOf(blockLines(120)),
      width: 1,
    });
    for (const check of checks) it(check.name, check.run);
  }
});
