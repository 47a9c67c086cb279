/** What is wanted of an exposition, before it is kept. */
import type { Pattern } from '../../core/pattern.ts';

const MOST_NAMES = 50_000;

/** Drops the samples whose name no pattern matches, and the comments; counts the rest. */
export class Wanted {
  readonly #patterns: readonly Pattern[];
  readonly #names = new Map<string, boolean>();

  /** No pattern: everything is wanted. */
  constructor(patterns: readonly Pattern[]) {
    this.#patterns = patterns;
  }

  of(exposition: string): { text: string; samples: number } {
    const lines: string[] = [];
    let samples = 0;
    let isEnded = false;
    for (const line of exposition.split('\n')) {
      if (line.startsWith('# EOF')) isEnded = true;
      if (line.trim() === '' || line.startsWith('#') || !this.#isWanted(nameOf(line))) continue;
      lines.push(line);
      samples++;
    }
    if (isEnded) lines.push('# EOF');
    return { text: `${lines.join('\n')}\n`, samples };
  }

  #isWanted(name: string): boolean {
    if (this.#patterns.length === 0) return true;
    let wanted = this.#names.get(name);
    if (wanted === undefined) {
      wanted = this.#patterns.some((pattern) => pattern.test(name));
      if (this.#names.size >= MOST_NAMES) this.#names.clear();
      this.#names.set(name, wanted);
    }
    return wanted;
  }
}

function nameOf(line: string): string {
  const quoted = /^\s*\{\s*"((?:[^"\\]|\\.)*)"/.exec(line);
  return quoted?.[1] ?? /^\s*[^\s{]*/.exec(line)![0].trim();
}
