/** Options of the format `line`. */
import { Type, quantity, type Static } from '../../core/schema.ts';

export const lineOptions = Type.Object({
  encoding: Type.Union([Type.Literal('auto'), Type.Literal('utf-8'), Type.Literal('latin1'), Type.Literal('utf-16le'), Type.Literal('utf-16be')], {
    description: 'Encoding; auto looks for a byte order mark or the zeros of UTF-16 and else takes UTF-8, of which invalid bytes stay as they are.',
    default: 'auto',
  }),
  max_line: quantity(
    'size',
    'Longest line, and longest record of joined lines. Of a longer line the beginning is a row; the rest is left out, counted and reported.',
    '64KiB',
  ),
  multiline: Type.String({
    description:
      'How lines make a record: auto joins lines without a header (stack traces) to the one before, as soon as the layout has a header; none; or a pattern (RE2) that the first line of every record matches. The last record waits for the line behind it.',
    default: 'auto',
  }),
  layout: Type.String({
    description:
      'What stands in front of the message: auto finds it from the first 32 lines; a name (plain, json, logfmt, journald, syslog3164, syslog5424, klog, logcat, access, nginx, apache); fields such as `{time} {level} [{any}] {component}: {message}`; or a pattern (RE2) with groups time, level, component, message.',
    default: 'auto',
  }),
  utc_offset: Type.String({ description: 'Offset of times that name none, such as +02:00.', default: '+00:00' }),
  year: Type.Integer({
    description:
      'Year of the first time where the layout has none (syslog); 0 takes the latest one in which it is not in the future. It counts on at each turn of the year.',
    default: 0,
    minimum: 0,
    maximum: 9999,
  }),
  max_jump: quantity(
    'duration',
    'A time further ahead of the line before is believed once the next lines confirm it; until then its lines count at the time before.',
    '1d',
  ),
  series: Type.String({ description: 'Series of the rows.', default: 'lines', minLength: 1 }),
});

export type LineOptions = Static<typeof lineOptions>;

/** The defaults as a decoder gets them. */
export const LINE_DEFAULTS: LineOptions = {
  encoding: 'auto',
  max_line: 64 * 1024,
  multiline: 'auto',
  layout: 'auto',
  utc_offset: '+00:00',
  year: 0,
  max_jump: 86_400_000,
  series: 'lines',
};
