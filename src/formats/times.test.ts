import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_RULE, daysFrom1970, timeOfText, type TimeRule } from './times.ts';

const read = (text: string, rule: Partial<TimeRule> = {}) => timeOfText(text, { ...DEFAULT_RULE, ...rule });
const instant = fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });

describe('times from bytes', () => {
  it('agree with Date.parse on ISO 8601 in every length and with every offset', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: -1439, max: 1439 }), (date, minutes) => {
        const iso = date.toISOString();
        const offset = `${minutes < 0 ? '-' : '+'}${String(Math.trunc(Math.abs(minutes) / 60)).padStart(2, '0')}:${String(Math.abs(minutes) % 60).padStart(2, '0')}`;
        for (const text of [
          iso,
          `${iso.slice(0, 19)}Z`,
          `${iso.slice(0, 16)}Z`,
          iso.slice(0, 10),
          `${iso.slice(0, 23)}${offset}`,
          `${iso.slice(0, 19)}${offset}`,
        ]) {
          expect(read(text), text).toBe(Date.parse(text));
        }
        expect(read(`${iso.slice(0, 10)} ${iso.slice(11, 23)}`)).toBe(date.getTime());
        expect(read(`${iso.slice(0, 10)} ${iso.slice(11, 19)},${iso.slice(20, 23)}`)).toBe(date.getTime());
      }),
      { numRuns: 2000 },
    );
  });

  it('refuse dates and hours that do not exist, as Date.parse does', () => {
    const two = fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, '0'));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9999 }), fc.array(two, { minLength: 5, maxLength: 5 }), (year, [month, day, hour, minute, second]) => {
        const date = `${String(year).padStart(4, '0')}-${month}-${day}`;
        const text = `${date}T${hour}:${minute}:${second}Z`;
        // Date.parse lets 30 February roll over into March; a day that is not in the calendar is no time here.
        const exists = new Date(`${date}T00:00:00Z`).getUTCDate() === Number(day);
        expect(read(text), text).toBe(exists ? Date.parse(text) : NaN);
      }),
      { numRuns: 2000 },
    );
  });

  it('count days as Date does', () => {
    fc.assert(
      fc.property(
        instant,
        (date) => void expect(daysFrom1970(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())).toBe(Math.floor(date.getTime() / 86_400_000)),
      ),
    );
  });

  it('read epoch numbers in the unit that makes them dates of our age', () => {
    const ours = fc.integer({ min: Date.UTC(1991, 0), max: Date.UTC(2099, 0) });
    fc.assert(
      fc.property(ours, (ms) => {
        expect(read(String(ms))).toBe(ms);
        expect(read(`${ms}000`)).toBe(ms);
        expect(read(`${ms}000000`)).toBe(ms);
        expect(read((ms / 1000).toFixed(3))).toBe(ms);
        expect(read(String(Math.trunc(ms / 1000)))).toBe(Math.trunc(ms / 1000) * 1000);
        expect(read(`${ms}500`)).toBe(ms + 0.5);
        expect(read(`${ms}500000`)).toBe(ms + 0.5);
      }),
    );
  });

  it('keep to the unit that was given', () => {
    expect(read('1500', { unit: 's', absolute: false })).toBe(1_500_000);
    expect(read('1500.5', { unit: 's', absolute: false })).toBe(1_500_500);
    expect(read('-1.5', { unit: 's', absolute: false })).toBe(-1500);
    expect(read('1700000000', { unit: 'ms', absolute: false })).toBe(1_700_000_000);
    expect(read('1700000000123456789', { unit: 'ns', absolute: false })).toBeCloseTo(1_700_000_000_123.4568, 3);
    expect(read('1.7e9', { unit: 's', absolute: false })).toBe(1.7e12);
    expect(read('5', { unit: 'ns', absolute: false })).toBe(5e-6);
  });

  it('read dates with the year last in the order told, and twelve-hour clocks', () => {
    expect(read('03/04/2024 05:06', { order: 'dmy' })).toBe(Date.UTC(2024, 3, 3, 5, 6));
    expect(read('03/04/2024 05:06', { order: 'mdy' })).toBe(Date.UTC(2024, 2, 4, 5, 6));
    expect(read('3.4.2024', { order: 'mdy' })).toBe(Date.UTC(2024, 3, 3));
    expect(read('2024/4/3 5:06:07 PM')).toBe(Date.UTC(2024, 3, 3, 17, 6, 7));
    expect(read('2024-04-03 12:00:00 AM')).toBe(Date.UTC(2024, 3, 3));
    expect(read('13/13/2024')).toBe(NaN);
  });

  it('apply the offset of the column only where the text names none', () => {
    expect(read('2024-04-03 02:00:00', { offset: 120 })).toBe(Date.UTC(2024, 3, 3));
    expect(read('2024-04-03 02:00', { offset: 120 })).toBe(Date.UTC(2024, 3, 3));
    expect(read('2024-04-03T02:00:00Z', { offset: 120 })).toBe(Date.UTC(2024, 3, 3, 2));
    expect(read('2024-04-03 02:00:00 +0130', { offset: 120 })).toBe(Date.UTC(2024, 3, 3, 0, 30));
    expect(read('2024-04-03 02:00:00 UTC', { offset: 120 })).toBe(Date.UTC(2024, 3, 3, 2));
  });

  it('read dates that name their month, with a clock, an offset and a weekday where there are some', () => {
    const at = Date.UTC(2024, 9, 3, 22, 29, 3);
    expect(read('2024-10-03 22:29:03 GMT')).toBe(at);
    for (const text of [
      '03-Oct-2024 22:29:03',
      '3 October 2024 22:29:03',
      '03/Oct/2024:22:29:03 +0000',
      'Thu, 03 Oct 2024 22:29:03 GMT',
      'Thu, 03 Oct 2024 23:29:03 +0100',
      'Oct 3, 2024 22:29:03',
      'October 3rd 2024 at 10:29:03 PM',
      '2024-Oct-03T22:29:03Z',
      'Thu Oct  3 22:29:03 2024',
      'Thu Oct  3 22:29:03 UTC 2024',
      'Thu Oct 03 22:29:03.000 +0000 2024',
    ])
      expect(read(text), text).toBe(at);
    expect(read('Oct 3, 2024')).toBe(Date.UTC(2024, 9, 3));
    expect(read('03-Oct-2024', { offset: 120 })).toBe(Date.UTC(2024, 9, 2, 22));
    expect(read('03-Oct-2024 22:29:03', { offset: 120 })).toBe(at - 7_200_000);
  });

  it('read ISO 8601 without marks, and numbers that are dates where the rule says so', () => {
    const at = Date.UTC(2024, 9, 3, 22, 29, 3);
    expect(read('20241003T222903Z')).toBe(at);
    expect(read('20241003T2229Z')).toBe(at - 3000);
    expect(read('20241003T222903.250+0200')).toBe(at + 250 - 7_200_000);
    expect(read('20241003 22:29:03')).toBe(at);
    expect(read('20241003222903', { compact: true })).toBe(at);
    expect(read('202410032229', { compact: true, offset: 60 })).toBe(at - 3000 - 3_600_000);
    expect(read('20241003', { compact: true })).toBe(Date.UTC(2024, 9, 3));
    for (const text of ['20241303T222903Z', '20241003T2529', '20241003T22290', '20241332']) expect(read(text, { compact: true }), text).toBe(NaN);
  });

  it('are none where no date is that far away', () => {
    expect(read('20260101000000', { unit: 's', absolute: false })).toBe(NaN);
    expect(read('8640000000001', { unit: 's', absolute: false })).toBe(NaN);
    expect(read('8640000000000', { unit: 's', absolute: false })).toBe(8.64e15);
    expect(read('1e300')).toBe(NaN);
  });

  it('never take for a time what is none', () => {
    for (const text of [
      '',
      'noon',
      '2024-',
      '2024-13-01',
      '2024-01-01T',
      '2024-01-01T10',
      '2024-01-01T10:00:00X',
      '10:00',
      '2024-01-01T10:00:00+2',
      '2024-01-01T10:00:00.Z',
      '31-Feb-2024',
      '03-Foo-2024',
      '03-Oct-24',
      'Oct 3',
      'March 2024',
      'Oct 3, 2024 noon',
      'Thu Oct  3 22:29:03 CEST 2024',
      '20241003T',
    ]) {
      expect(read(text), text).toBe(NaN);
    }
  });
});
