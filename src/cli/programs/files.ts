/** The options of the commands that read files by themselves: `detect`, `compare`, `tune`, and `detectors`, which explains what they take. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXAMPLES } from '../../core/schema.ts';
import { examples, json, more, names, wholeNumber, type Runner } from '../arguments.ts';

const FORMAT = ['-f, --format <name[:option=value,…]>', 'how rows are read: csv, ndjson or json, and its options (default: found out)'] as const;

export function addDetect(program: Command, run: Runner): void {
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
    .option(...FORMAT)
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
        'homeostat detect local.csv --format csv:date_order=dmy,utc_offset=+02:00',
        'zcat old.csv.gz | homeostat detect - --html chart.html --fail-on-anomaly',
      ]),
    )
    .action((files: string[], options: Parameters<typeof import('../commands/detect.ts').detect>[1]) =>
      run(async () => (await import('../commands/detect.ts')).detect(files, options)),
    );
}

export function addCompare(program: Command, run: Runner): void {
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
    .option(...FORMAT)
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
    .action((file: string, options: Parameters<typeof import('../commands/compare.ts').compare>[1]) =>
      run(async () => (await import('../commands/compare.ts')).compare(file, options)),
    );
}

export function addTune(program: Command, run: Runner): void {
  program
    .command('tune')
    .summary('propose how to detect, for as many alerts as you want to read')
    .description(
      'Tries several detectors on a CSV, NDJSON or JSON file, each limited to the number of alerts that you name. Puts known faults into copies of the\n' +
        'data and proposes the one that finds most of them without more alerts than that, with what it would have alerted on. Needs no labels.',
    )
    .argument('<file>', 'file to read')
    .addOption(
      new Option('-b, --budget <alerts/time>', 'alerts wanted, of each series: `2/week`, `1/day`, `5/30d`')
        .argParser(budget)
        .default({ alerts: 2, per: '7d' }, '2/week'),
    )
    .option('-c, --columns <names>', 'columns of values, separated by commas; each by itself', names)
    .option('-t, --time <name>', 'column that holds the time')
    .option(...FORMAT)
    .option('--html <file>', 'write a page with what every candidate would have alerted on')
    .addOption(json())
    .option('-q, --quiet', 'only data and errors')
    .addHelpText(
      'after',
      examples(['homeostat tune cpu.csv --budget 2/week', 'homeostat tune sensors.csv --columns temperature --budget 1/day --html tune.html']),
    )
    .action((file: string, options: Parameters<typeof import('../commands/tune.ts').tune>[1]) =>
      run(async () => (await import('../commands/tune.ts')).tune(file, options)),
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

export function addDetectors(program: Command, run: Runner): void {
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
      run(async () => (await import('../commands/detectors.ts')).detectors(name, options)),
    );
}
