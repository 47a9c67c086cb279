/** The default: several judges as one, by probabilities. */
import { Value } from 'typebox/value';
import type { Reason, SessionLook } from '../../core/contracts/logs.ts';
import type { LogModel } from '../../core/log-api.ts';
import { Type, type Static } from '../../core/schema.ts';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { QuantileSketch } from '../../math/sketch.ts';
import { combined } from '../../thresholds/combination.ts';
import { defineJudge, trainedLimit, type JudgeDefinition, type TrainedJudge } from './definition.ts';
import type { KnownSessions } from './known.ts';

/** What one judge needs to be a member. */
interface Member {
  definition: JudgeDefinition;
  judge: TrainedJudge;
  /** Its scores of late, where they are no probabilities. */
  scores: QuantileSketch | undefined;
}

/** Several judges whose scores are brought to -log10 of probabilities; the largest counts. */
export class Combined implements TrainedJudge {
  readonly #members: readonly Member[];
  /** What each member said of the session that was scored last, as digits and as it said it. */
  readonly digits: Float64Array;
  readonly #raw: Float64Array;
  readonly #weighed: Float64Array;
  readonly #part = new SnapshotWriter();
  /** After a training period: how many times a member's digits count, so that each has its own limit at that of all; 0 before. */
  readonly #factors: Float64Array;
  /** Sessions learnt in the training period and, once it has ended, since. */
  #learnt = 0;
  #since = 0;

  constructor(members: readonly Member[]) {
    this.#members = members;
    this.#factors = new Float64Array(members.length);
    this.digits = new Float64Array(members.length);
    this.#raw = new Float64Array(members.length);
    this.#weighed = new Float64Array(members.length);
  }

  /** Index of the member whose score was the largest last time; -1 for none. */
  get member(): number {
    let best = -1;
    for (let i = 0; i < this.#weighed.length; i++) if (this.#weighed[i] >= 0 && !(this.#weighed[i] <= this.#weighed[best])) best = i;
    return best;
  }

  score(look: SessionLook): number {
    for (let i = 0; i < this.#members.length; i++) {
      const { judge, scores } = this.#members[i];
      const raw = (this.#raw[i] = judge.score(look));
      this.digits[i] = scores === undefined || raw !== raw ? raw : scores.count === 0 ? NaN : digitsOf(scores, raw);
      this.#weighed[i] = this.#weigh(i);
    }
    const most = combined(this.#weighed, 'max');
    return this.#factors[0] > 0 && most > LIMIT.trained ? most + this.#rest() : most;
  }

  /** Beyond the limit all have a say in the order: what is new to one may be new to it in many sessions at a time. */
  #rest(): number {
    const largest = this.member;
    let sum = 0;
    for (let i = 0; i < this.#weighed.length; i++) if (i !== largest && this.#weighed[i] > 0) sum += this.#weighed[i];
    return sum / BESIDE;
  }

  /** A member that tells how rare is what it learnt as normal only says which is the oddest of it, while it learns nothing else. */
  #weigh(i: number): number {
    if (this.#factors[i] === 0) return this.digits[i] * untrainedFactor(this.#members[i].definition);
    const digits = this.digits[i] * this.#factors[i];
    return this.#since === 0 && this.#members[i].judge.limit !== undefined && digits > LIMIT.trained ? LIMIT.trained : digits;
  }

  learn(look: SessionLook): void {
    if (this.#factors[0] === 0) this.#learnt++;
    else this.#since++;
    for (let i = 0; i < this.#members.length; i++) {
      const { judge, scores } = this.#members[i];
      judge.learn(look);
      if (scores !== undefined && this.#raw[i] === this.#raw[i]) scores.push(this.#raw[i]);
    }
  }

  grows(look: SessionLook): void {
    for (const { judge } of this.#members) judge.grows?.(look);
  }

  endTraining(): void {
    this.#members.forEach(({ definition, judge }, i) => {
      judge.endTraining?.();
      const own = 'trained' in definition.limit ? definition.limit.trained : LIMIT.trained;
      this.#factors[i] = LIMIT.trained / (judge.limit?.() ?? trainedLimit(own, this.#learnt));
    });
  }

  limit(): number {
    return LIMIT.trained;
  }

  /** Reasons of the members, the one that spoke loudest first; of those that found at most 1 in 10 as odd. */
  explain(look: SessionLook): Reason[] {
    const order = this.#members.map((_, i) => i).filter((i) => this.digits[i] >= 1);
    order.sort((a, b) => this.digits[b] - this.digits[a] || a - b);
    return order.flatMap((i) => this.#members[i].judge.explain(look));
  }

  describe(): string[] {
    return this.#members.flatMap(({ definition, judge }) => (judge.describe?.() ?? []).map((line) => `${definition.name}: ${line}`));
  }

  cards(): LogModel[] {
    return this.#members.flatMap(({ definition, judge }) => (judge.card === undefined ? [] : [{ judge: definition.name, ...judge.card() }]));
  }

  /** Goes on from the numbers of a snapshot; of version 1 there are none. */
  after([learnt = 0, since = 0, ...factors]: readonly number[]): this {
    this.#learnt = learnt;
    this.#since = since;
    this.#factors.set(factors);
    return this;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.f64(this.#learnt);
    writer.f64(this.#since);
    for (const factor of this.#factors) writer.f64(factor);
    for (const { definition, judge, scores } of this.#members) {
      this.#part.begin(definition.version);
      judge.snapshot(this.#part);
      writer.bytes(this.#part.view());
      scores?.snapshot(writer);
    }
  }
}

/** Limits of what all say together; once trained that of each member counts as this one. */
const LIMIT = { trained: 2, untrained: 1.3 };

/** Without a training period as well each member has its own limit at that of all. */
function untrainedFactor({ limit }: JudgeDefinition): number {
  return 'untrained' in limit ? LIMIT.untrained / limit.untrained : 1;
}

/** Judges that states before version 3 know nothing of: they begin anew. */
const LATER: readonly string[] = ['order'];

/** So many digits of the others count as one. */
const BESIDE = 10;

function digitsOf(scores: QuantileSketch, raw: number): number {
  const { weight } = scores;
  return -Math.log10((scores.above(raw) * weight + 1) / (weight + 1));
}

function defaults({ options, asMember }: JudgeDefinition): never {
  return Value.Default(options, { ...asMember }) as never;
}

/** `auto`, which may combine any of these judges. */
export function autoJudge(judges: readonly JudgeDefinition[], usual: readonly string[]) {
  const names = judges.map(({ name }) => name);
  const options = Type.Object(
    {
      judges: Type.Array(Type.Enum(names), {
        description: 'Judges that are combined, with their own default options. Each more judge may flag sessions that the others do not.',
        minItems: 1,
        uniqueItems: true,
        default: [...usual],
      }),
      half_life: Type.Number({
        description: 'Sessions after which a past score counts half, for judges whose scores are no probabilities.',
        minimum: 100,
        maximum: 10_000_000,
        default: 3000,
      }),
    },
    { additionalProperties: false },
  );
  type Options = Static<typeof options>;
  const chosenOf = (chosen: Options): JudgeDefinition[] => judges.filter(({ name }) => chosen.judges.includes(name));
  const sketch = ({ scale }: JudgeDefinition, half: number): QuantileSketch | undefined => (scale === 'digits' ? undefined : new QuantileSketch(half));

  return defineJudge({
    name: 'auto',
    summary: `Several judges as one: the least of the probabilities that they give (${usual.join(', ')} unless told otherwise).`,
    options,
    sample: { half_life: 1000 },
    about: {
      finds:
        'Sessions with new events or sets of events, with counts far from all known ones, with counts that are rare of late, and with steps swapped that otherwise keep their order.',
      use: 'The default, with or without a period known to be normal.',
      warmUp: 'As its judges; the stage holds its judgement back for `warm_up` sessions.',
      memory: 'That of its judges.',
      paper: 'The least p-value: Tippett (1931). Scores that are no probabilities become ranks among those of late.',
    },
    scale: 'digits',
    sees: 'counts',
    threshold: { name: 'conformal', options: { alpha: 0.025, half_life: 3000 } },
    limit: LIMIT,
    version: 3,
    membersOf: (chosen: Options) => chosenOf(chosen).map(({ name }) => name),
    create: (chosen: Options, known: KnownSessions) =>
      new Combined(
        chosenOf(chosen).map((definition) => ({
          definition,
          judge: definition.create(defaults(definition), known),
          scores: sketch(definition, chosen.half_life),
        })),
      ),
    restore: (reader: SnapshotReader, chosen: Options, known: KnownSessions) => {
      const isKnown = ({ name }: JudgeDefinition): boolean => reader.version > 2 || !LATER.includes(name);
      const learnt = reader.version < 2 ? [] : [reader.f64(), reader.f64()];
      const factors = reader.version < 2 ? [] : chosenOf(chosen).map((definition) => (isKnown(definition) ? reader.f64() : 0));
      const members = chosenOf(chosen).map((definition) => {
        if (!isKnown(definition)) return { definition, judge: definition.create(defaults(definition), known), scores: sketch(definition, chosen.half_life) };
        const judge = definition.restore(new SnapshotReader(reader.bytes(), definition.version), defaults(definition), known);
        const scores = definition.scale === 'digits' ? undefined : QuantileSketch.restore(reader, chosen.half_life);
        return { definition, judge, scores };
      });
      return new Combined(members).after([...learnt, ...factors]);
    },
  });
}
