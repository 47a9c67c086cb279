/** Labels that a person has of their own data: stretches of time in which something was wrong. */
import { HomeostatError } from '../../core/errors.ts';
import { timeOfNumber, unitOf } from '../../formats/epoch.ts';
import { DEFAULT_RULE, timeOfText } from '../../formats/times.ts';

/** Event time, both ends included; ms. */
export interface Stretch {
  from: number;
  to: number;
}

/**
 * Reads stretches: JSON (`[["from", "to"], …]`, single times, or objects with `from` and `to`) or a line each, `from,to` or one time
 * (a first line without a time is a heading). Throws INPUT_UNREADABLE with the line.
 */
export function parseLabels(text: string, file: string): Stretch[] {
  const trimmed = text.trimStart();
  const entries = trimmed.startsWith('[') ? fromJson(trimmed, file) : fromLines(text);
  const stretches: Stretch[] = [];
  for (const [i, { line, cells }] of entries.entries()) {
    const times = cells.slice(0, 2).map(timeOf);
    if (times.length > 0 && times.every((time) => Number.isFinite(time))) {
      const [from, to = from] = times as [number, number?];
      if (to < from) throw unreadable(file, `${line} ends before it begins`);
      stretches.push({ from, to });
    } else if (i > 0 || trimmed.startsWith('[')) throw unreadable(file, `${line} (${cells.join(', ').slice(0, 60)}) is no time, and no pair of times`);
  }
  if (stretches.length === 0) throw unreadable(file, 'it names no stretch of time');
  return stretches.sort((a, b) => a.from - b.from);
}

interface Entry {
  line: string;
  cells: string[];
}

function fromLines(text: string): Entry[] {
  return text.split(/\r?\n/).flatMap((line, i) =>
    line.trim() === ''
      ? []
      : [
          {
            line: `line ${i + 1}`,
            cells: line
              .split(/[,;\t]/)
              .map((cell) => cell.trim().replaceAll('"', ''))
              .filter((cell) => cell !== ''),
          },
        ],
  );
}

function fromJson(text: string, file: string): Entry[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (thrown) {
    throw unreadable(file, `its JSON is broken: ${(thrown as Error).message}`);
  }
  return (list as unknown[]).map((one, i) => {
    const { from, to } = (typeof one === 'object' && one !== null ? one : {}) as { from?: unknown; to?: unknown };
    const cells = Array.isArray(one) ? one : from === undefined ? [one] : [from, to ?? from];
    return { line: `entry ${i + 1}`, cells: cells.map(String) };
  });
}

function timeOf(text: string): number {
  const number = Number(text);
  if (text !== '' && Number.isFinite(number)) return timeOfNumber(number, { ...DEFAULT_RULE, unit: unitOf(number) ?? 'ms' });
  return timeOfText(text, DEFAULT_RULE);
}

function unreadable(file: string, detail: string): HomeostatError {
  return new HomeostatError('INPUT_UNREADABLE', { file, detail });
}

/** Stretches of a column in which it is above 0: each from its first marked row to its last. */
export function labelsOfColumn(time: Float64Array, values: Float64Array): Stretch[] {
  const stretches: Stretch[] = [];
  let open: Stretch | undefined;
  for (let i = 0; i < time.length; i++) {
    if (!(values[i] > 0)) open = undefined;
    else if (open === undefined) stretches.push((open = { from: time[i], to: time[i] }));
    else open.to = time[i];
  }
  return stretches;
}
