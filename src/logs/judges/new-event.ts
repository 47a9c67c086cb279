/** Sessions with an event, or a set of events, that was never seen. */
import type { Reason, SessionLook } from '../../core/contracts/logs.ts';
import { mix32 } from '../../core/hash.ts';
import { Type, type Static } from '../../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { defineJudge, type TrainedJudge } from './definition.ts';
import { Masses } from './masses.ts';
import { GROWING, percent, RARE } from './shared.ts';
import { joined } from './vectors.ts';

const options = Type.Object(
  {
    max_sets: Type.Integer({
      description:
        'Events, and sets of events, that are kept. When there are more, an eighth is forgotten and is new again: those seen once first, the oldest first.',
      minimum: 100,
      maximum: 1_000_000,
      default: 20_000,
    }),
    rare_sets: Type.Boolean({
      description: 'Without a training period sets of events that are rare of late count as new, however often they came. `auto` leaves that to rare-key.',
      default: true,
    }),
  },
  { additionalProperties: false },
);

/** Names with the sessions they were seen in: one while `first` names the only one, by the time of its first line. */
class Seen {
  readonly #most: number;
  /** By name: the one session, or OFTEN. */
  readonly #first = new Map<number, number>();
  /** Names seen in one session only. */
  once = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#first.size;
  }

  /** True when no other session had it. */
  isNew(name: number, session: number): boolean {
    const first = this.#first.get(name);
    return first === undefined || first === session;
  }

  /** True when something changed. */
  see(name: number, session: number): boolean {
    const first = this.#first.get(name);
    if (first === OFTEN || first === session) return false;
    if (first === undefined) {
      if (this.#first.size >= this.#most) this.#forget();
      this.#first.set(name, session);
      this.once++;
      return true;
    }
    this.#first.delete(name);
    this.#first.set(name, OFTEN);
    this.once--;
    return true;
  }

  #forget(): void {
    let drop = this.#most >> 3;
    for (const often of [false, true]) {
      for (const [name, first] of this.#first) {
        if (drop <= 0) return;
        if ((first === OFTEN) !== often) continue;
        this.#first.delete(name);
        if (!often) this.once--;
        drop--;
      }
    }
  }

  snapshot(writer: SnapshotWriter): void {
    writer.f64s(Float64Array.from(this.#first.keys()));
    writer.f64s(Float64Array.from(this.#first.values()));
  }

  static restore(reader: SnapshotReader, most: number): Seen {
    const seen = new Seen(most);
    const names = reader.f64s();
    const firsts = reader.f64s();
    names.forEach((name, i) => {
      seen.#first.set(name, firsts[i]);
      if (firsts[i] !== OFTEN) seen.once++;
    });
    return seen;
  }
}

const OFTEN = Infinity;

export class NewEvent implements TrainedJudge {
  #events: Seen;
  #sets: Seen;
  #learnt = 0;
  /** With a training period known to be normal, every set that came in it is known; without, those that are not rare. */
  #trained = false;
  readonly #masses: Masses;
  readonly #rareSets: boolean;

  constructor({ max_sets, rare_sets }: Static<typeof options>) {
    this.#rareSets = rare_sets;
    this.#events = new Seen(max_sets);
    this.#sets = new Seen(max_sets);
    this.#masses = new Masses(max_sets);
  }

  restore(reader: SnapshotReader, { max_sets }: Static<typeof options>): this {
    this.#learnt = reader.f64();
    this.#events = Seen.restore(reader, max_sets);
    this.#sets = Seen.restore(reader, max_sets);
    // Version 1 did not know how often sets came.
    this.#trained = reader.version < 2 || reader.u8() === 1;
    const hasMasses = reader.version >= 2 && reader.u8() === 1;
    if (hasMasses) this.#masses.restore(reader);
    return this;
  }

  /** The set of a session that still grows is not whole, its events count. */
  score(look: SessionLook): number {
    if (this.#learnt === 0) return NaN;
    let isNew = 0;
    for (let i = 0; i < look.templates.length; i++) if (this.#events.isNew(look.templates[i], look.first)) isNew = 1;
    const event = isNew === 1 ? this.#digits(this.#events) : 0;
    if (look.look === GROWING) return event;
    const set = setHashOf(look.templates);
    if (this.#rareSets && !this.#trained) return Math.max(event, Math.abs(Math.log10(this.#masses.rarity(set))));
    return isNew === 0 && this.#sets.isNew(set, look.first) ? this.#digits(this.#sets) : event;
  }

  #digits({ once }: Seen): number {
    return Math.max(0, -Math.log10((once + 1) / (this.#learnt + 1)));
  }

  learn(look: SessionLook): void {
    this.#learnt++;
    this.grows(look);
    const set = setHashOf(look.templates);
    this.#sets.see(set, look.first);
    if (this.#rareSets && !this.#trained) this.#masses.add(set);
  }

  endTraining(): void {
    this.#trained = true;
    this.#masses.clear();
  }

  /** An event is new in one session only, even while that grows. */
  grows(look: SessionLook): void {
    for (let i = 0; i < look.templates.length; i++) this.#events.see(look.templates[i], look.first);
  }

  explain(look: SessionLook): Reason[] {
    const fresh = Array.from(look.templates).filter((template) => this.#events.isNew(template, look.first));
    if (fresh.length > 0)
      return [
        {
          judge: 'new-event',
          text: `never seen before: ${fresh
            .slice(0, 3)
            .map((t) => `{t:${t}}`)
            .join(', ')}`,
          templates: fresh,
        },
      ];
    if (look.look === GROWING) return [];
    const set = setHashOf(look.templates);
    if (!this.#sets.isNew(set, look.first)) {
      const rarity = this.#trained || !this.#rareSets ? 1 : this.#masses.rarity(set);
      return rarity > RARE ? [] : [{ judge: 'new-event', text: `only ${percent(rarity)} of the sessions are of such events`, templates: [] }];
    }
    return [{ judge: 'new-event', text: 'these events were never seen together, and no others, in one session', templates: [] }];
  }

  describe(): string[] {
    return [`${this.#events.size} events in ${this.#sets.size} different sets; seen once: ${this.#events.once} events, ${this.#sets.once} sets`];
  }

  snapshot(writer: SnapshotWriter): void {
    writer.f64(this.#learnt);
    this.#events.snapshot(writer);
    this.#sets.snapshot(writer);
    writer.u8(this.#trained ? 1 : 0);
    writer.u8(this.#rareSets ? 1 : 0);
    if (this.#rareSets) this.#masses.snapshot(writer);
  }
}

function setHashOf(templates: Uint32Array): number {
  let high = templates.length;
  let low = 0;
  for (let i = 0; i < templates.length; i++) {
    high = (high + mix32(templates[i] + 1)) | 0;
    low = (low + mix32(templates[i] ^ 0x9747b28c)) | 0;
  }
  return joined(high, low);
}

export const newEvent = defineJudge({
  name: 'new-event',
  summary:
    'An event that no other session had, or a set of events that no other session consisted of; without a training period also a set that is rare of late.',
  options,
  sample: { max_sets: 1000 },
  about: {
    finds: 'Lines of a kind that was never seen, and sessions made of events that never came together.',
    use: 'After a period known to be normal, or where a new kind of line is worth a look in any case.',
    warmUp: 'One session. While much is still new, what is new is nothing special, and the score says so.',
    memory: 'About 60 bytes an event, and 120 a set.',
    paper: 'Good (1953), The population frequencies of species: the probability of the unseen is the share of what was seen once.',
  },
  asMember: { rare_sets: false },
  scale: 'digits',
  sees: 'counts',
  threshold: { name: 'conformal', options: { alpha: 0.025, half_life: 3000 } },
  limit: { trained: 2, untrained: 1.3 },
  version: 2,
  create: (chosen) => new NewEvent(chosen),
  restore: (reader, chosen) => new NewEvent(chosen).restore(reader, chosen),
});
