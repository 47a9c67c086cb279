/** Sessions with an event, or a set of events, that was never seen. */
import type { Reason, SessionLook } from '../../core/contracts/logs.ts';
import { mix32 } from '../../core/hash.ts';
import { Type, type Static } from '../../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { defineJudge, type TrainedJudge } from './definition.ts';
import { GROWING } from './shared.ts';
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
  readonly #events: Seen;
  readonly #sets: Seen;
  #learnt: number;

  constructor(events: Seen, sets: Seen, learnt: number) {
    this.#events = events;
    this.#sets = sets;
    this.#learnt = learnt;
  }

  static create({ max_sets }: Static<typeof options>): NewEvent {
    return new NewEvent(new Seen(max_sets), new Seen(max_sets), 0);
  }

  static restore(reader: SnapshotReader, { max_sets }: Static<typeof options>): NewEvent {
    const learnt = reader.f64();
    return new NewEvent(Seen.restore(reader, max_sets), Seen.restore(reader, max_sets), learnt);
  }

  /** The set of a session that still grows is not whole, its events count. */
  score(look: SessionLook): number {
    if (this.#learnt === 0) return NaN;
    let isNew = 0;
    for (let i = 0; i < look.templates.length; i++) if (this.#events.isNew(look.templates[i], look.first)) isNew = 1;
    if (isNew === 1) return this.#digits(this.#events);
    return look.look !== GROWING && this.#sets.isNew(setHashOf(look.templates), look.first) ? this.#digits(this.#sets) : 0;
  }

  #digits({ once }: Seen): number {
    return Math.max(0, -Math.log10((once + 1) / (this.#learnt + 1)));
  }

  learn(look: SessionLook): void {
    this.#learnt++;
    this.grows(look);
    this.#sets.see(setHashOf(look.templates), look.first);
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
    if (look.look === GROWING || !this.#sets.isNew(setHashOf(look.templates), look.first)) return [];
    return [{ judge: 'new-event', text: 'these events were never seen together, and no others, in one session', templates: [] }];
  }

  describe(): string[] {
    return [`${this.#events.size} events in ${this.#sets.size} different sets; seen once: ${this.#events.once} events, ${this.#sets.once} sets`];
  }

  snapshot(writer: SnapshotWriter): void {
    writer.f64(this.#learnt);
    this.#events.snapshot(writer);
    this.#sets.snapshot(writer);
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
  summary: 'An event that no other session had, or a set of events that no other session consisted of.',
  options,
  sample: { max_sets: 1000 },
  about: {
    finds: 'Lines of a kind that was never seen, and sessions made of events that never came together.',
    use: 'After a period known to be normal, or where a new kind of line is worth a look in any case.',
    warmUp: 'One session. While much is still new, what is new is nothing special, and the score says so.',
    memory: 'About 60 bytes an event and a set.',
    paper: 'Good (1953), The population frequencies of species: the probability of the unseen is the share of what was seen once.',
  },
  scale: 'digits',
  sees: 'counts',
  threshold: { name: 'conformal', options: { alpha: 0.025, half_life: 3000 } },
  limit: { trained: 3.3, untrained: 1.3 },
  version: 1,
  create: (chosen) => NewEvent.create(chosen),
  restore: (reader, chosen) => NewEvent.restore(reader, chosen),
});
