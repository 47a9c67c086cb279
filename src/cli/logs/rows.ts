/** A row a parsed line: CSV after RFC 4180 with a line of names, or an object a line. */
/** A value that stands in place of a wildcard. */
export interface RowParameter {
  type: string;
  value: string;
}

export interface ParsedLine {
  /** From 1. */
  line: number;
  /** ms; NaN for none. */
  time: number;
  level: string;
  component: string;
  event: number;
  template: string;
  parameters: readonly RowParameter[];
}

export interface RowFormat {
  head: string;
  row(line: ParsedLine): string;
}

const COLUMNS = ['line', 'time', 'level', 'component', 'event_id', 'template', 'parameters'] as const;

/** `parameters` as a JSON list of values. */
export const csvRows: RowFormat = {
  head: `${COLUMNS.join(',')}\n`,
  row: ({ line, time, level, component, event, template, parameters }) =>
    `${line},${timeText(time)},${level},${quoted(component)},${event},${quoted(template)},${quoted(JSON.stringify(parameters.map(({ value }) => value)))}\n`,
};

/** `parameters` with their types. */
export const ndjsonRows: RowFormat = {
  head: '',
  row: ({ time, event, ...rest }) => {
    const { line, level, component, template, parameters } = rest;
    return `${JSON.stringify({ line, time: Number.isNaN(time) ? null : timeText(time), level, component, event_id: event, template, parameters })}\n`;
  },
};

let last = { time: NaN, text: '' };

/** Neighbours often have the same time. */
function timeText(time: number): string {
  if (Number.isNaN(time)) return '';
  if (time !== last.time) last = { time, text: new Date(time).toISOString() };
  return last.text;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
