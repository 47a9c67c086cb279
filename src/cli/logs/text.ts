/** What was found out about logs, in the terminal. */
import type { LogScores, LogSession, LogTemplate, LogTemplates } from '../../core/log-api.ts';
import { cellsTable, wrapped } from '../cells.ts';
import { cutTo, visibleLength, type Colours } from '../terminal.ts';
import { count, grouped, percent, printable, shortDuration, shortNumber, shortSize, shortTime } from '../text.ts';
import { usedBins, type LogReport } from './report.ts';

const BLOCKS = '▁▂▃▄▅▆▇█';
const TREND = 12;

/** Counts as blocks of one line; a space where there is nothing. */
export function blocks(values: readonly number[], width: number): string {
  if (values.length === 0) return '';
  const length = Math.min(width, values.length);
  const cells = Array.from({ length }, (_, i) => {
    const from = Math.floor((i * values.length) / length);
    const to = Math.max(from + 1, Math.floor(((i + 1) * values.length) / length));
    return values.slice(from, to).reduce((a, b) => a + b, 0) / (to - from);
  });
  const most = Math.max(...cells);
  return cells.map((v) => (v <= 0 ? ' ' : BLOCKS[Math.min(7, Math.floor((v / most) * 8))])).join('');
}

/** As wide as a space, and no place to break a line. */
const NOTHING = '\u2800';
/** Blocks of a rate over time. */
const LEAST_TREND = 20;
const MOST_TREND = 40;

const oneLine = (text: string): string => printable(text).replaceAll(/\s+/g, ' ');

/** Wildcards stand out from what is constant. */
function painted(text: string, colours: Colours): string {
  return text.replaceAll('<*>', colours.cyan('<*>'));
}

/** One line a template, at most `width` wide. */
export function templatesText({ templates, total }: LogTemplates, width: number, colours: Colours, hint = '; --limit 0 shows all'): string {
  if (templates.length === 0) return '';
  const marks = ({ name, pinned, ignored }: LogTemplate): string =>
    [name === null ? '' : `${oneLine(name)}:`, pinned ? 'pinned' : '', ignored ? 'ignored' : ''].filter(Boolean).join(' ');
  const rows = templates.map((one) => {
    const mark = marks(one);
    return {
      cells: [`${one.id}`, grouped(one.count), blocks(one.trend, TREND).padEnd(TREND), one.level],
      text: `${mark === '' ? '' : `${mark} `}${oneLine(one.text)}`,
    };
  });
  const heads = ['id', 'lines', 'trend', 'level'];
  const right = [true, true, false, false];
  const widths = heads.map((head, c) => Math.max(head.length, ...rows.map(({ cells }) => visibleLength(cells[c]))));
  const pad = (text: string, c: number): string => {
    const room = ' '.repeat(Math.max(0, widths[c] - visibleLength(text)));
    return right[c] ? room + text : text + room;
  };
  const left = widths.reduce((sum, w) => sum + w + 2, 0);
  const body = rows.map(({ cells, text }) => `${cells.map(pad).join('  ')}  ${painted(cutTo(text, Math.max(20, width - left)), colours)}`.trimEnd());
  const more = total > templates.length ? [colours.dim(`the ${grouped(templates.length)} most frequent of ${grouped(total)}${hint}`)] : [];
  return `${[colours.dim(`${heads.map(pad).join('  ')}  template`), ...body, ...more].join('\n')}\n`;
}

const INDENT = '    ';
/** A reason may quote a long template: the rest of it is on the page and in the JSON. */
const REASON_LINES = 3;

/** Each anomalous session with its reasons below it. */
export function sessionsText(sessions: readonly LogSession[], width: number, colours: Colours): string {
  return sessions
    .map(({ session, first, lines, score, threshold, reasons, patternSeen, answered }) => {
      const strong = score !== null && threshold !== null && score > 2 * threshold;
      const paint = strong ? colours.red : colours.yellow;
      const limit = threshold === null ? '' : ` of ${shortNumber(threshold)}`;
      const seen = patternSeen === 0 ? 'new pattern' : `pattern met ${count(patternSeen, 'time')} before`;
      const said = answered === null ? '' : `, answered ${answered}`;
      const head = `${shortTime(Date.parse(first))}  ${colours.bold(oneLine(session))}  ${paint(score === null ? '–' : score.toFixed(2))}${limit}`;
      const more = `${count(lines, 'line')}, ${seen}${said}`;
      const between = visibleLength(head) + 2 + more.length > width ? `\n${INDENT}` : '  ';
      const room = Math.max(20, width - INDENT.length);
      const why = reasons.map(({ judge, text }) => {
        const words = painted(cutTo(`${judge}: ${oneLine(text)}`, REASON_LINES * room), colours);
        return `${wrapped(words, width, INDENT, INDENT.length)}\n`;
      });
      return `${head}${between}${colours.dim(more)}\n${why.join('')}`;
    })
    .join('');
}

/** Where rates of lines became unusual, the strongest first. */
export function ratesText({ alerts, strongest }: LogReport['rates'], width: number, colours: Colours): string {
  if (alerts === 0) return '';
  const rows = strongest.map(({ time, of, lines, expected, score }) => [
    shortTime(Date.parse(time)),
    lines === null ? '–' : grouped(lines),
    expected === null ? '–' : grouped(Math.max(0, expected)),
    score === null ? '–' : score.toFixed(2),
    cutTo(oneLine(of), Math.max(20, width - 60)),
  ]);
  const more = alerts > strongest.length ? colours.dim(`the ${grouped(strongest.length)} strongest of ${count(alerts, 'change')}\n`) : '';
  return `${cellsTable(['rate changed', 'lines', 'expected', 'score', 'of'], rows, width, colours, [1, 2, 3])}${more}`;
}

const BAR = 40;

/** What was read and found, for standard error. */
export function summaryText({ title, overview, rates, judge, seconds, memory }: LogReport, colours: Colours): string {
  const { lines, bytes, templates, sessionsJudged, sessionsOpen, anomalous, layout, sessions, deadLetters } = overview;
  const said = judge === null ? 'counted' : `judged by ${judge}, ${grouped(anomalous)} anomalous (${percent(anomalous, sessionsJudged)})`;
  const judged = `${count(sessionsJudged, 'session')} ${said}${rates.alerts === 0 ? '' : `, ${count(rates.alerts, 'change')} of rates`}`;
  const found = `${count(lines, 'line')}, ${count(templates, 'template')}, ${judged}`;
  const speed = `${shortSize(bytes)} in ${shortDuration(seconds * 1000)}, ${grouped(lines / seconds)} lines/s, ${shortSize(memory)} of memory`;
  const open = sessionsOpen === 0 ? [] : [`${count(sessionsOpen, 'session')} open`];
  const words = [...layout, `sessions: ${sessions.by}`, ...sessions.evidence.slice(0, 1), ...open].map((line) => `${colours.dim(printable(line))}\n`);
  const bad = deadLetters === 0 ? '' : `${colours.yellow(`${count(deadLetters, 'line')} broken or cut`)}\n`;
  const none =
    sessionsJudged + sessionsOpen > 0 ? '' : `${colours.yellow('no line holds an identifier that --session names; without --session it is found')}\n`;
  return `${colours.bold(`${printable(title)}: ${found}`)}\n${speed}\n${words.join('')}${bad}${none}`;
}

/** Distribution of the scores with both scales logarithmic, the limits in it, and what each threshold flags over time. */
export function scoresText(scores: LogScores, width: number, colours: Colours): string {
  const { edges, counts, thresholds, sessions, flagged, time } = scores;
  const total = counts.reduce((a, b) => a + b, 0);
  if (total === 0) return 'No session was scored.\n';
  const most = Math.log10(counts.reduce((a, b) => Math.max(a, b), 1)) + 0.3;
  const ends = thresholds.flatMap(({ limit }, k) =>
    limit === null
      ? []
      : [
          {
            k,
            bin: Math.max(
              0,
              Math.min(
                counts.length - 1,
                edges.findLastIndex((edge) => edge <= limit),
              ),
            ),
          },
        ],
  );
  const { from, to } = usedBins(scores);
  const bar = Math.max(10, Math.min(BAR, width - 50));
  const row = (bin: number): string => {
    const n = counts[bin];
    const length = n === 0 ? 0 : Math.max(1, Math.round(((Math.log10(n) + 0.3) / (most + 0.3)) * bar));
    const marks = ends.filter((end) => end.bin === bin).map(({ k }) => paintOf(k, colours)(`◀ ${thresholds[k].name} ${shortNumber(thresholds[k].limit!)}`));
    return `${shortNumber(Number(edges[bin].toPrecision(3))).padStart(9)} ${colours.dim('│')}${'█'.repeat(length)}${n === 0 ? '' : ` ${grouped(n)}`}  ${marks.join(' ')}`.trimEnd();
  };
  const isBare = (bin: number): boolean => counts[bin] === 0 && ends.every((end) => end.bin !== bin);
  const bins = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  // Of a stretch without a session one row is left.
  const rows = bins
    .filter((bin) => bin === from || !isBare(bin) || !isBare(bin - 1))
    .map((bin) => (isBare(bin) ? colours.dim(`${'⋮'.padStart(9)} │`) : row(bin)));
  const head = ['threshold', 'kind', 'limit', 'flagged', 'share', 'rate over time'];
  const figures = thresholds.map(({ name, kind, limit, flagged: n, inForce }, k) => [
    `${paintOf(k, colours)('●')} ${name}`,
    `${kind}${inForce ? ', in force' : ''}`,
    limit === null ? '–' : shortNumber(limit),
    grouped(n),
    percent(n, total),
  ]);
  const before = head.slice(0, -1).reduce((sum, text, c) => sum + 2 + Math.max(text.length, ...figures.map((row) => visibleLength(row[c]))), 0);
  const rates = thresholds.map((_, k) =>
    blocks(
      sessions.map((all, i) => (all === 0 ? 0 : flagged[i][k] / all)),
      Math.max(LEAST_TREND, Math.min(MOST_TREND, width - before)),
    ).replaceAll(' ', NOTHING),
  );
  const table = cellsTable(
    head,
    figures.map((row, k) => [...row, rates[k]]),
    width,
    colours,
    [2, 3, 4],
  );
  const span =
    time.length === 0
      ? ''
      : colours.dim(`${shortTime(Date.parse(time[0]))} to ${shortTime(Date.parse(time.at(-1)!))}, ${count(time.length, 'stretch', 'stretches')}\n`);
  return `${colours.dim('    score │ sessions, logarithmic')}\n${rows.join('\n')}\n\n${table}${span}`;
}

function paintOf(k: number, colours: Colours): (text: string) => string {
  return k === 0 ? colours.cyan : colours.yellow;
}
