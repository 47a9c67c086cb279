/** The options of the commands that speak to a running process: `answer`, `answers` and `set`. */
import { Argument, type Command, Option } from 'commander';
import { examples, json, url, wholeNumber, type Runner } from '../arguments.ts';

export function addAnswers(program: Command, run: Runner): void {
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
    .action((what: string, id: string | undefined, options: Parameters<typeof import('../commands/answer.ts').answer>[2]) =>
      run(async () => (await import('../commands/answer.ts')).answer(what, id, options)),
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
    .action((options: Parameters<typeof import('../commands/answer.ts').answers>[0]) =>
      run(async () => (await import('../commands/answer.ts')).answers(options)),
    );
}

export function addSet(program: Command, run: Runner): void {
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
    .action((pipeline: string, changes: string[], options: Parameters<typeof import('../commands/set.ts').set>[2]) =>
      run(async () => (await import('../commands/set.ts')).set(pipeline, changes, options)),
    );
}
