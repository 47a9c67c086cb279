import { describe, expect, it } from 'vitest';
import { choiceOf, rowFormatOf } from './spec.ts';

describe('a component on the command line', () => {
  it('takes options with their types', () => {
    expect(choiceOf({ detector: 'ema:span=30, min_spread=0.5' }).detector).toEqual({ name: 'ema', options: { span: 30, min_spread: 0.5 } });
  });

  it('takes lists in brackets, beside other options', () => {
    const { detector } = choiceOf({ detector: 'seasonal:holidays=[2026-12-25,2026-12-26],utc_offset=1' });
    expect(detector.options).toMatchObject({ holidays: ['2026-12-25', '2026-12-26'], utc_offset: 1 });
  });

  it('takes a bare number as threshold on the scale of the detector', () => {
    expect(choiceOf({ detector: 'ema', threshold: '4' }).threshold).toEqual({ name: 'sigma', options: { k: 4 } });
    expect(choiceOf({ detector: 'gap', threshold: '4' }).threshold).toEqual({ name: 'static', options: { limit: 4 } });
  });

  it('takes the format of rows with its options, and no format of anything else', () => {
    expect(rowFormatOf(undefined)).toBeUndefined();
    expect(rowFormatOf('csv:date_order=dmy,utc_offset=+02:00')).toMatchObject({
      name: 'csv',
      options: { date_order: 'dmy', utc_offset: '+02:00', header: 'auto' },
    });
    expect(() => rowFormatOf('line')).toThrow(/rows are read as csv, ndjson, json, not as line/);
    expect(() => rowFormatOf('csv:date_ordr=dmy')).toThrow(/date_ordr.*date_order/);
  });

  it('says which part is not an option', () => {
    expect(() => choiceOf({ detector: 'ema:span' })).toThrow(
      expect.objectContaining({ message: expect.stringContaining('"span" in "ema:span" is not name=value') as string }),
    );
  });
});
