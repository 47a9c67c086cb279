import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEVELS, type Decoder, type JsonValue } from '../../core/contracts.ts';
import type { HomeostatError } from '../../core/errors.ts';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { line } from './index.ts';

interface Row {
  time: string;
  offset: number;
  place: number;
  row: string;
  message: string;
  component: string;
  level: string;
  stated: string;
}

const iso = (time: number): string => (Number.isNaN(time) ? '' : new Date(time).toISOString().replace(/T00:00:00.000Z$/, ''));

/** A decoder with what it gave, as text. */
class Reader {
  readonly rows: Row[] = [];
  readonly bad: string[] = [];
  readonly #dictionary = new SeriesDictionary();
  readonly #out = new EventBuilder(this.#dictionary, 1, 8, true);
  readonly #options: Record<string, unknown>;
  decoder: Decoder;

  constructor(options: Record<string, unknown> = {}) {
    this.#options = options;
    this.decoder = line.create(options as never, this.#dictionary);
  }

  chunk(bytes: Uint8Array, offset: number, begins: boolean, ends: boolean): void {
    // A source may use its buffer again, and now and then has room in front of the bytes.
    const spare = offset % 3 === 0 ? 64 : 0;
    const reused = Buffer.alloc(spare + bytes.length, '*').subarray(spare);
    reused.set(bytes);
    this.#out.reset();
    this.decoder.decode({ kind: 'bytes', partition: 0, offset, bytes: reused, spare, begins, ends, name: '' }, this.#out);
    this.#take();
    reused.fill(88);
  }

  messages(texts: (string | Uint8Array)[], first = 0, arrivals?: number[]): void {
    const parts = texts.map((text) => Buffer.from(text as string));
    let end = 0;
    const ends = Uint32Array.from(parts, (part) => (end += part.length));
    const offsets = Float64Array.from(parts, (_, i) => first + i);
    this.#out.reset();
    this.decoder.decode(
      { kind: 'messages', partition: 0, offsets, ends, bytes: Buffer.concat(parts), ...(arrivals && { arrivals: Float64Array.from(arrivals) }) },
      this.#out,
    );
    this.#take();
  }

  #take(): void {
    const { lines, length } = this.#out;
    const text = (from: number, to: number): string => Buffer.from(lines!.bytes.subarray(from, to)).toString('utf8');
    for (let i = 0; i < length; i++) {
      this.rows.push({
        time: iso(this.#out.time[i]),
        offset: this.#out.offset[i],
        place: this.#out.place[i],
        row: text(lines!.start[i], lines!.end[i]),
        message: text(lines!.message[i], lines!.messageEnd[i]),
        component: text(lines!.component[i], lines!.componentEnd[i]),
        level: LEVELS[lines!.level[i]],
        stated: iso(lines!.stated[i]),
      });
    }
    this.bad.push(...this.#out.bad.map(({ code, offset, detail }) => `${code} @${offset} ${detail}`));
  }

  restart(): void {
    this.decoder = line.create(this.#options as never, this.#dictionary, JSON.parse(JSON.stringify(this.decoder.state())) as JsonValue);
  }
}

function read(text: string | Uint8Array, options: Record<string, unknown> = {}): Reader {
  const reader = new Reader(options);
  reader.chunk(Buffer.from(text as string), 0, true, true);
  return reader;
}

const plain = (n: number): string => Array.from({ length: n }, (_, i) => `081109 2035${10 + (i % 50)} ${i} INFO dfs.Node: Receiving block blk_${i}\n`).join('');

/** Streams with all that makes cuts difficult. */
const STREAMS: Record<string, { bytes: Uint8Array; options?: Record<string, unknown> }> = {
  'a trace, blank lines, CRLF and a long line': {
    bytes: Buffer.from(
      `${plain(40)}\n081109 203600 1 ERROR dfs.Node: broke\r\n\tat a.B(C.java:1)\r\n\r\nCaused by: x\r\n081109 203601 1 INFO dfs.Node: ${'€'.repeat(100)}\nCaused by: ${'z'.repeat(300)}\n081109 203602 2 WARN dfs.Node: after\n`,
    ),
    options: { max_line: 200 },
  },
  'JSON with escapes': {
    bytes: Buffer.from(Array.from({ length: 40 }, (_, i) => `{"time":${1727994543 + i},"level":"info","msg":"a\\u00e4\\n${i}"}\n`).join('')),
  },
  'two layouts and one that turns up later': {
    bytes: Buffer.from(
      `${plain(20)}[Thu Oct 03 22:29:03 2024] [error] one\n[Thu Oct 03 22:29:04 2024] [error] two\n${plain(20)}${Array.from({ length: 40 }, (_, i) => `2024-10-04 10:00:${10 + i} WARN a.B: later ${i}\n`).join('')}`,
    ),
  },
  'UTF-16 with half a unit at the end': {
    bytes: Buffer.concat([Buffer.from(`\ufeff${plain(33)}ä€😀\n081109 203600 1 INFO a.B: ${'😀'.repeat(120)}`, 'utf16le'), Buffer.from([0x41])]),
    options: { max_line: 128 },
  },
  'Latin-1': { bytes: Buffer.from(`${plain(33)}grün\n${plain(3)}`, 'latin1'), options: { encoding: 'latin1' } },
  'a clock without a date': {
    bytes: Buffer.from(Array.from({ length: 40 }, (_, i) => `${String((20 + i) % 24).padStart(2, '0')}:00:00.5 INFO a.B: ${i}\n  and ${i}\n`).join('')),
  },
};

describe('any cut of the bytes gives the same rows', () => {
  for (const [name, { bytes, options }] of Object.entries(STREAMS)) {
    it(name, () => {
      const whole = read(bytes, options);
      expect(whole.rows.length).toBeGreaterThan(30);
      fc.assert(
        fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 12 }), fc.boolean(), (cuts, restarts) => {
          const reader = new Reader(options);
          const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
          for (let i = 1; i < at.length; i++) {
            reader.chunk(bytes.subarray(at[i - 1], at[i]), at[i - 1], i === 1, i === at.length - 1);
            if (restarts) reader.restart();
          }
          expect(reader.rows).toEqual(whole.rows);
          expect(reader.bad).toEqual(whole.bad);
        }),
        { numRuns: 60 },
      );
    });
  }
});

describe('lines', () => {
  it('keep where they began, and what their header says', () => {
    const { rows } = read('081109 203530 147 INFO dfs.DataNode: Receiving blk_1 \r\n081109 203531 148 WARN dfs.Other$X: gone\n');
    const common = { place: 0, time: '2008-11-09T20:35:30.000Z', stated: '2008-11-09T20:35:30.000Z' };
    const row = '081109 203530 147 INFO dfs.DataNode: Receiving blk_1 ';
    expect(rows[0]).toEqual({ ...common, offset: 0, row, message: 'Receiving blk_1', component: 'dfs.DataNode', level: 'info' });
    expect(rows[1]).toMatchObject({ offset: row.length + 2, message: 'gone', component: 'dfs.Other$X', level: 'warn' });
  });

  it('of JSON give their own messages without escapes, also where lines are joined', () => {
    const lines = ['a\\n1', 'b\\"2 longer', 'c3', 'd\\u00e4'].map((text, i) => `{"time":${1727994543 + i},"msg":"${text}"}\n`);
    for (const multiline of ['auto', 'none']) {
      const { rows } = read(lines.join(''), { multiline });
      expect(rows.map(({ message }) => message)).toEqual(['a\n1', 'b"2 longer', 'c3', 'dä']);
      expect(rows.map(({ row }) => `${row}\n`)).toEqual(lines);
    }
  });

  it('without a header go on with the record before, whole stack traces of Java and Python', () => {
    const traces = [
      'java.lang.IllegalStateException: no\n\tat a.B.c(B.java:1)\n\tat a.D\nCaused by: java.io.IOException: x\n\t... 7 more',
      'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    f()\nValueError: bad',
    ];
    const text = traces.map((trace, i) => `2024-10-03 22:29:0${i},000 ERROR [main] a.B: broke\n${trace}\n`).join('');
    const { rows } = read(`${text}2024-10-03 22:29:09,000 INFO [main] a.B: fine`);
    expect(rows.map(({ message }) => message)).toEqual([...traces.map((trace) => `broke\n${trace}`), 'fine']);
    expect(read(text, { multiline: 'none' }).rows).toHaveLength(11);
  });

  it('are joined by a pattern that the first line of a record matches', () => {
    const { rows } = read('BEGIN a\nb\nc\nBEGIN d\n', { multiline: '^BEGIN', layout: '(?<message>.*)' });
    expect(rows.map(({ row }) => row)).toEqual(['BEGIN a\nb\nc', 'BEGIN d']);
  });

  it('joined are never longer than max_line: what would be is a row of its own', () => {
    const size = plain(1).length - 1;
    const text = `${plain(2)}${'y'.repeat(50)}\n${'z'.repeat(60)}\n`;
    const { rows, bad } = read(text, { max_line: 120 });
    expect(rows.map(({ row }) => row.length)).toEqual([size, size + 51, 60]);
    expect(rows[2].time).toBe(rows[1].time);
    expect(bad).toEqual([]);
  });

  it('that are too long are cut, counted and reported, however long', () => {
    const reader = new Reader({ max_line: 1000 });
    const head = Buffer.from(plain(40));
    reader.chunk(head, 0, true, false);
    const chunk = Buffer.alloc(100_000, 'x');
    for (let i = 0; i < 50; i++) {
      reader.chunk(chunk, head.length + i * chunk.length, false, false);
      expect(JSON.stringify(reader.decoder.state()).length).toBeLessThan(8000);
    }
    reader.chunk(Buffer.from(`\n${plain(1)}`), head.length + 50 * chunk.length, false, true);
    expect(reader.rows).toHaveLength(42);
    expect(reader.rows[40].row).toBe('x'.repeat(1000));
    expect(reader.rows[41].offset).toBe(head.length + 5_000_001);
    expect(reader.bad).toEqual([`RECORD_TOO_LARGE @${head.length} a line is longer than max_line 1000 bytes: its beginning is a row, the rest was left out`]);
    expect(reader.decoder.report().at(-1)).toBe('1 line longer than 1000 bytes cut, 4999000 bytes left out');
  });

  it('keep bytes that are no UTF-8, and zeros among text', () => {
    const bytes = Buffer.concat([Buffer.from(plain(2)), Buffer.from([0xff, 0xfe, 0x41, 0, 0x0a])]);
    const { rows } = read(bytes, { multiline: 'none' });
    expect(rows[2].row).toBe('\ufffd\ufffdA\0');
  });

  it('of UTF-16, with or without a byte order mark, and of Latin-1 become UTF-8, at their place in the file', () => {
    for (const [encoding, mark] of [
      ['utf16le', '\ufeff'],
      ['utf16le', ''],
      ['utf16be', '\ufeff'],
      ['latin1', ''],
    ] as const) {
      const text = `${mark}${plain(2)}grün\n${plain(1)}`;
      const little = Buffer.from(text, encoding === 'latin1' ? 'latin1' : 'utf16le');
      const reader = read(encoding === 'utf16be' ? little.swap16() : little, { multiline: 'none', ...(encoding === 'latin1' && { encoding }) });
      const size = plain(1).length;
      const unit = encoding === 'latin1' ? 1 : 2;
      expect(reader.rows.map(({ offset, message }) => [offset / unit, message])).toEqual([
        [mark.length, 'Receiving block blk_0'],
        [mark.length + size, 'Receiving block blk_1'],
        [mark.length + 2 * size, 'grün'],
        [mark.length + 2 * size + 5, 'Receiving block blk_0'],
      ]);
    }
  });

  it('are not made of binary data: the stream is refused once', () => {
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255));
    const { rows, bad } = read(bytes);
    expect(rows.length).toBe(0);
    expect(bad).toHaveLength(1);
    expect(bad[0]).toMatch(/^RECORD_MALFORMED @0 nothing of the stream is read: it is binary, not text: \d+ zero and \d+ control bytes/);
  });
});

describe('times', () => {
  const at = (times: string[]): string => times.map((time) => `${time} INFO a.B: x\n`).join('');

  it('never go back; a line without one has that of the line before', () => {
    const { rows } = read(`${at(['2024-10-03 10:00:05', '2024-10-03 10:00:01'])}nothing\n${at(['2024-10-03 10:00:07'])}`, { multiline: 'none' });
    expect(rows.map(({ time }) => time.slice(17, 19))).toEqual(['05', '05', '05', '07']);
    expect(rows.map(({ stated }) => stated.slice(17, 19))).toEqual(['05', '01', '', '07']);
  });

  it('of one minute are read as those of different ones, whatever stands behind the seconds', () => {
    const times = [
      '10:00:05',
      '10:00:59',
      '10:00:60',
      '10:00:61',
      '10:00:07 +0200',
      '10:00:08,250',
      '10:00:09 UTC',
      '10:00:1',
      '10:00:10 AM',
      '10:00:11',
      '10:01:12',
    ];
    // So much text that it is looked at as a whole, and each line by itself.
    const lines = Array.from({ length: 400 }, (_, i) => `2024-10-03 ${times[(i * 7 + (i >> 4)) % times.length]} INFO a.B: x`);
    const stated = lines.map((line) => line.slice(0, line.indexOf(' INFO')));
    const { rows } = read(`${lines.join('\n')}\n`, { layout: '{time:ymd} {level} {component}: {message}', multiline: 'none' });
    const alone = new Map(
      stated.map((time, i) => [time, read(`${lines[i]}\n`, { layout: '{time:ymd} {level} {component}: {message}', multiline: 'none' }).rows[0].stated]),
    );
    expect(rows.map((row) => row.stated)).toEqual(stated.map((time) => alone.get(time)));
    expect([alone.get('2024-10-03 10:00:60'), alone.get('2024-10-03 10:00:07 +0200')]).toEqual(['2024-10-03T10:01:00.000Z', '2024-10-03T08:00:07.000Z']);
  });

  it('far ahead are believed once the next lines confirm them', () => {
    const absurd = read(at(['2024-10-03 10:00:05', '2094-10-03 10:00:06', '2024-10-03 10:00:07', '2094-10-03 10:00:07', '2024-10-03 10:00:08'])).rows;
    expect(absurd.map(({ time }) => time.slice(0, 4))).toEqual(['2024', '2024', '2024', '2024', '2024']);
    expect(absurd[1].stated.slice(0, 4)).toBe('2094');
    const first = read(at(['2094-10-03 10:00:06', '2024-10-03 10:00:07', '2024-10-03 10:00:08'])).rows;
    expect(first.map(({ time }) => time.slice(0, 4))).toEqual(['2024', '2024', '2024']);
    const pause = read(at(['2024-10-03 10:00:05', ...Array.from({ length: 4 }, (_, i) => `2024-12-03 10:00:0${i}`)])).rows;
    expect(pause.map(({ time }) => time.slice(5, 7))).toEqual(['10', '10', '10', '12', '12']);
  });

  it('without a year count on at the turn of the year', () => {
    const text = 'Dec 31 23:59:59 h a: x\nJan  1 00:00:01 h a: y\nDec 31 23:59:58 h a: late\nFeb 29 00:00:00 h a: leap\n';
    const { rows } = read(text, { year: 2023, max_jump: 1e11 });
    expect(rows.map(({ stated }) => stated)).toEqual(['2023-12-31T23:59:59.000Z', '2024-01-01T00:00:01.000Z', '2023-12-31T23:59:58.000Z', '2024-02-29']);
  });

  it('that the layout does not hold are a step of 1 ms each, or that of arrival', () => {
    expect(read('a\nb\nc').rows.map(({ time }) => Date.parse(time.length > 0 ? time : '1970'))).toEqual([0, 1, 2]);
    const reader = new Reader();
    reader.messages(['one\ntwo', 'three'], 7, [Date.UTC(2024, 1, 1), Date.UTC(2024, 1, 2)]);
    expect(reader.rows.map(({ time, offset, place, message }) => [time, offset, place, message])).toEqual([
      ['2024-02-01', 7, 0, 'one'],
      ['2024-02-01', 7, 1, 'two'],
      ['2024-02-02', 8, 0, 'three'],
    ]);
  });
});

describe('messages', () => {
  it('are records by themselves, however they are handed over', () => {
    const texts = Array.from({ length: 50 }, (_, i) => `2024-10-03 22:29:${10 + i} INFO a.B: m${i}\n  more\n`);
    const together = new Reader();
    together.messages(texts);
    const apart = new Reader();
    for (const [i, text] of texts.entries()) {
      apart.messages([text], i);
      apart.restart();
    }
    expect(apart.rows).toEqual(together.rows);
    expect(together.rows).toHaveLength(50);
    expect(together.rows[7]).toMatchObject({ offset: 7, message: 'm7\n  more', component: 'a.B', level: 'info' });
  });

  it('take room for their own text each, however many come at once', () => {
    const out = new EventBuilder(new SeriesDictionary(), 1, 8, true);
    const texts = Array.from({ length: 3000 }, (_, i) => `2024-10-03 22:29:10 INFO a.B: message ${i}`);
    let end = 0;
    const ends = Uint32Array.from(texts, ({ length }) => (end += length));
    const decoder = line.create({} as never, out.dictionary);
    decoder.decode({ kind: 'messages', partition: 0, offsets: Float64Array.from(texts, (_, i) => i), ends, bytes: Buffer.from(texts.join('')) }, out);
    expect(out.length).toBe(3000);
    expect(out.lines!.used).toBe(end);
  });

  it('of other encodings are read, binary ones refused', () => {
    const reader = new Reader();
    reader.messages([Buffer.from('\ufeffWARN: für', 'utf16le'), Uint8Array.from({ length: 64 }, (_, i) => i % 5), 'WARN: two']);
    expect(reader.rows.map(({ message }) => message)).toEqual(['für', 'two']);
    expect(reader.bad.map((text) => text.slice(0, 20))).toEqual(['RECORD_MALFORMED @1 ']);
  });
});

describe('layouts that are given', () => {
  it('are fields, a name, or a pattern with named groups', () => {
    const text = '03.10.2024 22:29:03|WARN|shop|it went\n13.10.2024 22:29:04|INFO|shop|and went\n';
    for (const layout of ['{time}|{level}|{component}|{message}', '^(?<time>[^|]+)\\|(?<level>[A-Z]+)\\|(?<component>\\w+)\\|(?<message>.*)$']) {
      const { rows } = read(text, { layout, max_jump: 1e12 });
      expect(rows.map(({ level, component, message }) => [level, component, message])).toEqual([
        ['warn', 'shop', 'it went'],
        ['info', 'shop', 'and went'],
      ]);
      expect(rows[1].stated).toBe('2024-10-13T22:29:04.000Z');
    }
    expect(read('a b', { layout: 'plain' }).rows[0].message).toBe('a b');
  });

  it('that no line has leave every line a row, and the report says so', () => {
    const reader = read(plain(40), { layout: '(?<level>NEVER) (?<message>.*)' });
    expect(reader.rows).toHaveLength(40);
    expect(reader.decoder.report()).toEqual(['layout (?<level>NEVER) (?<message>.*): in none of the first 32 lines']);
  });

  it('begin a record with their time, whatever stands behind it', () => {
    const { rows } = read(`${plain(2)}081109 203600 odd it is\n${plain(1)}`, { layout: '{time:yymmdd} {number} {level} {component}: {message}' });
    expect(rows.map(({ message }) => message)).toEqual(['Receiving block blk_0', 'Receiving block blk_1', 'odd it is', 'Receiving block blk_0']);
    expect(rows[2].stated).toBe('2008-11-09T20:36:00.000Z');
  });

  it('that nobody can read are refused with what is known', () => {
    const refused = (options: Record<string, unknown>): string => {
      try {
        line.create(options as never, new SeriesDictionary());
      } catch (thrown) {
        return (thrown as HomeostatError).message;
      }
      return '';
    };
    expect(refused({ layout: 'sislog' })).toContain('there is no layout "sislog"; known: auto, plain, json');
    expect(refused({ layout: '{tme} {message}' })).toContain('there is no field {tme}; known: number');
    expect(refused({ layout: '{time} {level}' })).toContain('it ends with {message}');
    expect(refused({ layout: '(?<massage>.*)' })).toContain('it names the group "massage"');
    expect(refused({ layout: '(?<message>.*' })).toContain('missing closing )');
    expect(refused({ multiline: '(?=a)' })).toContain('multiline "(?=a)"');
    expect(refused({ utc_offset: 'noon' })).toContain('is no offset');
  });

  it('cannot hang the process', () => {
    const text = `${'a'.repeat(60_000)}!\n`.repeat(10);
    expect(read(text, { layout: '^(?<message>(a+)+)$' }).rows).toHaveLength(10);
    expect(read(text, { multiline: '(a|aa)+$' }).rows.length).toBeGreaterThan(0);
  });
});
