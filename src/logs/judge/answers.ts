/** What people answered of patterns of sessions, and what follows from it. */
import type { LogAnswer } from '../../core/contracts/logs.ts';
import type { LogAnswerShown } from '../../core/log-api.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { hashOfPairs, type Pairs } from '../judges/vectors.ts';

/** What becomes of a pattern. */
export type Fate = 'judged' | 'silenced' | 'flagged';

/** At most so many answers are kept; beyond it the oldest go, those taken back first. */
export const MOST_ANSWERS = 10_000;

interface Kept extends LogAnswer {
  at: number;
  undone: boolean;
}

/** Silenced by twice as many normal answers as anomalous ones and one more; one normal answer alone silences nothing. Flagged while anomalous ones are more. */
export function fateOf(normal: number, anomalous: number): Fate {
  if (anomalous > normal) return 'flagged';
  return normal >= 2 * (anomalous + 1) ? 'silenced' : 'judged';
}

/** A pattern in words: `template:count` pairs; what people, answers and exports name it by. */
export function patternName(pairs: Pairs): string {
  let name = '';
  for (let i = 0; i < pairs.length; i += 2) name += `${i === 0 ? '' : ' '}${pairs[i]}:${pairs[i + 1]}`;
  return name === '' ? 'none' : name;
}

/** The pairs of a name; undefined where it is none. */
export function pairsOfName(name: string): Pairs | undefined {
  if (name === 'none') return new Uint32Array(0);
  const words = name.split(' ');
  const pairs = new Uint32Array(words.length * 2);
  for (const [i, word] of words.entries()) {
    const found = /^(\d{1,10}):(\d{1,10})$/.exec(word);
    if (found === null) return undefined;
    pairs[i * 2] = Number(found[1]);
    pairs[i * 2 + 1] = Number(found[2]);
    if (i > 0 && pairs[i * 2] <= pairs[i * 2 - 2]) return undefined;
  }
  return pairs;
}

export class Answers {
  readonly #kept: Kept[] = [];
  /** By hash of the key as it is under the free events of `#generation`. */
  #votes = new Map<number, { normal: number; anomalous: number }>();
  #generation = -1;

  get size(): number {
    return this.#kept.length;
  }

  /** Fate of the key with this hash; `reduce` takes free events out of pairs, and changes with `generation`. */
  fate(keyHash: number, generation: number, reduce: (pairs: Pairs) => Pairs): Fate {
    if (this.#kept.length === 0) return 'judged';
    if (generation !== this.#generation) this.#count(generation, reduce);
    const votes = this.#votes.get(keyHash);
    return votes === undefined ? 'judged' : fateOf(votes.normal, votes.anomalous);
  }

  /** Takes an answer in; one with the id of another replaces it. */
  give(answer: LogAnswer, at: number): void {
    const same = this.#kept.findIndex(({ id }) => id === answer.id);
    const kept: Kept = { ...answer, at, undone: false };
    if (same >= 0) this.#kept[same] = kept;
    else this.#kept.push(kept);
    if (this.#kept.length > MOST_ANSWERS)
      this.#kept.splice(
        Math.max(
          0,
          this.#kept.findIndex(({ undone }) => undone),
        ),
        1,
      );
    this.#generation = -1;
  }

  undo(id: string): void {
    const found = this.#kept.find((answer) => answer.id === id);
    if (found === undefined) return;
    found.undone = true;
    this.#generation = -1;
  }

  shown(): LogAnswerShown[] {
    return this.#kept.map(({ id, pattern, says, reason, by, session, at, undone }) => {
      return { id, pattern, says, reason, by, session, at: new Date(at).toISOString(), undone };
    });
  }

  #count(generation: number, reduce: (pairs: Pairs) => Pairs): void {
    this.#generation = generation;
    this.#votes = new Map();
    for (const { pattern, says, undone } of this.#kept) {
      const pairs = undone ? undefined : pairsOfName(pattern);
      if (pairs === undefined) continue;
      const hash = hashOfPairs(reduce(pairs));
      const votes = this.#votes.get(hash) ?? { normal: 0, anomalous: 0 };
      votes[says]++;
      this.#votes.set(hash, votes);
    }
  }

  snapshot(writer: SnapshotWriter): void {
    writer.u32(this.#kept.length);
    for (const kept of this.#kept) {
      for (const text of [kept.id, kept.pattern, kept.says, kept.reason, kept.by, kept.session]) writer.text(text);
      writer.f64(kept.at);
      writer.u8(kept.undone ? 1 : 0);
    }
  }

  static restore(reader: SnapshotReader): Answers {
    const answers = new Answers();
    for (let left = reader.u32(); left > 0; left--) {
      const [id, pattern, says, reason, by, session] = Array.from({ length: 6 }, () => reader.text());
      answers.#kept.push({ id, pattern, says: says as LogAnswer['says'], reason, by, session, at: reader.f64(), undone: reader.u8() === 1 });
    }
    return answers;
  }
}
