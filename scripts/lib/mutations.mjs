/** Small single-line changes of TypeScript that oxfmt has formatted: which there are in a text, and an even choice of them. Plain Node. */
import { createHash } from 'node:crypto';

/** The text with comments, strings and regular expressions blanked, every character still where it was. */
function codeOnly(text) {
  const blank = (part) => part.replaceAll(/[^\n]/g, ' ');
  return text.replaceAll(
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/(?![\s/*=])(?:\\.|\[[^\]\n]*\]|[^/\\\n[])+\//g,
    blank,
  );
}

/** What begins a part that says nothing about behaviour (types), or whose every word is compared with the generated reference (options, descriptions). */
const DECLARES = [/^(export )?(interface|type|declare)\b/, /\bType\.\w+\(/, /^import\b/, /\badditionalProperties:/];
const IN_A_DEFINITION = /^ {2}(name|summary|options|sample|about|threshold|version|columns|scale|judges|finds|contributions)\b/;

/** For each line whether it may be changed. */
function changeable(lines) {
  let until;
  return lines.map((line) => {
    if (until !== undefined) {
      if (until.test(line)) until = undefined;
      return false;
    }
    if (!IN_A_DEFINITION.test(line) && !DECLARES.some((start) => start.test(line))) return true;
    if (!/[;,]$/.test(line)) until = new RegExp(`^ {0,${line.search(/\S/)}}\\S`);
    return false;
  });
}

const SWAPS = [
  [/ \+ /g, ' - '],
  [/ - /g, ' + '],
  [/ \* /g, ' / '],
  [/ \/ /g, ' * '],
  [/ \+= /g, ' -= '],
  [/ -= /g, ' += '],
  [/ < /g, ' <= '],
  [/ <= /g, ' < '],
  [/ > /g, ' >= '],
  [/ >= /g, ' > '],
  [/ === /g, ' !== '],
  [/ !== /g, ' === '],
  [/ && /g, ' || '],
  [/ \|\| /g, ' && '],
  [/\+\+/g, '--'],
  [/(?<!-)--(?!-)/g, '++'],
  [/\bMath\.min\b/g, 'Math.max'],
  [/\bMath\.max\b/g, 'Math.min'],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
];

/** One more for small whole numbers, a tenth more for all others. */
function changedNumber(literal) {
  const value = Number(literal.replaceAll('_', ''));
  if (Number.isInteger(value) && value < 10) return String(value + 1);
  return String(Number.isInteger(value) ? Math.ceil(value * 1.1) : value * 1.1);
}

const NUMBER = /(?<![\w.$#])\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])/g;
const WHOLE_STATEMENT =
  /^\s*(?!const |let |var |return\b|throw |import |export |readonly |static |type |#\w+ = |#\w+;|#\w+: |break;|case |default:)(?:if \(.*\) )?[\w#.[\]+\-(].*;$/;
const ENDS_A_STATEMENT = /[;{}]\s*$|^\s*$/;

function changesOf(line, code, before) {
  const found = [];
  const loop = /^\s*for /.test(code);
  for (const [pattern, to] of SWAPS) {
    for (const { 0: from, index } of code.matchAll(pattern)) {
      // A loop that counts the other way does not end; that is always noticed, slowly.
      if (!loop || (from !== '++' && from !== '--')) found.push({ at: index, from, to });
    }
  }
  for (const { 0: from, index } of code.matchAll(NUMBER)) found.push({ at: index, from, to: changedNumber(from) });
  if (!loop && (WHOLE_STATEMENT.test(code) || /^\s*(if \(.*\) )?(continue|break|return);$/.test(code)) && ENDS_A_STATEMENT.test(before)) {
    const at = line.search(/\S/);
    found.push({ at, from: line.slice(at), to: ';' });
  }
  return found.toSorted((a, b) => a.at - b.at);
}

/** Every change that is tried, by line. */
export function everyChange(text) {
  const lines = text.split('\n');
  const code = codeOnly(text).split('\n');
  const may = changeable(lines);
  const changes = [];
  lines.forEach((line, i) => {
    const here = may[i] ? changesOf(line, code[i], i > 0 ? code[i - 1] : '') : [];
    if (here.length > 0) changes.push({ line: i + 1, changes: here });
  });
  return changes;
}

const draw = (...of) => createHash('sha256').update(of.join('\0')).digest().readUInt32BE();

/** At most `most` changes of a file, of lines evenly spread over it; the same for the same seed. */
export function chosenChanges(file, text, most, seed) {
  const lines = everyChange(text);
  const picks = Math.min(most, lines.length);
  const shift = draw(seed, file) / 2 ** 32;
  return Array.from({ length: picks }, (_, i) => {
    const { line, changes } = lines[Math.floor(((i + shift) * lines.length) / picks)];
    return { line, ...changes[draw(seed, file, line) % changes.length] };
  });
}

/** The text with one change made. */
export function changed(text, { line, at, from, to }) {
  const lines = text.split('\n');
  const was = lines[line - 1];
  lines[line - 1] = was.slice(0, at) + to + was.slice(at + from.length);
  return lines.join('\n');
}
