/** Results as files: CSV (RFC 4180) and NDJSON, piece by piece. */
import type { LogResults } from '../../core/log-live.ts';

export const WHATS = ['templates', 'sessions', 'answers'] as const;
export const FORMATS = ['csv', 'ndjson'] as const;

type What = (typeof WHATS)[number];
type Cell = string | number | boolean | null;

/** Columns of a CSV and what stands in them. */
const COLUMNS: { [W in What]: readonly (readonly [string, (row: Row<W>) => Cell])[] } = {
  templates: [
    ['id', ({ id }) => id],
    ['template', ({ text }) => text],
    ['name', ({ name }) => name],
    ['level', ({ level }) => level],
    ['count', ({ count }) => count],
    ['first', ({ first }) => first],
    ['last', ({ last }) => last],
    ['pinned', ({ pinned }) => pinned],
    ['ignored', ({ ignored }) => ignored],
    ['example', ({ example }) => example],
  ],
  sessions: [
    ['session', ({ session }) => session],
    ['time', ({ time }) => time],
    ['first', ({ first }) => first],
    ['last', ({ last }) => last],
    ['lines', ({ lines }) => lines],
    ['score', ({ score }) => score],
    ['threshold', ({ threshold }) => threshold],
    ['anomalous', ({ anomalous }) => anomalous],
    ['reasons', ({ reasons }) => reasons.map(({ judge, text }) => `${judge}: ${text}`).join('; ')],
    ['pattern', ({ pattern }) => pattern],
    ['pattern_seen', ({ patternSeen }) => patternSeen],
    ['answered', ({ answered }) => answered],
    ['verdict', ({ verdict }) => verdict],
  ],
  answers: [
    ['id', ({ id }) => id],
    ['pattern', ({ pattern }) => pattern],
    ['says', ({ says }) => says],
    ['reason', ({ reason }) => reason],
    ['by', ({ by }) => by],
    ['session', ({ session }) => session],
    ['at', ({ at }) => at],
    ['undone', ({ undone }) => undone],
  ],
};

type Pieces<T> = T extends AsyncIterable<infer P> ? (P extends readonly (infer R)[] ? R : never) : never;
interface Rows {
  templates: Pieces<ReturnType<LogResults['allTemplates']>>;
  sessions: Pieces<ReturnType<LogResults['allSessions']>>;
  answers: Awaited<ReturnType<LogResults['answers']>>[number];
}
type Row<W extends What> = Rows[W];

/** The text of the file in pieces. */
export async function* rowsOf(results: LogResults, what: What, format: (typeof FORMATS)[number]): AsyncGenerator<string> {
  const columns = COLUMNS[what] as readonly (readonly [string, (row: unknown) => Cell])[];
  if (format === 'csv') yield `${columns.map(([name]) => name).join(',')}\r\n`;
  for await (const rows of piecesOf(results, what)) {
    const lines = rows.map((row) => (format === 'csv' ? `${columns.map(([, cell]) => cellOf(cell(row))).join(',')}\r\n` : `${JSON.stringify(row)}\n`));
    if (lines.length > 0) yield lines.join('');
  }
}

async function* piecesOf(results: LogResults, what: What): AsyncGenerator<readonly unknown[]> {
  if (what === 'answers') yield await results.answers();
  else yield* what === 'templates' ? results.allTemplates() : results.allSessions();
}

/** Text that a spreadsheet would take for a formula gets an apostrophe in front: logs hold what strangers sent. */
function cellOf(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const text = /^[=+\-@\t\r]/.test(cell) && !/^-?[\d.]+$/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
