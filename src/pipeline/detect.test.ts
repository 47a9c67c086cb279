import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../core/verdicts.ts';
import { verdictAt } from '../core/verdicts.ts';
import { componentOf } from './config/index.ts';
import { detectPosted, detectStream, type BadRow, type DetectInput } from './detect.ts';
import { registry } from './registry.ts';

const choice = {
  detector: componentOf(registry, 'detector', { sma: { window: 5 } }),
  threshold: componentOf(registry, 'threshold', 'sigma'),
  learn: 'always' as const,
};

/** Everything that a text gives when it comes in chunks of `size` bytes. */
async function detected(
  text: string,
  size = 1 << 20,
  more: Partial<DetectInput> = {},
): Promise<{ verdicts: Verdict[]; bad: BadRow[]; report: readonly string[] }> {
  const bytes = Buffer.from(text);
  const chunks = (async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  })();
  const verdicts: Verdict[] = [];
  const bad: BadRow[] = [];
  let report: readonly string[] = [];
  for await (const one of detectStream({ name: 'a.csv', chunks, time: '', columns: [], ...more }, choice)) {
    for (let i = 0; i < one.verdicts.length; i++) {
      one.identify(i);
      verdicts.push(verdictAt(one.verdicts, i, 'detect', one.dictionary));
    }
    bad.push(...one.bad);
    report = one.report;
  }
  return { verdicts, bad, report };
}

const rows = Array.from({ length: 60 }, (_, i) => (i % 13 === 7 ? `broken,${i}` : `${1_700_000_000 + i},${i === 40 ? 99 : i % 3}`));
const csv = `time,value\n${rows.join('\n')}\n`;

describe('detection over a stream', () => {
  it('says the same however the bytes are cut, from the first header on', async () => {
    const whole = await detected(csv);
    expect(whole.verdicts).toHaveLength(55);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 40, max: 400 }), async (size) => {
        const { verdicts, bad } = await detected(csv, size);
        expect({ verdicts, bad }).toEqual({ verdicts: whole.verdicts, bad: whole.bad });
      }),
      { numRuns: 30 },
    );
  });

  it('scores a file from newest to oldest in order of time, says so, and names the lines of its broken rows', async () => {
    const backwards = `time,value\n${rows.toReversed().join('\n')}\n`;
    const forwards = await detected(csv);
    for (const size of [1 << 20, 300]) {
      const { verdicts, bad, report } = await detected(backwards, size);
      const said = (list: Verdict[]) => list.map(({ time, score, anomalous, late }) => ({ time, score, anomalous, late }));
      expect(said(verdicts)).toEqual(said(forwards.verdicts));
      expect(bad).toHaveLength(5);
      expect(bad[0].line).toBe(2 + rows.toReversed().findIndex((row) => row.startsWith('broken')));
      expect(report).toContain('the rows run from newest to oldest: they are taken in order of time');
    }
  });

  it('leaves rows that come late now and then as they stand', async () => {
    const mixed = [...rows.slice(0, 20), rows[3], ...rows.slice(20)];
    const { verdicts, report } = await detected(`time,value\n${mixed.join('\n')}\n`);
    expect(verdicts.filter(({ late }) => late)).toHaveLength(1);
    expect(report.join()).not.toContain('newest');
  });

  it('reads as the format that is named, with its options', async () => {
    const text = `time,value\n${['01/02/2026 00:00', '01/02/2026 01:00', '01/02/2026 02:00'].map((at, i) => `${at},${i}`).join('\n')}\n`;
    const format = componentOf(registry, 'format', { csv: { date_order: 'dmy', utc_offset: '+02:00' } });
    const { verdicts } = await detected(text, 1 << 20, { format });
    expect(verdicts[0].time).toBe('2026-01-31T22:00:00.000Z');
  });

  it('names the lines of broken rows', async () => {
    const { bad } = await detected(csv, 50);
    expect(bad.map(({ line }) => line)).toEqual([9, 22, 35, 48, 61]);
    expect(bad[0].text).toBe('broken,7');
  });

  it('flags what is older than an event before it in its series, and scores it in its place', async () => {
    const { verdicts } = await detected('time,series,value\n2000000001,a,1\n2000000003,a,1\n2000000002,a,1\n2000000001,b,1\n');
    expect(verdicts.map(({ late }) => late)).toEqual([false, false, true, false]);
  });

  it('takes a bare list of numbers, a second apart', async () => {
    const { verdicts } = await detected('5\n6\n7\n');
    expect(verdicts.map(({ time, values }) => [time, values[0]])).toEqual([
      ['1970-01-01T00:00:00.000Z', 5],
      ['1970-01-01T00:00:01.000Z', 6],
      ['1970-01-01T00:00:02.000Z', 7],
    ]);
  });

  it('names the column that was probably meant, also without its unit', async () => {
    const text = 'time,temperature [°C]\n2024-01-01,1\n2024-01-02,2\n';
    await expect(detected(text, 99, { columns: ['temprature'] })).rejects.toMatchObject({
      code: 'INPUT_NO_COLUMN',
      message: 'a.csv has no column "temprature"; did you mean "temperature [°C]"?',
    });
  });
});

describe('posted points', () => {
  const values = Array.from({ length: 40 }, (_, i) => (i === 30 ? 99 : i % 3));

  it('get one verdict each, in order, the same as in a stream', async () => {
    const verdicts = detectPosted({ values, detector: { sma: { window: 5 } } });
    const streamed = await detected(`value\n${values.join('\n')}\n`);
    expect(verdicts.map(({ score, anomalous }) => [score, anomalous])).toEqual(streamed.verdicts.map(({ score, anomalous }) => [score, anomalous]));
    expect(verdicts[30]).toMatchObject({ values: [99], anomalous: true, onset: 1 });
    expect(new Set(verdicts.map(({ id }) => id)).size).toBe(40);
  });

  it('may have times of any unit, several values, and missing ones', () => {
    const verdicts = detectPosted({
      times: [1_700_000_000, '2023-11-14T22:13:21Z'],
      values: [
        [1, null],
        [2, 3],
      ],
    });
    expect(verdicts.map(({ time }) => time)).toEqual(['2023-11-14T22:13:20.000Z', '2023-11-14T22:13:21.000Z']);
    expect(verdicts[0].values).toEqual([1, null]);
  });

  it.each([
    [{ values: [[1], [1, 2]] }, 'point 1 has 2 values, the first has 1'],
    [{ values: [1], times: ['soon'] }, 'time 0 is "soon"'],
    [{ values: [1], detector: { emma: {} } }, 'unknown name "emma" in detector (detectors); did you mean "ema"?'],
    [{ values: [1], detector: { ema: { span: 1 } } }, 'detector.ema.span is 1, less than the least, 2'],
  ])('are refused with what is wrong: %j', (request, message) => {
    expect(() => detectPosted(request)).toThrow(message);
  });
});
