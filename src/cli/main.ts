/** The program `homeostat`. */
import { CommanderError, type Command } from 'commander';
import { sweepHeapEarly } from '../core/heap.ts';
import { errorJson, errorText, EXIT, exitCodeOf } from './exit.ts';
import { buildProgram } from './program.ts';
import { coloursFor, endWithReader } from './terminal.ts';

sweepHeapEarly();

/** Usage errors leave with 2, and every subcommand throws instead of ending the process. */
function throwing(command: Command): Command {
  command.exitOverride();
  for (const child of command.commands) throwing(child);
  return command;
}

async function main(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const program = throwing(
    buildProgram(async (run) => {
      code = await run();
    }),
  );
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
    process.stderr.write(args.includes('--json') ? errorJson(thrown) : errorText(thrown, coloursFor(process.stderr, process.env)));
    return exitCodeOf(thrown);
  }
}

endWithReader();
process.exitCode = await main(process.argv.slice(2));
