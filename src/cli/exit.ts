/** How a command ends: exit codes, and errors as a person reads them. */
import { HomeostatError, messageOf } from '../core/errors.ts';
import type { Colours } from './terminal.ts';
import { printable } from './text.ts';

/** Documented in docs/reference/cli.md. */
export const EXIT = { ok: 0, failed: 1, usage: 2, anomalies: 3, configuration: 78 } as const;

/** An error of the closed list that holds several: everything that is wrong with a configuration file. */
interface Several extends HomeostatError {
  readonly errors: readonly HomeostatError[];
}

function all(error: HomeostatError): readonly HomeostatError[] {
  return (error as Partial<Several>).errors ?? [error];
}

/** 78 for a wrong configuration, 2 for a wrong option, else 1. */
export function exitCodeOf(thrown: unknown): number {
  if (!(thrown instanceof HomeostatError)) return EXIT.failed;
  if (thrown.code.startsWith('CONFIG_') || thrown.code === 'SERVER_NEEDS_TOKEN') return EXIT.configuration;
  return thrown.code === 'OPTION_INVALID' || thrown.code === 'SETTING_UNKNOWN' ? EXIT.usage : EXIT.failed;
}

/** What happened, what it means, what to do; the stack of what is no error of ours only with HOMEOSTAT_DEBUG. */
export function errorText(thrown: unknown, colours: Colours): string {
  if (!(thrown instanceof HomeostatError)) {
    const stack = process.env['HOMEOSTAT_DEBUG'] && thrown instanceof Error ? `\n${thrown.stack ?? ''}` : '';
    return `${colours.red('error')} ${messageOf(thrown)}${stack}\n`;
  }
  return all(thrown)
    .map(
      ({ code, message, means, mend }) =>
        `${colours.red('error')} ${printable(message)} ${colours.dim(`[${code}]`)}\n      ${means}\n      ${colours.bold(printable(mend))}\n`,
    )
    .join('');
}

/** The same for programs, with --json. */
export function errorJson(thrown: unknown): string {
  const errors = thrown instanceof HomeostatError ? all(thrown) : [{ code: 'INTERNAL', message: messageOf(thrown), means: '', mend: '' }];
  return `${JSON.stringify({ errors: errors.map(({ code, message, means, mend }) => ({ code, message, means, mend })) })}\n`;
}
