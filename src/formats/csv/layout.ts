/** What a CSV stream looks like, as plain JSON: kept with the position, so that a restart decodes the same. */
import { Type, quantity, type Static } from '../../core/schema.ts';
import type { TimeRule } from '../times.ts';

/** What the fields of a column are; `clock` is a time of day beside a column of dates; `anomaly` is a label that says which rows are anomalous; `empty` had no value in the rows looked at. */
export type ColumnKind = 'time' | 'clock' | 'numeric' | 'text' | 'anomaly' | 'empty';
/** What a column is used for. */
export type ColumnRole = 'time' | 'clock' | 'series' | 'label' | 'value' | 'none';

export interface CsvColumn {
  name: string;
  kind: ColumnKind;
  role: ColumnRole;
  /** Unit of the values, from a header like `temperature [°C]`; else ''. */
  unit: string;
}

export interface CsvLayout {
  delimiter: string;
  /** The header line as written, or null without one. */
  header: string | null;
  /** Lines that begin with it are skipped; '' for none. */
  comment: string;
  decimal: '.' | ',';
  /** `long`: one column names the series and one holds the value; `wide`: each value column is a series of its own. */
  form: 'long' | 'wide';
  /** All value columns are one series of that width. */
  together: boolean;
  /** Name of that series where no column names it. */
  name: string;
  columns: CsvColumn[];
  /** Indexes of the columns of values, in the order of the values. */
  values: number[];
  time: TimeRule;
  /** ms from row to row where no column holds a time; 0: such rows are refused. */
  step: number;
  /** Why no row can be decoded (a column that an option names is not there); '' when rows can. */
  unfit: string;
  /** Rows looked at. */
  rows: number;
  /** What was chosen and why, in words. */
  report: string[];
}

export const csvOptions = Type.Object({
  delimiter: Type.String({ description: 'Character between two fields; `auto` finds out: , ; tab |', default: 'auto' }),
  header: Type.Union([Type.Literal('auto'), Type.Literal('yes'), Type.Literal('no')], {
    description: 'Whether the first line names the columns. Without names they are column1, column2, …',
    default: 'auto',
  }),
  time: Type.String({ description: 'Column that holds the time; empty finds out.', default: '' }),
  time_unit: Type.Union([Type.Literal('auto'), Type.Literal('s'), Type.Literal('ms'), Type.Literal('us'), Type.Literal('ns')], {
    description: 'Unit of times that are numbers since 1970.',
    default: 'auto',
  }),
  date_order: Type.Union([Type.Literal('auto'), Type.Literal('dmy'), Type.Literal('mdy')], {
    description: 'Order of dates such as 03/04/2024: day first or month first.',
    default: 'auto',
  }),
  utc_offset: Type.String({ description: 'Offset of times that name none, such as +02:00.', default: '+00:00' }),
  step: quantity('duration', 'Time from row to row where no column holds a time: row n is n steps after 1970. 0 refuses such rows.', '0ms'),
  series: Type.String({ description: 'Column that names the series; empty finds out.', default: '' }),
  labels: Type.Optional(Type.Array(Type.String(), { description: 'Columns that become labels; absent: every further text column.' })),
  columns: Type.Array(Type.String(), { description: 'Columns of values; empty: every column of numbers.', default: [] }),
  together: Type.Boolean({ description: 'The columns named in `columns` are one series of that many values.', default: false }),
  decimal: Type.Union([Type.Literal('auto'), Type.Literal('.'), Type.Literal(',')], { description: 'Decimal mark.', default: 'auto' }),
  comment: Type.String({ description: 'Lines that begin with this character are skipped; empty for none.', default: '#' }),
  max_record: quantity('size', 'Longest row; a longer one goes to the dead letters.', '1MiB'),
});

export type CsvOptions = Static<typeof csvOptions>;

/** The defaults as a decoder gets them. */
export const CSV_DEFAULTS: CsvOptions = {
  delimiter: 'auto',
  header: 'auto',
  time: '',
  time_unit: 'auto',
  date_order: 'auto',
  utc_offset: '+00:00',
  step: 0,
  series: '',
  columns: [],
  together: false,
  decimal: 'auto',
  comment: '#',
  max_record: 1024 * 1024,
};
