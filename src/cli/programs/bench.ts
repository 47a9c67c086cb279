/** The options of `homeostat bench`. */
import type { Command } from 'commander';
import { examples, json, names, wholeNumber, type Runner } from '../arguments.ts';

export function addBench(program: Command, run: Runner): void {
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
    .action((options: Parameters<typeof import('../commands/bench.ts').accuracy>[0]) =>
      run(async () => (await import('../commands/bench.ts')).accuracy(options)),
    );
  bench
    .command('speed')
    .description('Measures rows a second, memory and snapshots of every detector and threshold. A whole run is kept in bench/RESULTS.md.')
    .option('-d, --detectors <names>', 'detectors to measure, separated by commas (default: all)', names)
    .option('--no-peers', 'without the detectors of other projects')
    .option('--quick', 'a fraction of a second for each figure: to see that it works')
    .addOption(json())
    .option('-q, --quiet', 'only data and errors')
    .action((options: Parameters<typeof import('../commands/bench.ts').speed>[0]) => run(async () => (await import('../commands/bench.ts')).speed(options)));
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
    .action((options: Parameters<typeof import('../commands/bench.ts').logs>[0]) => run(async () => (await import('../commands/bench.ts')).logs(options)));
}
