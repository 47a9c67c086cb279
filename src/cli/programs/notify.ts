/** The options of `homeostat notify`. */
import type { Command } from 'commander';
import { examples, json, type Runner } from '../arguments.ts';

export function addNotify(program: Command, run: Runner): void {
  const notify = program.command('notify').summary('try out who is told').description('Tries out the receivers of a configuration file.');
  notify.addHelpText('after', examples(['homeostat notify test', 'homeostat notify test homeostat.yaml --receiver slack#0']));
  notify
    .command('test')
    .description(
      'Sends one notice to each receiver of the file, which says that it is a test, and says how each took it. Needs no running process.\n' +
        'Exit code 0 when every receiver took it, 1 when one did not, 78 when the file is wrong.',
    )
    .argument('[file]', 'configuration', 'homeostat.yaml')
    .option('--pipeline <name>', 'only receivers of this pipeline')
    .option('--receiver <target>', 'only this receiver, named by its kind and its place in the list from 0: slack#0')
    .addOption(json())
    .action((file: string, options: Parameters<typeof import('../commands/notify.ts').notifyTest>[1]) =>
      run(async () => (await import('../commands/notify.ts')).notifyTest(file, options)),
    );
}
