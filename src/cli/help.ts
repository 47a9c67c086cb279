/** How `--help` is laid out: a long term stands on a line of its own, so that its description keeps a readable width. */
import { Help, type Command } from 'commander';

/** Widest column of terms; at 80 columns its descriptions have 44. */
const WIDEST_TERM = 32;
const INDENT = 2;
const GAP = 2;
const LEAST = 40;

/** For `configureHelp`; `columns` of the terminal. */
export function helpLayout(columns: number): Partial<Help> {
  return {
    helpWidth: Math.min(110, columns),
    padWidth(command: Command, helper: Help): number {
      return Math.min(WIDEST_TERM, Help.prototype.padWidth.call(helper, command, helper));
    },
    formatItem(term: string, width: number, description: string, helper: Help): string {
      const indent = ' '.repeat(INDENT);
      if (description === '') return indent + term;
      const room = (helper.helpWidth ?? 80) - INDENT - width - GAP;
      // In a narrow terminal a column of descriptions would be one of single words.
      const at = room < LEAST ? 4 * INDENT : INDENT + width + GAP;
      const lines = helper.boxWrap(description, Math.max(20, (helper.helpWidth ?? 80) - at)).split('\n');
      const beside = at > INDENT + helper.displayWidth(term) + 1 && room >= LEAST;
      const first = beside ? (indent + term).padEnd(at) + lines.shift()! : indent + term;
      return [first, ...lines.map((line) => ' '.repeat(at) + line)].join('\n');
    },
  };
}
