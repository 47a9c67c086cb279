/** What the commands have in common: options and the values that they take. */
import { InvalidArgumentError, Option } from 'commander';
import { parseQuantity } from '../core/units.ts';

/** Runs a command and notes its exit code. */
export type Runner = (run: () => Promise<number>) => Promise<void>;

/** Data on standard output, messages on standard error; codes are listed in docs/reference/cli.md. */
export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}

export const json = (what = 'write JSON'): Option => new Option('--json', what);
export const url = (): Option => new Option('--url <address>', 'server of the running process').default('http://127.0.0.1:7070');

export function names(text: string): string[] {
  const list = text.split(',').map((name) => name.trim());
  if (list.some((name) => name === '')) throw new InvalidArgumentError('Give names separated by commas.');
  return list;
}

/** Of an option that may be given several times. */
export function more(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text.trim()) || !Number.isSafeInteger(number)) throw new InvalidArgumentError('Give a whole number, 0 or more.');
  return number;
}

/** In ms. */
export function duration(text: string): number {
  const ms = parseQuantity('duration', text);
  if (ms === undefined) throw new InvalidArgumentError('Give a duration, such as 90s, 15m or 12h.');
  return ms;
}
