/** Messages of a running process on standard error: a line of text, or JSON, each. */
import type { Config } from '../pipeline/config/index.ts';
import type { Colours } from './terminal.ts';
import { printable } from './text.ts';

type Level = Config['log']['level'];
const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error'];

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A message of the engine; `pipeline` is empty for the process. */
  line(level: 'info' | 'warn' | 'error', message: string, pipeline: string): void;
}

/** Writes what is at least as grave as the level of the configuration. */
export function createLog({ level, format }: Config['log'], colours: Colours, write: (text: string) => void = (text) => void process.stderr.write(text)): Log {
  const least = LEVELS.indexOf(level);
  const put = (at: Level, fields: object, message: string): void => {
    if (LEVELS.indexOf(at) < least) return;
    write(
      format === 'json'
        ? `${JSON.stringify({ time: new Date().toISOString(), level: at, message, ...plainFields(fields) })}\n`
        : textLine(at, fields, message, colours),
    );
  };
  return {
    info: (fields, message) => put('info', fields, message),
    warn: (fields, message) => put('warn', fields, message),
    error: (fields, message) => put('error', fields, message),
    line: (at, message, pipeline) => put(at, pipeline === '' ? {} : { pipeline }, message),
  };
}

function textLine(level: Level, fields: object, message: string, colours: Colours): string {
  const { pipeline, ...rest } = plainFields(fields) as { pipeline?: string };
  const paint = level === 'error' ? colours.red : level === 'warn' ? colours.yellow : colours.dim;
  const more = Object.entries(rest).map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  // Further lines are indented, so that a name with a line end in it cannot pass for a line of its own.
  const said = (text: string): string => printable(text).replaceAll('\n', '\n  ');
  return `${new Date().toISOString()} ${paint(level.padEnd(5))} ${said(`${pipeline === undefined ? '' : `${pipeline}: `}${message}`)}${colours.dim(said(more.join('')))}\n`;
}

/** Errors by their message, everything else as it is. */
function plainFields(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? value.message : (value as unknown)]));
}
