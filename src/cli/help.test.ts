import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { helpLayout } from './help.ts';
import { buildProgram } from './program.ts';

const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];

/** The help of a command without its examples, which are commands to copy and so are never broken. */
function helpOf(command: Command, columns: number): string {
  return command.configureHelp(helpLayout(columns)).helpInformation();
}

describe('--help', () => {
  const commands = all(buildProgram(async () => {}));

  it.each([60, 80, 110])('fits a terminal of %i columns', (columns) => {
    const wide = commands.flatMap((command) =>
      helpOf(command, columns)
        .split('\n')
        .filter((line) => line.length > columns)
        .map((line) => `${command.name()}: ${line}`),
    );
    expect(wide).toEqual([]);
  });

  it('puts the description of a long term below it, and of a short one beside it', () => {
    const detect = commands.find((command) => command.name() === 'detect')!;
    const lines = helpOf(detect, 80).split('\n');
    const long = lines.findIndex((line) => line.includes('--threshold'));
    expect(lines[long].trim()).toMatch(/^-k, --threshold <.*>$/);
    expect(lines[long + 1]).toMatch(/^ {30,}threshold; a number/);
    expect(lines.find((line) => line.includes('--plot'))).toMatch(/--plot {2,}draw the series/);
    // What is below stands where the others stand.
    expect(lines[long + 1].search(/\S/)).toBe(lines.find((line) => line.includes('--plot'))!.indexOf('draw'));
  });
});
