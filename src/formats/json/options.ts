/** Options that `json` and `ndjson` share. */
import { Type, quantity, type Static } from '../../core/schema.ts';

export const jsonOptions = Type.Object({
  time: Type.String({ description: 'Field of the time; empty takes the first there is of time, timestamp, ts, @timestamp, date, datetime, t.', default: '' }),
  time_unit: Type.Union([Type.Literal('auto'), Type.Literal('s'), Type.Literal('ms'), Type.Literal('us'), Type.Literal('ns')], {
    description: 'Unit of times that are numbers since 1970; auto takes the one that puts the time between 1990 and 2100, else seconds.',
    default: 'auto',
  }),
  date_order: Type.Union([Type.Literal('dmy'), Type.Literal('mdy')], { description: 'Order of dates such as 03/04/2024.', default: 'mdy' }),
  utc_offset: Type.String({ description: 'Offset of times that name none, such as +02:00.', default: '+00:00' }),
  value: Type.String({
    description: 'Field of the value (a number) or the values (an array or an object of numbers); empty takes value or values.',
    default: '',
  }),
  series: Type.String({ description: 'Field that names the series; empty takes series, metric, name or key.', default: '' }),
  labels: Type.String({ description: 'Field that holds an object of labels; empty takes labels or tags. Further short texts become labels too.', default: '' }),
  columns: Type.Array(Type.String(), { description: 'Fields of values; empty: the value, or else every field that is a number.', default: [] }),
  together: Type.Boolean({ description: 'The fields named in `columns` are one series of that many values.', default: false }),
  truth: Type.String({
    description:
      'Field that says, where it is neither empty nor false, that an event is part of a fault, and of what kind; see `truth` of the pipeline. No detector sees it.',
    default: '',
  }),
  max_record: quantity('size', 'Longest record; a longer one goes to the dead letters.', '1MiB'),
});

export type JsonOptions = Static<typeof jsonOptions>;

/** The defaults as a decoder gets them. */
export const JSON_DEFAULTS: JsonOptions = {
  time: '',
  time_unit: 'auto',
  date_order: 'mdy',
  utc_offset: '+00:00',
  value: '',
  series: '',
  labels: '',
  columns: [],
  together: false,
  truth: '',
  max_record: 1024 * 1024,
};
