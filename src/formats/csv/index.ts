/** The format `csv`: rows of fields, long (time, series, value) or wide (a series per column). */
import { HomeostatError } from '../../core/errors.ts';
import { defineFormat } from '../../core/schema.ts';
import { CsvDecoder } from './decoder.ts';
import { oneByte } from './dialect.ts';
import { CSV_DEFAULTS, csvOptions } from './layout.ts';

export { sniffCsv } from './sniff.ts';

export const csv = defineFormat({
  name: 'csv',
  summary: 'Rows of fields: finds delimiter, header, time and its unit, series and values, and says what it chose and why.',
  options: csvOptions,
  sample: { time: 'time', series: 'series', columns: ['value'] },
  create(given, dictionary, state) {
    const options = { ...CSV_DEFAULTS, ...given };
    if (options.delimiter !== 'auto') oneByte('delimiter', options.delimiter);
    if (options.together && options.columns.length === 0) {
      throw new HomeostatError('FORMAT_OPTIONS', { format: 'csv', detail: 'together needs the names of the columns (option columns)' });
    }
    return new CsvDecoder(options, dictionary, state);
  },
});
