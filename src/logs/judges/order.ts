/** Sessions whose events came in an order that sessions of the same counts hardly ever have. */
import type { Reason, SessionLook } from '../../core/contracts/logs.ts';
import { Type } from '../../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { defineJudge, type TrainedJudge } from './definition.ts';
import { readWays, writeWays } from './order-states.ts';
import { GROWING, percent, RARE } from './shared.ts';

/** Counts of sessions whose orders are kept; when there are more, the eighth that came least is forgotten. */
const MOST = 2000;
/** Orders kept of the same counts; when there are more, the half that came least is forgotten. */
const ORDERS = 32;
/** Once so many orders were new, they are kept no longer where more than this part of the sessions came in a new one. */
const LOOSE = { orders: 8, part: 1 / 8 };
/** Sessions of the same counts, and of all, after which what came before counts half. */
const HALVE = { ways: 4096, all: 16_384 };
/** How often orders are new among all sessions weighs as much as so many sessions of the same counts. */
const PRIOR = 1;
/** Events of the usual order that is kept to compare with. */
const LONGEST = 64;

/** One order of events. */
export interface Way {
  sessions: number;
  /** First line of the only session that had it, NaN for several. */
  only: number;
}

/** What is known of sessions of the same counts. */
export interface Ways {
  sessions: number;
  /** Sessions, the first left out, that came in a new order. */
  fresh: number;
  /** By hash; undefined where they come in any order. */
  orders: Map<number, Way> | undefined;
  /** The order of more than half of them, where it was met more than once. */
  usual: Uint32Array;
  usualHash: number;
}

/**
 * Score: -log10 of the probability of an order that is as rare, among sessions of the same counts. A new order is as probable as new ones were among them,
 * and as little as they are among all while they are few (Witten and Bell 1991): where work runs in parallel no order is odd, and where steps are strict
 * the second one is.
 */
export class Order implements TrainedJudge {
  readonly #ways = new Map<number, Ways>();
  /** Sessions whose counts were known, and those of them that came in a new order. */
  #sessions = 0;
  #fresh = 0;
  #trained = false;

  /** Of a session that still grows, or is kept in part, the order is not known. */
  score(look: SessionLook): number {
    return look.look === GROWING || this.#ways.size === 0 ? NaN : Math.abs(Math.log10(this.#probability(look)));
  }

  #probability(look: SessionLook): number {
    const ways = this.#ways.get(Number(look.countHash));
    if (ways?.orders === undefined || !isWhole(look)) return 1;
    const way = ways.orders.get(Number(look.sequenceHash));
    if (way === undefined) return this.#chance(ways, 0);
    // What was learnt of this session itself does not speak for it.
    if (way.only === look.first) return this.#chance(ways, 1);
    if (this.#trained || way.sessions > RARE * ways.sessions) return 1;
    let rare = 0;
    for (const { sessions } of ways.orders.values()) if (sessions <= way.sessions) rare += sessions;
    return Math.min(1, (rare + 1) / (ways.sessions + 1));
  }

  /** Probability of a new order; `own` is 1 where this one is among what was learnt. */
  #chance(ways: Ways, own: number): number {
    const trials = ways.sessions - own - 1;
    if (trials < 0) return 1;
    const any = (Math.max(0, this.#fresh - own) + 1) / (Math.max(0, this.#sessions - own) + 1);
    return Math.min(1, (Math.max(0, ways.fresh - own) + PRIOR * any) / (trials + PRIOR));
  }

  learn(look: SessionLook): void {
    if (look.look === GROWING || !isWhole(look)) return;
    const ways = this.#waysOf(Number(look.countHash));
    const isFirst = ways.sessions++ === 0;
    const isNew = ways.orders === undefined || this.#meet(ways, ways.orders, look);
    if (isFirst) return;
    this.#sessions++;
    if (isNew) {
      this.#fresh++;
      ways.fresh++;
      if (ways.fresh >= LOOSE.orders && ways.fresh > LOOSE.part * ways.sessions) {
        ways.orders = undefined;
        ways.usual = NOTHING;
      }
    }
    if (ways.sessions >= HALVE.ways) halve(ways);
    if (this.#sessions < HALVE.all) return;
    this.#sessions /= 2;
    this.#fresh /= 2;
  }

  #waysOf(name: number): Ways {
    let ways = this.#ways.get(name);
    if (ways !== undefined) return ways;
    if (this.#ways.size >= MOST) forgetLeast(this.#ways, MOST >> 3);
    ways = { sessions: 0, fresh: 0, orders: new Map(), usual: NOTHING, usualHash: NaN };
    this.#ways.set(name, ways);
    return ways;
  }

  /** Counts the order of a session; true for a new one. */
  #meet(ways: Ways, orders: Map<number, Way>, { sequence, sequenceHash, first }: SessionLook): boolean {
    const name = Number(sequenceHash);
    const way = orders.get(name);
    if (way === undefined) {
      if (orders.size >= ORDERS) forgetLeast(orders, ORDERS >> 1);
      orders.set(name, { sessions: 1, only: first });
      return true;
    }
    way.sessions++;
    if (way.only !== first) way.only = NaN;
    if (ways.usualHash !== name && 2 * way.sessions > ways.sessions && sequence.length <= LONGEST) {
      ways.usual = sequence.slice();
      ways.usualHash = name;
    }
    return false;
  }

  endTraining(): void {
    this.#trained = true;
  }

  explain(look: SessionLook): Reason[] {
    const p = this.#probability(look);
    if (p > RARE) return [];
    const text = `only ${percent(p)} of the sessions with these counts come in an order as rare as this`;
    const usual = this.#ways.get(Number(look.countHash))?.usual ?? NOTHING;
    const place = usual.findIndex((event, i) => event !== look.sequence[i]);
    if (place < 0) return [{ judge: 'order', text, templates: [] }];
    const [here, there] = [look.sequence[place], usual[place]];
    return [{ judge: 'order', text: `{t:${here}} where {t:${there}} usually comes first; ${text}`, templates: [here, there], places: [place] }];
  }

  describe(): string[] {
    let strict = 0;
    for (const { orders } of this.#ways.values()) if (orders !== undefined) strict++;
    const fresh = this.#sessions === 0 ? 0 : this.#fresh / this.#sessions;
    return [`${this.#ways.size} different counts, orders kept of ${strict}; ${percent(fresh)} of the sessions with known counts come in a new order`];
  }

  snapshot(writer: SnapshotWriter): void {
    writer.u8(this.#trained ? 1 : 0);
    writer.f64(this.#sessions);
    writer.f64(this.#fresh);
    writeWays(writer, this.#ways);
  }

  restore(reader: SnapshotReader): this {
    this.#trained = reader.u8() === 1;
    this.#sessions = reader.f64();
    this.#fresh = reader.f64();
    readWays(reader, this.#ways);
    return this;
  }
}

const NOTHING = new Uint32Array(0);

function isWhole(look: SessionLook): boolean {
  return look.lines === look.sequence.length;
}

function halve(ways: Ways): void {
  ways.sessions /= 2;
  ways.fresh /= 2;
  ways.orders?.forEach((way, name, orders) => {
    way.sessions /= 2;
    if (way.sessions < 1) orders.delete(name);
  });
}

/** Drops so many of those with the fewest sessions, the oldest first. */
function forgetLeast(from: Map<number, { sessions: number }>, count: number): void {
  const least = [...from].sort(([, a], [, b]) => a.sessions - b.sessions);
  for (const [name] of least.slice(0, count)) from.delete(name);
}

export const order = defineJudge({
  name: 'order',
  summary: 'An order of events that sessions with the same counts hardly ever come in; where they come in any order, none is odd.',
  options: Type.Object({}, { additionalProperties: false }),
  sample: {},
  about: {
    finds: 'Steps that were swapped: sessions with all the usual events, each as often as usual, in another order.',
    use: 'Beside judges of counts, as `auto` has it. Alone it sees nothing else; sequence does.',
    warmUp: 'Some hundred sessions of the same counts; fewer where order is strict in all sessions.',
    memory: 'Up to 2 MB: 100 bytes for each order of at most 2,000 different counts, and the usual order of each.',
    paper: 'Witten and Bell (1991), The zero-frequency problem: the probability of the new from how much was new.',
  },
  scale: 'digits',
  sees: 'sequence',
  threshold: { name: 'conformal', options: { alpha: 0.005, half_life: 3000 } },
  limit: { trained: 2.3, untrained: 2.3 },
  version: 1,
  create: () => new Order(),
  restore: (reader) => new Order().restore(reader),
});
