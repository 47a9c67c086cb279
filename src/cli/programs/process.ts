/** The options of the commands that run a configuration, write one, or look after what it runs on. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { loaded } from '../../core/heap.ts';
import { warmEngine } from '../../pipeline/engine-worker.ts';
import { examples, json, wholeNumber, type Runner } from '../arguments.ts';

const dataFolder = (): Option => new Option('--data <folder>', 'data folder, in place of the one that the file names');
const port = (): Option => new Option('--port <number>', 'port of the server, in place of the one that the file names').argParser(portNumber);

export function addDemo(program: Command, run: Runner): void {
  program
    .command('demo')
    .summary('see it work, with nothing to prepare')
    .description(
      'Without a scenario: a process with response times, sensors, hosts, this machine and a pipeline to push to, and its dashboard.\n' +
        'With one: prints the configuration it runs, then a line for every value.',
    )
    .argument('[scenario]', 'response-time')
    .addOption(new Option('-d, --detector <name>', 'detector of the scenario').choices(['sma', 'ema']).default('sma'))
    .addOption(dataFolder())
    .addOption(port())
    .option('--values <number>', 'end after so many values of the scenario; 0 never ends', wholeNumber, 0)
    .option('--rate <rate>', 'values per second of the scenario', '2/s')
    .addHelpText('after', examples(['homeostat demo', 'homeostat demo response-time --detector ema']))
    .action((scenario: string | undefined, options: Parameters<typeof import('../commands/demo.ts').demo>[1]) =>
      run(async () => {
        warmEngine();
        return (await loaded(import('../commands/demo.ts'))).demo(scenario, options);
      }),
    );
}

export function addRun(program: Command, run: Runner): void {
  program
    .command('run')
    .summary('run a configuration file')
    .description(
      'Runs every pipeline of the file, and the server. SIGTERM or Ctrl-C ends with a last commit, a second one at once; SIGHUP reads the file again.',
    )
    .argument('<file>', 'configuration')
    .addOption(dataFolder())
    .addOption(port())
    .option('--once', 'end when every source has ended')
    .option('--no-server', 'without REST, dashboard and pushes')
    .addHelpText('after', examples(['homeostat run homeostat.yaml', 'homeostat run backfill.yaml --once --no-server']))
    .action((file: string, options: Parameters<typeof import('../commands/run.ts').run>[1]) =>
      run(async () => {
        warmEngine();
        return (await loaded(import('../commands/run.ts'))).run(file, options);
      }),
    );
}

export function addValidate(program: Command, run: Runner): void {
  program
    .command('validate')
    .summary('check a configuration file')
    .description('Checks every key and value of the file and says everything that is wrong with it, each with its line and column.')
    .argument('<file>', 'configuration')
    .option('--plan', 'also say how the pipelines will run')
    .option('--live', 'also try to reach what the file names')
    .option('--print', 'print the file with every default filled in, secrets hidden')
    .addOption(json())
    .addHelpText('after', examples(['homeostat validate homeostat.yaml --plan', 'homeostat validate homeostat.yaml --live']))
    .action((file: string, options: Parameters<typeof import('../commands/validate.ts').validate>[1]) =>
      run(async () => (await import('../commands/validate.ts')).validate(file, options)),
    );
}

export function addInit(program: Command, run: Runner): void {
  program
    .command('init')
    .summary('write a first configuration file')
    .description('Writes a commented configuration that is valid and runs as it is. An existing file is never overwritten.')
    .argument('[file]', 'file to write', 'homeostat.yaml')
    .addOption(new Option('-s, --scenario <name>', 'what the file watches').choices(['host', 'response-time', 'csv', 'push']).default('host'))
    .addHelpText('after', examples(['homeostat init', 'homeostat init push.yaml --scenario push']))
    .action((file: string, options: { scenario: string }) => run(async () => (await import('../commands/init.ts')).init(file, options)));
}

export function addDoctor(program: Command, run: Runner): void {
  program
    .command('doctor')
    .summary('check what this machine offers')
    .description('Checks Node.js, the port, the data folder with its room, rights and speed, and the clock.')
    .addOption(new Option('--data <folder>', 'data folder to check').default('./data'))
    .addOption(port().default(7070))
    .addOption(json())
    .addHelpText('after', examples(['homeostat doctor', 'homeostat doctor --data /var/lib/homeostat --json']))
    .action((options: { data: string; port: number; json?: boolean }) => run(async () => (await import('../commands/doctor.ts')).doctor(options)));
}

export function addLedger(program: Command, run: Runner): void {
  const ledger = program.command('ledger').summary('look into and mend what is stored').description('Looks into the ledger of a data folder, and mends it.');
  ledger.addHelpText('after', examples(['homeostat ledger info', 'homeostat ledger check --data data/demo', 'homeostat ledger repair --yes']));
  const add = (name: 'info' | 'check' | 'repair' | 'dead-letters', summary: string, shape: (command: Command) => Command = (command) => command): void => {
    shape(ledger.command(name).description(summary).addOption(new Option('--data <folder>', 'data folder').default('./data')).addOption(json())).action(
      (options) => run(async () => (await import('../commands/ledger.ts')).ledger(name, options)),
    );
  };
  add('info', 'say what the ledger holds: pipelines, checkpoints, incidents, sizes');
  add('check', 'verify the ledger and every journal; changes nothing');
  add('repair', 'go back to the newest whole checkpoint or savepoint', (command) => command.option('-y, --yes', 'do it; without, only say what would be done'));
  add('dead-letters', 'list records that could not become events', (command) =>
    command.option('--pipeline <name>', 'only of this pipeline').option('-n, --limit <number>', 'most of them, newest first', wholeNumber, 20),
  );
}

function portNumber(text: string): number {
  const number = wholeNumber(text);
  if (number > 65_535) throw new InvalidArgumentError('Ports go up to 65535.');
  return number;
}
