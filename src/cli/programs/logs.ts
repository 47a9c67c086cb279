/** The commands `homeostat logs …` and their options. */
import { Argument, Option, type Command } from 'commander';
import { loaded } from '../../core/heap.ts';
import { duration, examples, json, names, url, wholeNumber, type Runner } from '../arguments.ts';
import type { AnswerOptions, AnswersOptions } from '../commands/logs-answers.ts';
import type { DetectLogsOptions } from '../commands/logs-detect.ts';
import type { ExampleOptions } from '../commands/logs-example.ts';
import type { ParseOptions } from '../commands/logs-parse.ts';
import type { TemplatesOptions } from '../commands/logs-templates.ts';

const format = (): Option => new Option('-f, --format <line[:option=value,…]>', 'how lines are read: header layout, encoding, joining (default: found out)');
const quiet = (): Option => new Option('-q, --quiet', 'only data and errors');
const limit = (what: string, fallback: number): Option => new Option('-n, --limit <number>', what).argParser(wholeNumber).default(fallback);
const pipeline = (): Option => new Option('--pipeline <name>', 'pipeline of the logs, where there are several');

export function addLogs(program: Command, run: Runner): void {
  const logs = program
    .command('logs')
    .summary('templates of log lines, and sessions that are odd')
    .description('Reads log files of any size, finds their templates and their sessions, and says which sessions are odd and why.')
    .addHelpText(
      'after',
      examples(['homeostat logs detect app.log', 'homeostat logs parse app.log --out app.csv', 'homeostat logs templates --url http://127.0.0.1:7070']),
    );
  addParse(logs, run);
  addDetect(logs, run);
  addThresholds(logs, run);
  addTemplates(logs, run);
  addAnswers(logs, run);
  addExample(logs, run);
}

function addParse(logs: Command, run: Runner): void {
  logs
    .command('parse')
    .summary('find the templates of log lines')
    .description(
      'Finds the template of every line and its parameters. Shows a table of the templates; --out writes a row a line, in order, with the columns\n' +
        'line, time, level, component, event_id, template, parameters. Reads plain files twice, so that templates that merge later have one id;\n' +
        'of what can be read only once (standard input) the ids are those at arrival.',
    )
    .argument('<files...>', 'files to read, one after another, plain or packed with gzip or zstd; - for standard input')
    .option('-o, --out <file>', 'write a row a line: .csv, or .ndjson')
    .addOption(format())
    .addOption(limit('most templates of the table, the most frequent first; 0 for all', 40))
    .addOption(json('write the templates as JSON, one object a line'))
    .addOption(quiet())
    .addHelpText(
      'after',
      examples(['homeostat logs parse app.log', 'homeostat logs parse app.log.1.gz app.log --out app.csv', 'journalctl -o short | homeostat logs parse -']),
    )
    .action((files: string[], options: ParseOptions) => run(async () => (await import('../commands/logs-parse.ts')).parse(files, options)));
}

/** A command that judges the sessions of files: what it reads, and how it judges. */
function judging(logs: Command, name: string): Command {
  return logs
    .command(name)
    .argument('<files...>', 'files to read, plain or packed with gzip or zstd; - for standard input')
    .option('-s, --session <pattern>', 'what tells sessions apart: a pattern with the identifier, or auto, which finds it', 'auto')
    .option('--train <file>', 'log of a normal time, which is learnt from and not judged')
    .option('-j, --judge <name[:option=value,…]>', 'what says how odd a session is; none only counts them', 'auto')
    .option(
      '-k, --threshold <limit>',
      'threshold that decides: static, dynamic, a number (a static limit), or name[:option=value,…] of a dynamic one (default: what suits the judge)',
    )
    .addOption(format());
}

function addDetect(logs: Command, run: Runner): void {
  judging(logs, 'detect')
    .summary('find sessions that are odd')
    .description(
      'Parts the lines into sessions by an identifier that stands in them, learns what sessions look like, and says which are odd and why.\n' +
        'Several files are merged by time. Prints sessions with their reasons on a terminal, and one JSON object a line in a pipe.',
    )
    .addOption(json('one JSON object a line (NDJSON)'))
    .option('--html <file>', 'write a page with charts and sessions, which needs nothing but itself')
    .addOption(limit('most sessions shown, the strongest first; 0 for all', 20))
    .option('--follow', 'go on reading what is added to the file, until Ctrl-C')
    .option('--fail-on-anomaly', 'exit code 3 when a session is anomalous')
    .addOption(quiet())
    .addHelpText(
      'after',
      examples([
        'homeostat logs detect hdfs.log --html report.html',
        "homeostat logs detect app.log --session 'request_id=(\\w+)' --train last-week.log.gz",
        "homeostat logs detect app.log --judge 'auto:judges=[new-event,rare-key,sequence]' --threshold dynamic",
        'homeostat logs detect node-1.log node-2.log --json > anomalies.ndjson',
        'tail -F app.log | homeostat logs detect -',
      ]),
    )
    .action((files: string[], options: DetectLogsOptions) => run(async () => (await loaded(import('../commands/logs-detect.ts'))).detectLogs(files, options)));
}

function addThresholds(logs: Command, run: Runner): void {
  judging(logs, 'thresholds')
    .summary('a dynamic and a static threshold side by side')
    .description(
      'Judges the sessions of log files and shows how their scores are distributed, what a dynamic and a static threshold make of the same scores\n' +
        'over time, and what each would have alerted on.',
    )
    .addOption(json('write the scores as JSON'))
    .option('--html <file>', 'write a page with charts, which needs nothing but itself')
    .addOption(quiet())
    .addHelpText('after', examples(['homeostat logs thresholds hdfs.log', 'homeostat logs thresholds hdfs.log --train first-hour.log --html thresholds.html']))
    .action((files: string[], options: DetectLogsOptions) => run(async () => (await loaded(import('../commands/logs-detect.ts'))).thresholds(files, options)));
}

const ACTIONS = ['list', 'show', 'name', 'pin', 'unpin', 'ignore', 'heed', 'merge', 'split'] as const;

function addTemplates(logs: Command, run: Runner): void {
  logs
    .command('templates')
    .summary('look at and edit the templates of a running pipeline')
    .description(
      'Lists the templates of a running pipeline, shows one with its parameters, or edits one:\n' +
        '  name ID TEXT            what people call it; an empty text takes the name away\n' +
        '  pin ID, unpin ID        it never merges into another and is never forgotten\n' +
        '  ignore ID, heed ID      its lines are counted and otherwise left out; heed ends that\n' +
        '  merge INTO ID…          lines of the others count as lines of the first\n' +
        '  split ID                lines with certain words (--values) at a place (--word) get templates of their own\n' +
        'An edit counts for lines that come after it. Where a token is needed it is read from HOMEOSTAT_TOKEN.',
    )
    .addArgument(new Argument('[action]', 'what to do').choices([...ACTIONS]).default('list'))
    .argument('[what...]', 'ids of templates, as list shows them; the text of a name')
    .option('--word <number>', 'with split: the word of the template (from 1) that tells the lines apart', wholeNumber)
    .option('--values <words>', 'with split: words at that place that get templates of their own, separated by commas', names)
    .option('--search <text>', 'with list: only those that hold this text')
    .addOption(new Option('--sort <by>', 'with list').choices(['count', 'first', 'last', 'id']).default('count'))
    .addOption(limit('with list: most of them; 0 for all', 40))
    .addOption(pipeline())
    .addOption(url())
    .addOption(json())
    .addHelpText(
      'after',
      examples([
        'homeostat logs templates --search timeout',
        'homeostat logs templates show 17',
        "homeostat logs templates name 17 'connection refused'",
        'homeostat logs templates merge 17 23 24',
        'homeostat logs templates split 17 --word 3 --values GET,POST',
      ]),
    )
    .action((action: string, what: string[], options: TemplatesOptions) =>
      run(async () => (await import('../commands/logs-templates.ts')).templates(action, what, options)),
    );
}

function addAnswers(logs: Command, run: Runner): void {
  logs
    .command('answer')
    .summary('say that a session is normal, or anomalous')
    .description(
      'Says to a running process what sessions like this one are: a pattern is silenced after enough answers, and one that was confirmed is flagged at once.\n' +
        'Shows what that would have changed; gives the answer only with --yes. `undo ID` takes one back.',
    )
    .addArgument(new Argument('<what>', 'what to say').choices(['normal', 'anomalous', 'undo']))
    .argument('<session>', 'the session; with undo the id of an answer')
    .option('--reason <text>', 'why, for others', '')
    .option('--days <number>', 'days of history in which to look for what it would have changed', wholeNumber, 7)
    .option('-y, --yes', 'give the answer; without, only say what it would have changed')
    .addOption(pipeline())
    .addOption(url())
    .addOption(json())
    .addHelpText(
      'after',
      examples(['homeostat logs answer normal blk_-1608999687919862906', "homeostat logs answer anomalous blk_42 --reason 'disk died' --yes"]),
    )
    .action((what: string, about: string, options: AnswerOptions) =>
      run(async () => (await import('../commands/logs-answers.ts')).answer(what, about, options)),
    );
  logs
    .command('answers')
    .summary('list, export and import what was answered about sessions')
    .description('Lists the answers of a running pipeline, newest first; or writes those in force as JSON, or takes such JSON in.')
    .option('--all', 'also those that were taken back')
    .addOption(new Option('--export', 'write all in force as JSON, to be imported').conflicts('import'))
    .option('--import <file>', 'take in what was exported (- is standard input); an id that is known is left out')
    .addOption(pipeline())
    .addOption(url())
    .addOption(json())
    .addHelpText(
      'after',
      examples(['homeostat logs answers', 'homeostat logs answers --export > answers.json', 'homeostat logs answers --import answers.json']),
    )
    .action((options: AnswersOptions) => run(async () => (await import('../commands/logs-answers.ts')).answers(options)));
}

function addExample(logs: Command, run: Runner): void {
  logs
    .command('example')
    .summary('write a made log, to try the others on')
    .description(
      'Writes the log of a made file system that keeps each block on three nodes: a block every ten seconds of event time, some 18 lines each,\n' +
        'and of 100 blocks about two go wrong.',
    )
    .addOption(new Option('--lines <number>', 'how many; 0 for no end').argParser(wholeNumber).default(60_000))
    .addOption(new Option('--seed <number>', 'the same seed gives the same log').argParser(wholeNumber).default(1))
    .addOption(
      new Option('--drift <duration>', 'how often a release comes, with new lines, new wording and another mix, such as 12h')
        .argParser(duration)
        .default(0, 'none'),
    )
    .option('--truth <file>', 'write which sessions go wrong, when and how, as CSV')
    .addHelpText('after', examples(['homeostat logs example > example.log', 'homeostat logs example --lines 1000000 --drift 12h | homeostat logs detect -']))
    .action((options: ExampleOptions) => run(async () => (await import('../commands/logs-example.ts')).example(options)));
}
