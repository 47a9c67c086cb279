/** Bounds and what is stated for them: max_series keeps known series going, max_buffer releases what waits. */
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/core/verdicts.ts';
import { csv, lastStatus, prepared, START, yaml } from '../../support/failing.ts';
import { project } from '../../support/oracle.ts';

describe('max_series', () => {
  it('gives events of further series to the dead letters; known series go on as if there were no others', async () => {
    // Series s0, s1, s2 take turns; from row 300 on, every row of s2 carries a key of its own.
    const flood = prepared(csv(900, (line, n) => (n % 3 === 2 && n >= 300 ? line.replace('s2', `new${n}`) : line)));
    expect(await flood.run(yaml({ max_series: '3' }))).toBe('finished');
    const status = lastStatus(flood);
    expect(status.series).toMatchObject({ known: 3, limit: 3 });
    expect(status.counts).toMatchObject({ records: 900, events: 700, verdicts: 700, deadLetters: 200 });
    const { verdicts, deadLetters } = project(flood.data, 'p');
    const letters = deadLetters.map((letter) => JSON.parse(letter) as { code: string; detail: string; text: string });
    expect(letters.every(({ code, detail, text }) => code === 'SERIES_LIMIT' && detail.includes('max_series 3') && text.includes('new'))).toBe(true);
    const rows = csv(900).trimEnd().split('\n');
    const calm = prepared(`${rows.filter((_, i) => i === 0 || !((i - 1) % 3 === 2 && i - 1 >= 300)).join('\n')}\n`);
    await calm.run(yaml({ max_series: '3' }));
    const said = (texts: string[]): string[] =>
      texts
        .map((text) => ({ ...(JSON.parse(text) as Verdict & { place: unknown }), id: '', place: '' }))
        .map((each) => JSON.stringify(each))
        .sort();
    expect(said(verdicts)).toEqual(said(project(calm.data, 'p').verdicts));
  });
});

describe('order.max_buffer', () => {
  it('releases all that waits when it is reached; what comes behind that is late, and the status shows the bound', async () => {
    // Nothing would be released for an hour; ten may wait. Row 15 is older than the ten released before it.
    const rows = Array.from({ length: 30 }, (_, i) => `${START + (i === 15 ? 2_500 : i * 1000)},s,100`);
    const made = prepared(`time,series,value\n${rows.join('\n')}\n`);
    expect(await made.run(yaml({ order: '{ allowed_lateness: 1h, max_buffer: 10 }' }))).toBe('finished');
    const { counts, queues } = lastStatus(made);
    expect(queues.find(({ name }) => name === 'waiting for the watermark')!.limit).toBe(10);
    expect(counts).toMatchObject({ events: 30, verdicts: 30, late: 1 });
    const late = project(made.data, 'p')
      .verdicts.map((text) => JSON.parse(text) as Verdict)
      .filter((verdict) => verdict.late);
    expect(late.map(({ time }) => Date.parse(time))).toEqual([START + 2_500]);
  });
});
