/** The commands and their options. Each command is loaded only when it is called. */
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { EXAMPLES } from '../core/schema.ts';
import { warmEngine } from '../pipeline/engine-worker.ts';
import { examples, json, more, names, url, wholeNumber, type Runner } from './arguments.ts';
import { addLogs } from './logs/program.ts';
import { addNotify } from './notify-program.ts';
import { version } from './version.ts';

export type { Runner } from './arguments.ts';

export function buildProgram(run: Runner): Command {
  const program = new Command('homeostat')
    .description('Watches streams of numbers and logs, finds anomalies as they happen, and acts on them.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .showHelpAfterError('(--help shows what is taken)')
    .configureHelp({ sortSubcommands: false, helpWidth: Math.min(110, process.stdout.columns ?? 100) })
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

const dataFolder = (): Option => new Option('--data <folder>', 'data folder, in place of the one that the file names');
const port = (): Option => new Option('--port <number>', 'port of the server, in place of the one that the file names').argParser(portNumber);

function addDetect(program: Command, run: Runner): void {
  program
    .command('detect')
    .summary('find anomalies in files, without any configuration')
    .description(
      'Finds anomalies in CSV, NDJSON or JSON files (also gzip; - is standard input). Finds out which column holds the time and which hold values.\n' +
        'Prints a table on a terminal, and one JSON object a line in a pipe.',
    )
    .argument('<files...>', 'files to read; - for standard input')
    .option('-a, --all', 'a verdict for every row, in order, not only for anomalies')
    .addOption(json('one JSON object a line (NDJSON)').conflicts('csv'))
    .option('--csv', 'CSV with a header')
    .option('-c, --columns <names>', 'columns of values, separated by commas; several are scored together where the detector can', names)
    .option('-t, --time <name>', 'column that holds the time')
    .option('-d, --detector <name[:option=value,…]>', 'detector and its options (default: auto, which looks at the series and chooses)')
    .option('-k, --threshold <number | name[:option=value,…]>', 'threshold; a number is a limit of the score (default: the one that suits the detector)')
    .addOption(new Option('--learn <what>', 'what is learnt of anomalous events').choices(['always', 'never', 'down-weighted']).default('always'))
    .option('-p, --plot', 'draw the series in the terminal')
    .option('--html <file>', 'write a page with charts, which needs nothing but itself')
    .option('-n, --limit <number>', 'most rows of the table, the strongest first; 0 for all', wholeNumber, 40)
    .option('--fail-on-anomaly', 'exit code 3 when there is an anomaly')
    .option('-q, --quiet', 'only data and errors')
    .addHelpText(
      'after',
      examples([
        'homeostat detect temperatures.csv --plot',
        'homeostat detect cpu.csv --columns user,system --detector sma:window=60 --threshold 4',
        'homeostat detect cpu.csv --all --csv > verdicts.csv',
        'zcat old.csv.gz | homeostat detect - --html chart.html --fail-on-anomaly',
      ]),
    )
    .action((files: string[], options: Parameters<typeof import('./commands/detect.ts').detect>[1]) =>
      run(async () => (await import('./commands/detect.ts')).detect(files, options)),
    );
}

function addCompare(program: Command, run: Runner): void {
  program
    .command('compare')
    .summary('several detectors side by side on your own data')
    .description(
      'Runs several detectors over a CSV, NDJSON or JSON file and says where they alert, what they agree on and what they cost.\n' +
        'With labels also what each finds, misses and wrongly alerts on, and how late it is. Labels are measured against, never learnt from.',
    )
    .argument('<file>', 'file to read')
    .option('-d, --detector <name[:option=value,…]>', 'a detector to compare; may be given several times (default: a selection)', more)
    .option('-k, --threshold <number | name[:option=value,…]>', 'one threshold for all, in place of the one that suits each')
    .option('-c, --columns <names>', 'columns of values, separated by commas; several are scored together', names)
    .option('-t, --time <name>', 'column that holds the time')
    .option('-l, --labels <file | column>', 'what was wrong: a file of lines `from,to` (or JSON), or a column that is above 0 there')
    .option('--html <file>', 'write a page with charts, which needs nothing but itself')
    .option('--svg <file>', 'write a picture of the first series')
    .addOption(json())
    .option('-q, --quiet', 'only data and errors')
    .addHelpText(
      'after',
      examples([
        'homeostat compare cpu.csv',
        'homeostat compare cpu.csv -d auto -d ema:span=60 -d seasonal --html compare.html',
        'homeostat compare valve.csv --columns pressure,flow --labels broken',
      ]),
    )
    .action((file: string, options: Parameters<typeof import('./commands/compare.ts').compare>[1]) =>
      run(async () => (await import('./commands/compare.ts')).compare(file, options)),
    );
}

function addTune(program: Command, run: Runner): void {
  program
    .command('tune')
    .summary('propose how to detect, for as many alerts as you want to read')
    .description(
      'Tries several detectors on a CSV, NDJSON or JSON file, each limited to the number of alerts that you name. Puts known faults into copies of the\n' +
        'data and proposes the one that finds most of them, with what it would have alerted on. Needs no labels.',
    )
    .argument('<file>', 'file to read')
    .addOption(
      new Option('-b, --budget <alerts/time>', 'alerts wanted, of each series: `2/week`, `1/day`, `5/30d`')
        .argParser(budget)
        .default({ alerts: 2, per: '7d' }, '2/week'),
    )
    .option('-c, --columns <names>', 'columns of values, separated by commas; each by itself', names)
    .option('-t, --time <name>', 'column that holds the time')
    .option('--html <file>', 'write a page with what every candidate would have alerted on')
    .addOption(json())
    .option('-q, --quiet', 'only data and errors')
    .addHelpText(
      'after',
      examples(['homeostat tune cpu.csv --budget 2/week', 'homeostat tune sensors.csv --columns temperature --budget 1/day --html tune.html']),
    )
    .action((file: string, options: Parameters<typeof import('./commands/tune.ts').tune>[1]) =>
      run(async () => (await import('./commands/tune.ts')).tune(file, options)),
    );
}

const PERIODS: Readonly<Record<string, string>> = { hour: '1h', day: '1d', week: '7d', month: '30d' };

function budget(text: string): { alerts: number; per: string } {
  const [, alerts, period] = /^\s*(\d+(?:\.\d+)?)\s*\/\s*(\w+)\s*$/.exec(text) ?? [];
  const per = PERIODS[period ?? ''] ?? period;
  if (per === undefined || !/^\d+(s|m|h|d)$/.test(per) || !(Number(alerts) > 0))
    throw new InvalidArgumentError('Give alerts per time, such as 2/week, 1/day or 5/30d.');
  return { alerts: Number(alerts), per };
}

function addDetectors(program: Command, run: Runner): void {
  program
    .command('detectors')
    .summary('list the detectors and thresholds, or explain one')
    .description(
      'Without a name: what there is and what each finds. With one: what it finds, when to use it, what it costs, its options,\n' +
        'and a drawing of it at work.',
    )
    .argument('[name]', 'detector or threshold')
    .addOption(new Option('--example <stream>', 'write a made stream as CSV instead, to try detectors on').choices([...EXAMPLES]).conflicts('json'))
    .addOption(json())
    .addHelpText(
      'after',
      examples([
        'homeostat detectors',
        'homeostat detectors seasonal',
        'homeostat detectors budget',
        'homeostat detectors --example season-break > season.csv',
      ]),
    )
    .action((name: string | undefined, options: { json?: boolean; example?: (typeof EXAMPLES)[number] }) =>
      run(async () => (await import('./commands/detectors.ts')).detectors(name, options)),
    );
}

function addBench(program: Command, run: Runner): void {
  const bench = program
    .command('bench')
    .summary('measure how good and how fast the detectors are')
    .description('Measures detectors on this machine, with detectors of other projects in the same run where this is a checkout.')
    .addHelpText('after', examples(['homeostat bench accuracy --data ~/sets', 'homeostat bench accuracy --only simulated,calibration --no-peers']));
  bench
    .command('accuracy')
    .description(
      'Measures accuracy on labelled sets and on made streams, strictly causally: a row is scored by what came before it. A whole run is kept in bench/RESULTS.md.',
    )
    .option('--data <folder>', 'folder of the labelled sets (default: HOMEOSTAT_DATA)')
    .option('--only <names>', 'sets and parts to measure, separated by commas', names)
    .option('-d, --detectors <names>', 'detectors to measure, separated by commas (default: all)', names)
    .option('--no-peers', 'without the detectors of other projects')
    .option('--quick', 'three series of each set, few made streams, few detectors')
    .option('--threads <number>', 'threads that share the work; 0 for none', wholeNumber, 2)
    .addOption(json())
    .option('-q, --quiet', 'only data and errors')
    .action((options: Parameters<typeof import('./commands/bench.ts').accuracy>[0]) =>
      run(async () => (await import('./commands/bench.ts')).accuracy(options)),
    );
  bench
    .command('speed')
    .description('Measures rows a second, memory and snapshots of every detector and threshold. A whole run is kept in bench/RESULTS.md.')
    .option('-d, --detectors <names>', 'detectors to measure, separated by commas (default: all)', names)
    .option('--no-peers', 'without the detectors of other projects')
    .option('--quick', 'a fraction of a second for each figure: to see that it works')
    .addOption(json())
    .option('-q, --quiet', 'only data and errors')
    .action((options: Parameters<typeof import('./commands/bench.ts').speed>[0]) => run(async () => (await import('./commands/bench.ts')).speed(options)));
  bench
    .command('logs')
    .description(
      'Measures templates, judges of sessions, drift, speed and memory over logs, with Drain3 in the same run. What is measured is kept in bench/RESULTS.md.',
    )
    .option('--data <folder>', 'folder of the labelled sets (default: HOMEOSTAT_DATA)')
    .option('--only <parts>', 'parts to measure, separated by commas: grouping, sessions, drift, speed', names)
    .option('--lines <number>', 'lines of the long log', wholeNumber, 10_000_000)
    .option('--no-peers', 'without Drain3')
    .addOption(json())
    .option('-q, --quiet', 'only data and errors')
    .action((options: Parameters<typeof import('./commands/bench.ts').logs>[0]) => run(async () => (await import('./commands/bench.ts')).logs(options)));
}

function addDemo(program: Command, run: Runner): void {
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
    .action((scenario: string | undefined, options: Parameters<typeof import('./commands/demo.ts').demo>[1]) =>
      run(async () => {
        warmEngine();
        return (await import('./commands/demo.ts')).demo(scenario, options);
      }),
    );
}

function addRun(program: Command, run: Runner): void {
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
    .action((file: string, options: Parameters<typeof import('./commands/run.ts').run>[1]) =>
      run(async () => {
        warmEngine();
        return (await import('./commands/run.ts')).run(file, options);
      }),
    );
}

function addValidate(program: Command, run: Runner): void {
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
    .action((file: string, options: Parameters<typeof import('./commands/validate.ts').validate>[1]) =>
      run(async () => (await import('./commands/validate.ts')).validate(file, options)),
    );
}

function addInit(program: Command, run: Runner): void {
  program
    .command('init')
    .summary('write a first configuration file')
    .description('Writes a commented configuration that is valid and runs as it is. An existing file is never overwritten.')
    .argument('[file]', 'file to write', 'homeostat.yaml')
    .addOption(new Option('-s, --scenario <name>', 'what the file watches').choices(['host', 'response-time', 'csv', 'push']).default('host'))
    .addHelpText('after', examples(['homeostat init', 'homeostat init push.yaml --scenario push']))
    .action((file: string, options: { scenario: string }) => run(async () => (await import('./commands/init.ts')).init(file, options)));
}

function addDoctor(program: Command, run: Runner): void {
  program
    .command('doctor')
    .summary('check what this machine offers')
    .description('Checks Node.js, the port, the data folder with its room, rights and speed, and the clock.')
    .addOption(new Option('--data <folder>', 'data folder to check').default('./data'))
    .addOption(port().default(7070))
    .addOption(json())
    .addHelpText('after', examples(['homeostat doctor', 'homeostat doctor --data /var/lib/homeostat --json']))
    .action((options: { data: string; port: number; json?: boolean }) => run(async () => (await import('./commands/doctor.ts')).doctor(options)));
}

function addLedger(program: Command, run: Runner): void {
  const ledger = program.command('ledger').summary('look into and mend what is stored').description('Looks into the ledger of a data folder, and mends it.');
  ledger.addHelpText('after', examples(['homeostat ledger info', 'homeostat ledger check --data data/demo', 'homeostat ledger repair --yes']));
  const add = (name: 'info' | 'check' | 'repair' | 'dead-letters', summary: string, shape: (command: Command) => Command = (command) => command): void => {
    shape(ledger.command(name).description(summary).addOption(new Option('--data <folder>', 'data folder').default('./data')).addOption(json())).action(
      (options) => run(async () => (await import('./commands/ledger.ts')).ledger(name, options)),
    );
  };
  add('info', 'say what the ledger holds: pipelines, checkpoints, incidents, sizes');
  add('check', 'verify the ledger and every journal; changes nothing');
  add('repair', 'go back to the newest whole checkpoint or savepoint', (command) => command.option('-y, --yes', 'do it; without, only say what would be done'));
  add('dead-letters', 'list records that could not become events', (command) =>
    command.option('--pipeline <name>', 'only of this pipeline').option('-n, --limit <number>', 'most of them, newest first', wholeNumber, 20),
  );
}

function addAnswers(program: Command, run: Runner): void {
  program
    .command('answer')
    .summary('say what was a false alarm, or what was missed')
    .description(
      'Says to a running process that an incident or a stretch of a series was a false alarm (its limit widens there) or was missed (it narrows).\n' +
        'Shows what that would have changed; gives the answer only with --yes. Where a token is needed it is read from HOMEOSTAT_TOKEN.',
    )
    .addArgument(new Argument('<what>', 'what to say').choices(['false-alarm', 'missed', 'undo']))
    .argument('[id]', 'answer to take back, with undo')
    .option('--incident <id>', 'the incident that was a false alarm, for each of its series')
    .option('--series <key>', 'the series')
    .option('--at <time>', 'event time of the verdict, or begin of the stretch: ISO 8601 or ms since 1970')
    .option('--to <time>', 'end of the stretch')
    .option('--pipeline <name>', 'pipeline of the series, where there are several')
    .addOption(
      new Option('--when <where>', 'where it counts: always, or within an hour of the same time (UTC)')
        .choices(['always', 'hour-of-day', 'hour-of-week'])
        .default('always'),
    )
    .option('--until <time>', 'event time from which on it counts no more')
    .option('--comment <text>', 'why, for others')
    .option('--days <number>', 'days of history in which to look for what it would have changed', wholeNumber, 7)
    .option('-y, --yes', 'give the answer; without, only say what it would have changed')
    .addOption(url())
    .addOption(json())
    .addHelpText(
      'after',
      examples([
        'homeostat answer false-alarm --incident 5f3c9a1b2d4e6f70',
        'homeostat answer false-alarm --series db-1 --at 2026-03-02T02:10Z --when hour-of-day --comment backup --yes',
        'homeostat answer missed --series db-1 --at 2026-03-02T14:00Z --to 2026-03-02T14:20Z --yes',
        'homeostat answer undo 0b7c1f1e-5a43-4c58-9f43-2f7b0a6a0f7e',
      ]),
    )
    .action((what: string, id: string | undefined, options: Parameters<typeof import('./commands/answer.ts').answer>[2]) =>
      run(async () => (await import('./commands/answer.ts')).answer(what, id, options)),
    );
  program
    .command('answers')
    .summary('list, export and import what was answered')
    .description('Lists the answers in force of a running process, newest first; or writes them as JSON, or takes such JSON in.')
    .option('--pipeline <name>', 'only of this pipeline; the one to import into')
    .option('--series <key>', 'only about this series')
    .option('--all', 'also those that were taken back or have ended')
    .option('-n, --limit <number>', 'most of them', wholeNumber, 50)
    .addOption(new Option('--export', 'write all of them as JSON, to be imported').conflicts('import'))
    .option('--import <file>', 'take in what was exported (- is standard input); an id that is known is left out')
    .addOption(url())
    .addOption(json())
    .addHelpText(
      'after',
      examples(['homeostat answers', 'homeostat answers --export > answers.json', 'homeostat answers --import answers.json --url http://127.0.0.1:7071']),
    )
    .action((options: Parameters<typeof import('./commands/answer.ts').answers>[0]) =>
      run(async () => (await import('./commands/answer.ts')).answers(options)),
    );
}

function addSet(program: Command, run: Runner): void {
  program
    .command('set')
    .summary('change settings of a running pipeline')
    .description(
      'Changes detector, threshold, incident rule and lateness of a running pipeline, and keeps the change in its configuration file.\n' +
        'KEY is written as in the file; KEY= takes it out, so that its default holds. Without a change: what is set. Where a token is needed it is read from HOMEOSTAT_TOKEN.',
    )
    .argument('<pipeline>', 'pipeline')
    .argument('[changes...]', 'KEY=VALUE, the value as in YAML')
    .addOption(new Option('--preview', 'only say what would change').conflicts(['undo', 'redo']))
    .addOption(new Option('--undo', 'take the last change back').conflicts(['redo', 'revisions']))
    .addOption(new Option('--redo', 'make the change again that was taken back').conflicts('revisions'))
    .option('--revisions', 'list who changed what and when')
    .addOption(url())
    .addOption(json())
    .addHelpText(
      'after',
      examples([
        'homeostat set response-times',
        'homeostat set response-times detect.detector.ema.span=40 --preview',
        "homeostat set response-times detect.detector=robust 'incident.open=2 of 3'",
        'homeostat set response-times --undo',
      ]),
    )
    .action((pipeline: string, changes: string[], options: Parameters<typeof import('./commands/set.ts').set>[2]) =>
      run(async () => (await import('./commands/set.ts')).set(pipeline, changes, options)),
    );
}

function portNumber(text: string): number {
  const number = wholeNumber(text);
  if (number > 65_535) throw new InvalidArgumentError('Ports go up to 65535.');
  return number;
}
