/** Sessions whose events follow each other as they seldom do. */
import { LOOKS, type Reason, type SessionLook } from '../../core/contracts/logs.ts';
import { Type, type Static } from '../../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { defineJudge, type TrainedJudge } from './definition.ts';
import { ContextTable, extend } from './sequence-contexts.ts';
import { Ranks } from './sequence-ranks.ts';

const options = Type.Object(
  {
    order: Type.Integer({
      description: 'Events before a place that count at most; one of them is enough to make an event expected. 1 where nothing runs in parallel.',
      minimum: 1,
      maximum: 8,
      default: 4,
    }),
    contexts: Type.Integer({
      description: 'Contexts and followers kept, 20 bytes each. When there are more, all counts are halved, and those left with none go.',
      minimum: 64,
      maximum: 4_194_304,
      default: 65_536,
    }),
    half_life: Type.Integer({ description: 'Sessions after which all counts are halved.', minimum: 100, default: 50_000 }),
    memory: Type.Integer({
      description: 'Sessions that are learnt together at most: until then scores of the same sequence are remembered.',
      minimum: 1,
      maximum: 65_536,
      default: 256,
    }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

const GROWING = LOOKS.indexOf('growing');
/** Stands before the first event and behind the last one. */
const EDGE = 0xffffffff;
/** Sessions are learnt together once they are this part of all. */
const TOGETHER = 1 / 8;
/** Events of a session that are looked at. */
const LONGEST = 1000;
/** Places that are told. */
const MOST = 3;
/** All contexts grow from this one. */
const ROOT = 1;
/** Events right before a place that count together at most. */
const DEPTH = 3;
/** Two ways of reading: by any one of the events before a place, and by those right before it together. */
const WAYS = [0, 1] as const;
type Way = (typeof WAYS)[number];

interface Pending {
  sequence: Uint32Array;
  isWhole: boolean;
  times: number;
}

class Sequence implements TrainedJudge {
  readonly #options: Options;
  readonly #table: ContextTable;
  /** Sessions learnt; at which the pending ones are counted, and at which all counts are halved. */
  #learnt = 0;
  #next = 1;
  #halving: number;
  /** Sessions learnt but not counted yet, and scores since then, both by sequence. */
  readonly #pending = new Map<number, Pending>();
  readonly #scores = new Map<number, readonly number[]>();
  /** Largest surprises of sessions, by the way of reading. */
  readonly #ranks = WAYS.map(() => new Ranks());
  /** Keys of the contexts of a place: the empty one, the events before it, each with how far before, and two or more right before it; where the last two kinds end. */
  readonly #contexts: Float64Array;
  #apart = 0;
  #together = 0;
  readonly #digits = new Float64Array(LONGEST + 1);

  constructor(chosen: Options) {
    this.#options = chosen;
    this.#table = new ContextTable(chosen.contexts);
    this.#halving = chosen.half_life;
    this.#contexts = new Float64Array(chosen.order + DEPTH);
  }

  score(look: SessionLook): number {
    if (this.#table.used === 0) return NaN;
    const largest = this.#largest(look);
    return Math.max(...WAYS.map((way) => this.#ranks[way].digits(largest[way])));
  }

  /** The largest surprise of a place by each way, as remembered or worked out. */
  #largest(look: SessionLook): readonly number[] {
    const name = nameOf(look);
    const known = this.#scores.get(name);
    if (known !== undefined) return known;
    const found = WAYS.map((way) => {
      const places = this.#surprise(look.sequence, isWhole(look), way);
      let most = 0;
      for (let t = 0; t < places; t++) most = Math.max(most, this.#digits[t]);
      return most;
    });
    if (this.#scores.size < 2 * this.#options.memory) this.#scores.set(name, found);
    return found;
  }

  /** Puts -log10 of the probability of each place into `#digits`; answers how many there are. */
  #surprise(sequence: Uint32Array, whole: boolean, way: Way): number {
    const length = Math.min(sequence.length, LONGEST);
    const places = length + (whole && length === sequence.length ? 1 : 0);
    for (let t = 0; t < places; t++) {
      this.#contextsBefore(sequence, t);
      this.#digits[t] = -Math.log10(this.#probability(t < length ? sequence[t] : EDGE, way));
    }
    return places;
  }

  /** Before the first event there is EDGE, once. */
  #contextsBefore(sequence: Uint32Array, t: number): void {
    const contexts = this.#contexts;
    const { order } = this.#options;
    const gaps = Math.min(order, t + 1);
    contexts[0] = ROOT;
    for (let gap = 1; gap <= gaps; gap++) contexts[gap] = extend(ROOT + gap, gap <= t ? sequence[t - gap] : EDGE);
    this.#apart = this.#together = gaps + 1;
    let key = contexts[1];
    for (let gap = 2; gap <= Math.min(DEPTH, gaps); gap++) contexts[this.#together++] = key = extend(key, gap <= t ? sequence[t - gap] : EDGE);
  }

  /** Of an event in the contexts at hand, one kind after the other mixed with what shorter ones say (Witten and Bell 1991, interpolated). */
  #probability(event: number, way: Way): number {
    const table = this.#table;
    const root = table.find(ROOT);
    const kinds = root < 0 ? 0 : table.kinds(root);
    // An event never seen has the share of one among those seen.
    const alone = root < 0 ? 1 : (table.followed(ROOT, event) + kinds / (kinds + 1)) / (table.count(root) + kinds);
    return way === 0 ? this.#byOne(event, alone) : this.#byAll(event, alone);
  }

  /** By that one of the events before it which makes it likeliest, since what runs in parallel comes in between. */
  #byOne(event: number, alone: number): number {
    let best = 0;
    for (let k = 1; k < this.#apart; k++) best = Math.max(best, this.#mixed(this.#contexts[k], event, alone) ?? 0);
    return best > 0 ? best : alone;
  }

  /** By all that came right before it. */
  #byAll(event: number, alone: number): number {
    let p: number | undefined = this.#mixed(this.#contexts[1], event, alone);
    let last = p ?? alone;
    for (let k = this.#apart; p !== undefined && k < this.#together; k++) {
      p = this.#mixed(this.#contexts[k], event, last);
      last = p ?? last;
    }
    return last;
  }

  /** What a context says, mixed with what is known without it by how many different events followed it; undefined where it was never met. */
  #mixed(context: number, event: number, without: number): number | undefined {
    const slot = this.#table.find(context);
    if (slot < 0) return undefined;
    const kinds = this.#table.kinds(slot);
    return (this.#table.followed(context, event) + kinds * without) / (this.#table.count(slot) + kinds);
  }

  learn(look: SessionLook): void {
    if (look.look === GROWING) return;
    if (this.#table.used > 0) {
      const largest = this.#largest(look);
      for (const way of WAYS) this.#ranks[way].learn(largest[way], this.#learnt);
    }
    const name = nameOf(look);
    const pending = this.#pending.get(name);
    if (pending === undefined) this.#pending.set(name, { sequence: look.sequence.slice(0, LONGEST), isWhole: isWhole(look), times: 1 });
    else pending.times++;
    if (++this.#learnt < this.#next) return;
    this.#count();
    this.#next = this.#learnt + Math.max(1, Math.min(this.#options.memory, Math.floor(this.#learnt * TOGETHER)));
  }

  endTraining(): void {
    this.#count();
  }

  #count(): void {
    for (const { sequence, isWhole: whole, times } of this.#pending.values()) {
      for (let t = 0; t < sequence.length + (whole ? 1 : 0); t++) {
        this.#contextsBefore(sequence, t);
        for (let k = 0; k < this.#together; k++) this.#table.add(this.#contexts[k], t < sequence.length ? sequence[t] : EDGE, times);
      }
    }
    if (this.#learnt >= this.#halving) {
      this.#table.halve();
      this.#halving = this.#learnt + this.#options.half_life;
    }
    this.#pending.clear();
    this.#scores.clear();
  }

  explain(look: SessionLook): Reason[] {
    const { sequence } = look;
    const largest = this.#largest(look);
    const way: Way = this.#ranks[1].digits(largest[1]) > this.#ranks[0].digits(largest[0]) ? 1 : 0;
    const places = this.#surprise(sequence, isWhole(look), way);
    const order = Array.from({ length: places }, (_, t) => t).sort((a, b) => this.#digits[b] - this.#digits[a] || a - b);
    const odd = order.slice(0, MOST).filter((t) => this.#digits[t] >= Math.max(1, this.#digits[order[0]] / 2));
    if (odd.length === 0) return [];
    const texts = odd.map((t) => this.#say(sequence, t, way));
    const at = odd.map((t) => Math.min(t, sequence.length - 1)).filter((t) => t >= 0);
    return [{ judge: 'sequence', text: texts.join('; '), templates: [...new Set(at.map((t) => sequence[t]))], places: [...new Set(at)] }];
  }

  #say(sequence: Uint32Array, t: number, way: Way): string {
    const before = t === 0 ? 'at the start' : `after {t:${sequence[t - 1]}}`;
    const chance = `1 in ${Math.round(Math.min(1e9, 10 ** this.#digits[t])).toLocaleString('en')}`;
    const expected = this.#expected(sequence, t, way);
    const instead = expected === undefined ? '' : ` instead of ${expected === EDGE ? 'the end' : `{t:${expected}}`}`;
    return `${t === sequence.length ? 'the end' : `{t:${sequence[t]}}`} ${before} (${chance})${instead}`;
  }

  /** The likeliest event at a place, among those of the session and the end. */
  #expected(sequence: Uint32Array, t: number, way: Way): number | undefined {
    this.#contextsBefore(sequence, t);
    let best: number | undefined;
    let most = 10 ** -this.#digits[t];
    for (const event of new Set([...sequence.subarray(0, LONGEST), EDGE])) {
      const p = this.#probability(event, way);
      if (p > most) [best, most] = [event, p];
    }
    return best;
  }

  describe(): string[] {
    return [
      `${this.#learnt.toLocaleString('en')} sessions learnt`,
      `${this.#table.used.toLocaleString('en')} of ${this.#table.capacity.toLocaleString('en')} contexts and followers, up to ${this.#options.order} events long`,
    ];
  }

  /** What grows comes last. */
  snapshot(writer: SnapshotWriter): void {
    for (const x of [this.#learnt, this.#next, this.#halving]) writer.f64(x);
    for (const ranks of this.#ranks) ranks.snapshot(writer);
    this.#table.snapshot(writer);
    writer.u32(this.#pending.size);
    for (const [key, { sequence, isWhole: whole, times }] of this.#pending) {
      writer.f64(key);
      writer.u8(whole ? 1 : 0);
      writer.u32(times);
      writer.u32s(sequence);
    }
  }

  /** What version 1 counted were other contexts: it begins anew. */
  restore(reader: SnapshotReader): this {
    if (reader.version < 2) return this;
    this.#learnt = reader.f64();
    this.#next = reader.f64();
    this.#halving = reader.f64();
    for (const ranks of this.#ranks) ranks.restore(reader);
    this.#table.restore(reader);
    for (let n = reader.u32(); n > 0; n--) {
      const key = reader.f64();
      const whole = reader.u8() === 1;
      const times = reader.u32();
      const sequence = reader.u32s();
      this.#pending.set(key, { sequence, isWhole: whole, times });
    }
    return this;
  }
}

/** Whether all that will come has come and is at hand: then the end is an event as well. */
function isWhole(look: SessionLook): boolean {
  return look.look !== GROWING && look.lines === look.sequence.length && look.lines <= LONGEST;
}

/** Names what is read of a session. */
function nameOf(look: SessionLook): number {
  const hash = Number(look.sequenceHash);
  return isWhole(look) ? hash : -1 - hash;
}

/**
 * Score: -log10 of the share of the sessions whose largest surprise of a place is as large; a surprise is -log10 of the probability of an event after those
 * before it. Sessions are learnt together, up to `memory` at a time and at given numbers of sessions, so that in between a sequence is worked out once.
 */
export const sequence = defineJudge({
  name: 'sequence',
  summary: 'How seldom an event, the end included, follows those before it.',
  options,
  sample: { order: 2, contexts: 4096 },
  about: {
    finds: 'Sessions whose events come in an unusual order, that begin or end in an unusual place, or that have events never seen.',
    use: 'Where order means something: protocols, state machines. Where parallel work writes in any order, count-vector or rare-key.',
    warmUp: 'One session; it takes some hundred until rare ways are known.',
    memory: 'Up to 1.3 MB: 20 bytes for each context or follower, twice that while in use; 12 kB for ranks.',
    paper:
      'Witten and Bell (1991), The zero-frequency problem; skip-grams: Guthrie et al. (2006), A closer look at skip-gram modelling; ranks: Vovk, Gammerman and Shafer (2005).',
  },
  scale: 'digits',
  sees: 'sequence',
  threshold: { name: 'conformal', options: { alpha: 0.02, half_life: 3000 } },
  limit: { trained: 2.3, untrained: 1.5 },
  version: 2,
  create: (chosen) => new Sequence(chosen),
  restore: (reader, chosen) => new Sequence(chosen).restore(reader),
});
