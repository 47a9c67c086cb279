/** The commands and their options. Each command is loaded only when it is called. */
import { Command } from 'commander';
import { examples, type Runner } from './arguments.ts';
import { helpLayout } from './help.ts';
import { addBench } from './programs/bench.ts';
import { addCompare, addDetect, addDetectors, addTune } from './programs/files.ts';
import { addLogs } from './programs/logs.ts';
import { addNotify } from './programs/notify.ts';
import { addDemo, addDoctor, addInit, addLedger, addRun, addValidate } from './programs/process.ts';
import { addAnswers, addSet } from './programs/running.ts';
import { version } from './version.ts';

export type { Runner } from './arguments.ts';

export function buildProgram(run: Runner): Command {
  const program = new Command('homeostat')
    .description('Watches streams of numbers and logs, finds anomalies as they happen, and acts on them.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .showHelpAfterError('(--help shows what is taken)')
    .configureHelp(helpLayout(process.stdout.columns ?? 100))
    .addHelpText('after', examples(['homeostat demo', 'homeostat detect temperatures.csv --plot', 'homeostat init && homeostat run homeostat.yaml']));
  for (const add of [
    addDetect,
    addLogs,
    addCompare,
    addTune,
    addDetectors,
    addBench,
    addDemo,
    addRun,
    addValidate,
    addNotify,
    addInit,
    addDoctor,
    addLedger,
    addAnswers,
    addSet,
  ])
    add(program, run);
  return program;
}
