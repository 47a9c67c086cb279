/** Differences of two texts by lines: shown as a unified diff, and put into a third text. */

/** Lines `from` to `to` (excluded) of the first text became `lines`. */
export interface Hunk {
  from: number;
  to: number;
  lines: string[];
}

/** More cells than this in the table, and all between the first and the last difference counts as replaced. */
const MOST_CELLS = 4_000_000;
const CONTEXT = 3;

/** Lines with their ends, so that joining them gives the text back. */
export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** What turns `before` into `after`, in order; least lines by a longest common subsequence. */
export function hunksOf(before: readonly string[], after: readonly string[]): Hunk[] {
  let first = 0;
  while (first < before.length && first < after.length && before[first] === after[first]) first++;
  let last = 0;
  while (last < before.length - first && last < after.length - first && before[before.length - 1 - last] === after[after.length - 1 - last]) last++;
  const a = before.slice(first, before.length - last);
  const b = after.slice(first, after.length - last);
  if (a.length === 0 && b.length === 0) return [];
  if ((a.length + 1) * (b.length + 1) > MOST_CELLS) return [{ from: first, to: first + a.length, lines: b }];
  return merged(a, b).map(({ from, to, lines }) => ({ from: from + first, to: to + first, lines }));
}

function merged(a: readonly string[], b: readonly string[]): Hunk[] {
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] = a[i] === b[j] ? common[(i + 1) * width + j + 1] + 1 : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
  const hunks: Hunk[] = [];
  let open: Hunk | undefined;
  const at = (i: number): Hunk => {
    if (open === undefined) hunks.push((open = { from: i, to: i, lines: [] }));
    return open;
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      open = undefined;
      i++;
      j++;
    } else if (i < a.length && (j === b.length || common[(i + 1) * width + j] >= common[i * width + j + 1])) at(i++).to = i;
    else at(i).lines.push(b[j++]);
  }
  return hunks;
}

/** The text with every hunk in place. */
function applied(lines: readonly string[], hunks: readonly Hunk[]): string {
  let text = '';
  let at = 0;
  for (const { from, to, lines: put } of hunks) {
    text += lines.slice(at, from).join('') + put.join('');
    at = to;
  }
  return text + lines.slice(at).join('');
}

/** Takes what turns `base` into `theirs` over into `ours`, which came of `base` too; undefined where both changed the same lines. */
export function merge(base: string, ours: string, theirs: string): string | undefined {
  if (ours === base) return theirs;
  const lines = linesOf(base);
  const mine = hunksOf(lines, linesOf(ours));
  const other = hunksOf(lines, linesOf(theirs));
  for (const a of mine) if (other.some((b) => a.from <= b.to && b.from <= a.to)) return undefined;
  return applied(
    lines,
    [...mine, ...other].sort((a, b) => a.from - b.from),
  );
}

/** A unified diff as `diff -u` writes it; empty when both are the same. */
export function unified(before: string, after: string, name: string): string {
  const [a, b] = [linesOf(before), linesOf(after)];
  const hunks = hunksOf(a, b);
  if (hunks.length === 0) return '';
  let text = `--- ${name}\n+++ ${name}\n`;
  let grown = 0;
  for (let h = 0; h < hunks.length;) {
    let end = h;
    while (end + 1 < hunks.length && hunks[end + 1].from - hunks[end].to <= 2 * CONTEXT) end++;
    const group = hunks.slice(h, end + 1);
    text += block(a, group, grown);
    for (const { from, to, lines } of group) grown += lines.length - (to - from);
    h = end + 1;
  }
  return text;
}

function block(a: readonly string[], group: readonly Hunk[], grown: number): string {
  const from = Math.max(0, group[0].from - CONTEXT);
  const to = Math.min(a.length, group[group.length - 1].to + CONTEXT);
  const more = group.reduce((sum, one) => sum + one.lines.length - (one.to - one.from), 0);
  const shown: string[] = [];
  let at = from;
  for (const one of group) {
    shown.push(...a.slice(at, one.from).map((line) => ` ${line}`), ...a.slice(one.from, one.to).map((line) => `-${line}`));
    shown.push(...one.lines.map((line) => `+${line}`));
    at = one.to;
  }
  shown.push(...a.slice(at, to).map((line) => ` ${line}`));
  const place = (start: number, length: number): string => `${length === 0 ? start : start + 1},${length}`;
  const head = `@@ -${place(from, to - from)} +${place(from + grown, to - from + more)} @@\n`;
  return head + shown.map((line) => (line.endsWith('\n') ? line : `${line}\n\\ No newline at end of file\n`)).join('');
}
