import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { csv, sniffCsv } from './index.ts';
import type { CsvOptions } from './layout.ts';

const encoder = new TextEncoder();
const roles = (text: string, options: Partial<CsvOptions> = {}) =>
  Object.fromEntries(sniffCsv(encoder.encode(text), options).columns.map(({ name, role }) => [name, role]));
const report = (text: string, options: Partial<CsvOptions> = {}) => sniffCsv(encoder.encode(text), options).report.join('\n');

function decode(
  text: string,
  options: Partial<CsvOptions> = {},
  width = 1,
): { rows: [string, number, ...number[]][]; refused: string[]; dictionary: SeriesDictionary } {
  const dictionary = new SeriesDictionary();
  const out = new EventBuilder(dictionary, width);
  csv
    .create(options as CsvOptions, dictionary)
    .decode({ kind: 'bytes', partition: 0, offset: 0, bytes: encoder.encode(text), begins: true, ends: true, name: '' }, out);
  const rows = Array.from({ length: out.length }, (_, i): [string, number, ...number[]] => [
    dictionary.get(out.series[i]).key,
    out.time[i],
    ...out.values.subarray(i * width, (i + 1) * width),
  ]);
  return { rows, refused: out.bad.map((record) => record.detail), dictionary };
}

describe('the layout of a CSV text', () => {
  it('is found for a time and a value', () => {
    expect(roles('timestamp,value\n2014-02-14 14:30:00,1.5\n2014-02-14 14:35:00,2\n')).toEqual({ timestamp: 'time', value: 'value' });
  });

  it.each([
    ['20240101', '20240102', 86_400_000],
    ['20240101000000', '20240101001000', 600_000],
    ['20240101T000000Z', '20240101T001000Z', 600_000],
    ['20240101 000000', '20240101 001000', 600_000],
    ['01-Jan-2024 00:00:00', '01-Jan-2024 00:10:00', 600_000],
    ['01/Jan/2024:00:00:00 +0000', '01/Jan/2024:00:10:00 +0000', 600_000],
    ['"Mon, 01 Jan 2024 00:00:00 +0000"', '"Mon, 01 Jan 2024 00:10:00 +0000"', 600_000],
    ['"Jan 1, 2024 12:00 AM"', '"Jan 1, 2024 12:10 AM"', 600_000],
  ])('finds the time in %s', (first, second, step) => {
    const at = Date.UTC(2024, 0);
    expect(decode(`time,value\n${first},1\n${second},2\n`).rows).toEqual([
      ['value', at, 1],
      ['value', at + step, 2],
    ]);
  });

  it('takes a comma in quotes as the decimal mark where it cannot part thousands', () => {
    expect(decode('time,value\n1727994543,"20,5"\n1727994544,"1,250"\n').rows.map(([, , value]) => value)).toEqual([20.5, 1.25]);
    expect(decode('time,value\n1727994543,"1,250"\n1727994544,"1,500"\n').rows).toEqual([]);
    expect(decode('time,value,other\n1727994543,"1,25",1.5\n1727994544,"1,50",2.5\n').rows.map(([, , value]) => value)).toEqual([1.5, 2.5]);
  });

  it('says what keeps texts that begin like numbers from being some', () => {
    expect(report('time,value\n1727994543,20.5 °C\n1727994544,21 °C\n')).toContain('"value" holds "20.5 °C", which is no number: take units');
    expect(report('time,value\n1727994543,$1\n1727994544,$2\n')).toContain('"value" holds "$1", which is no number');
    expect(report('name,city\na,b\nc,d\n')).toMatch(/nothing can be scored$/m);
  });

  it('makes no series of times that it cannot read, and says which', () => {
    const text = 'time,value\n01.01.26 00:00,1\n01.01.26 00:10,2\n';
    expect(roles(text)).toEqual({ time: 'none', value: 'value' });
    expect(report(text)).toContain('"time" is left out: "01.01.26 00:00" is no time that is known');
    expect(roles('day,value\nMonday,1\nTuesday,2\n')).toEqual({ day: 'series', value: 'value' });
  });

  it('refuses a row whose time is beyond all dates', () => {
    const { rows, refused } = decode('time,value\n123456789012345678,1\n99999999999999999999,2\n');
    expect(rows.length + refused.length).toBe(2);
    expect(rows.filter(([, time]) => !(Math.abs(time) <= 8.64e15))).toEqual([]);
  });

  it('takes the column of names as the series, and further texts as labels', () => {
    const text = 'time,host,metric,value,message\n1727994543,a,cpu,1,all is well today my dear friend\n1727994544,b,cpu,2,x\n';
    expect(roles(text)).toEqual({ time: 'time', host: 'series', metric: 'label', value: 'value', message: 'none' });
  });

  it('makes a name a label where there are several columns of values', () => {
    const { rows, dictionary } = decode('time,host,cpu,memory [MB]\n1727994543,a,1,2\n');
    expect(rows).toEqual([
      ['cpu{host=a}', 1727994543000, 1],
      ['memory [MB]{host=a}', 1727994543000, 2],
    ]);
    expect(dictionary.get(1)).toMatchObject({ labels: { host: 'a' }, unit: 'MB' });
  });

  it('gives the host that names a series as a label too', () => {
    expect(decode('time,host,value\n1727994543,a,1\n').dictionary.get(0)).toMatchObject({ key: 'a', labels: { host: 'a' } });
  });

  it('leaves out row numbers and labelled truth', () => {
    const text = ',timestamp,value,is_anomaly\n0,2024-01-01,5,0\n1,2024-01-02,6,1\n2,2024-01-03,5,0\n';
    expect(roles(text)).toEqual({ column1: 'none', timestamp: 'time', value: 'value', is_anomaly: 'none' });
    expect(sniffCsv(encoder.encode(text)).columns[3].kind).toBe('anomaly');
  });

  it('takes a number that names a sensor as the series', () => {
    expect(roles('time,sensor_id,value\n1727994543,7,1.5\n1727994544,9,2.5\n')).toEqual({ time: 'time', sensor_id: 'series', value: 'value' });
  });

  it('knows a rising epoch number without a name as the time', () => {
    expect(decode('1727994543000,1\n1727994544000,2\n').rows).toEqual([
      ['column2', 1727994543000, 1],
      ['column2', 1727994544000, 2],
    ]);
  });

  it('adds a time of day in a column of its own to the date', () => {
    const text = 'Date;Time;CO\n10/03/2024;18:00:30;2,6\n13/03/2024;19:00;2\n14/03/2024;late;2\n';
    expect(roles(text)).toEqual({ Date: 'time', Time: 'clock', CO: 'value' });
    const { rows, refused } = decode(text);
    expect(rows).toEqual([
      ['CO', Date.UTC(2024, 2, 10, 18, 0, 30), 2.6],
      ['CO', Date.UTC(2024, 2, 13, 19), 2],
    ]);
    expect(refused).toEqual(['column "Time": "late" is no time']);
  });

  it('says that there is no time, and refuses the rows with that reason', () => {
    expect(report('a,b\n1.5,2\n2.5,1\n')).toContain('no column holds a time');
    expect(decode('a,b\n1.5,2\n').refused).toEqual(['no column holds a time (columns: a, b)']);
  });

  it('resolves day and month by evidence, or says that it could not', () => {
    expect(report('date,v\n03/04/2024,1\n13/04/2024,2\n')).toContain('day/month/year, since 1 of 2 can be nothing else');
    expect(report('date,v\n03/04/2024,1\n04/04/2024,1\n05/04/2024,2\n')).toContain('day/month/year, since that puts the rows in order');
    expect(report('date,v\n04/04/2024,1\n')).toContain('could be day/month or month/day');
    expect(report('date,v\n13/04/2024,1\n04/14/2024,1\n')).toContain('contradict');
    expect(decode('date,v\n03/04/2024,1\n13/04/2024,2\n').rows.map((row) => row[1])).toEqual([Date.UTC(2024, 3, 3), Date.UTC(2024, 3, 13)]);
  });

  it('reads several time formats in one column, each as what it is', () => {
    const text = 'time,value\n2024-10-03T22:29:03Z,1\n1727994543,2\n1727994543000,3\n2024-10-03 22:29:03,4\n2024/10/03 22:29:03,5\nyesterday,6\n';
    const { rows, refused } = decode(text);
    expect(rows.map((row) => row.slice(1))).toEqual([1, 2, 3, 4, 5].map((value) => [1727994543000, value]));
    expect(refused).toEqual(['column "time": "yesterday" is no time']);
    expect(report(text)).toContain('mixes');
  });

  it('names the column and the text of a bad row, and goes on', () => {
    const good = 'time,value\n1727994543,1\n1727994544,1\n1727994545,1\n';
    const { rows, refused } = decode(`${good}1727994546,abc\n1727994547,"a"b\n1727994548\n1727994549,9\n`);
    expect(rows.length).toBe(4);
    expect(refused).toEqual([
      'column "value": "abc" is no number',
      'column "value": "a" is followed by text behind its closing quote',
      '1 field where there are 2 columns',
    ]);
  });

  it('refuses rows of a stream without a named column, and tells the CLI before', () => {
    expect(() => sniffCsv(encoder.encode('time,cpu\n1727994543,1\n'), { columns: ['CPU'] })).toThrow('has no column "CPU"; did you mean "cpu"?');
    expect(decode('time,cpu\n1727994543,1\n', { columns: ['memory'] }).refused).toEqual(['The CSV text has no column "memory"; its columns: time, cpu']);
  });

  it('has no rows for an empty text or a lone header', () => {
    expect(sniffCsv(new Uint8Array(0))).toMatchObject({ rows: 0, columns: [] });
    expect(sniffCsv(encoder.encode('time,value\n'))).toMatchObject({ rows: 0, columns: [{ name: 'time' }, { name: 'value' }] });
  });

  it('refuses options that cannot work', () => {
    const create = (options: Partial<CsvOptions>) => () => csv.create(options as CsvOptions, new SeriesDictionary());
    expect(create({ together: true })).toThrow('columns');
    expect(create({ delimiter: ',,' })).toThrow('one ASCII character');
    expect(() => decode('time,a\n1727994543,1\n', { utc_offset: 'Berlin' })).toThrow('Berlin');
  });
});

describe('quoted fields', () => {
  it('give back the series that was written, whatever it holds', () => {
    const name = fc
      .string({ unit: fc.constantFrom('a', 'b', '"', ',', ';', '\n', '\r', ' ', 'é', '€', '#', '\t'), minLength: 1, maxLength: 12 })
      .filter((text) => text === text.trim() && text !== '');
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 8 }), fc.constantFrom('\n', '\r\n'), (names, newline) => {
        const lines = names.map((text, i) => `${1727994543000 + i},"${text.replaceAll('"', '""')}",${i}`);
        const { rows, refused } = decode(`time,series,value${newline}${lines.join(newline)}${newline}`, {
          delimiter: ',',
          header: 'yes',
          time: 'time',
          series: 'series',
          columns: ['value'],
        });
        expect(refused).toEqual([]);
        expect(rows).toEqual(names.map((text, i) => [text, 1727994543000 + i, i]));
      }),
    );
  });

  it('are read whatever the number of series, also where hashes meet', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `${1727994543000 + i},s${i % 5000},${i}`);
    const { rows, dictionary } = decode(`time,series,value\n${many.join('\n')}\n`);
    expect(dictionary.size).toBe(5000);
    expect(rows.every(([key, , value]) => key === `s${value % 5000}`)).toBe(true);
  });
});

describe('messages', () => {
  it('are small texts of their own: their rows share the offset and are told apart by their place', () => {
    const dictionary = new SeriesDictionary();
    const out = new EventBuilder(dictionary);
    const decoder = csv.create({} as CsvOptions, dictionary);
    const texts = ['time,a,b\n1727994543,1,2\n1727994544,3,x\n1727994545,5,6', 'time,a,b\n1727994546,7,8\n'].map((text) => encoder.encode(text));
    const bytes = new Uint8Array([...texts[0], ...texts[1]]);
    decoder.decode({ kind: 'messages', partition: 1, offsets: Float64Array.of(10, 11), ends: Uint32Array.of(texts[0].length, bytes.length), bytes }, out);
    expect(Array.from(out.values.subarray(0, out.length))).toEqual([1, 2, 5, 6, 7, 8]);
    expect(Array.from(out.offset.subarray(0, out.length))).toEqual([10, 10, 10, 10, 11, 11]);
    expect(Array.from(out.place.subarray(0, out.length))).toEqual([0, 1, 4, 5, 0, 1]);
    expect(out.bad).toMatchObject([{ offset: 10, place: 2, detail: 'column "b": "x" is no number' }]);
  });
});
