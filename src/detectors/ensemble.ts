/** Several detectors, each calibrated to how rare its score is, and combined. */
import { detectorOutput, resetOutput, type Detector, type DetectorOutput } from '../core/contracts.ts';
import { Type, defineDetector, type DetectorDefinition } from '../core/schema.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { combined, WAYS, type Way } from '../thresholds/combination.ts';
import { Peaks } from '../thresholds/peaks.ts';
import { perColumn } from './columns.ts';
import { average, averageOf } from './joint.ts';
import { AveragedScore } from './rows.ts';

/** A member with its options validated and filled. */
interface MemberChoice {
  name: string;
  options: Record<string, unknown>;
}

interface Options {
  of: MemberChoice[];
  how: Way;
  average?: number;
  half_life: number;
}

const MOST_MEMBERS = 16;

function optionsOf(members: readonly string[]) {
  return Type.Object(
    {
      of: Type.Array(Type.Unsafe<MemberChoice>({ component: 'detector', description: 'A detector.' }), {
        description: 'The members: each a detector with its options.',
        minItems: 1,
        maxItems: MOST_MEMBERS,
        default: [...members],
      }),
      how: Type.Enum(WAYS, {
        description:
          'How the surprises of the members become one: mean (all count alike), max (the one that is surprised most is enough), odds (a member that finds nothing unusual speaks against).',
        default: 'mean',
      }),
      average,
      half_life: Type.Number({
        description: 'Scores after which a past score of a member counts half in how rare a score is.',
        minimum: 100,
        maximum: 10_000_000,
        default: 10_000,
      }),
    },
    { additionalProperties: false },
  );
}

/** One detector, and how rare its scores are. */
class Member {
  readonly definition: DetectorDefinition;
  readonly detector: Detector;
  readonly scores: Peaks;

  constructor(definition: DetectorDefinition, detector: Detector, scores: Peaks) {
    this.definition = definition;
    this.detector = detector;
    this.scores = scores;
  }
}

class Ensemble implements Detector {
  readonly #members: readonly Member[];
  readonly #how: Way;
  readonly #average: AveragedScore;
  /** How rare the combined surprises are: members that depend on each other are surprised together. */
  readonly #rarity: Peaks;
  readonly #names: readonly string[];
  readonly #said: DetectorOutput;
  readonly #shares: Float64Array;
  /** Of the row that was scored last: scores and surprises of the members, and the combined surprise. */
  readonly #scores: Float64Array;
  readonly #surprises: Float64Array;
  #combined = NaN;
  readonly #part = new SnapshotWriter();

  constructor(members: readonly Member[], chosen: Options, rarity: Peaks, width: number) {
    this.#members = members;
    this.#names = namesOf(chosen.of);
    this.#how = chosen.how;
    this.#average = new AveragedScore(averageOf(chosen.average, width, 1));
    this.#rarity = rarity;
    this.#said = detectorOutput(width);
    this.#shares = new Float64Array(width);
    this.#scores = new Float64Array(members.length);
    this.#surprises = new Float64Array(members.length);
  }

  score(time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const members = this.#members;
    const surprises = this.#surprises;
    const said = this.#said;
    const shares = this.#shares.fill(0);
    let whole = 0;
    let loudest = -Infinity;
    for (let i = 0; i < members.length; i++) {
      const { detector, scores } = members[i];
      const score = (this.#scores[i] = detector.score(time, values, at, resetOutput(said)));
      const surprise = (surprises[i] = score === score ? scores.surprise(score) : NaN);
      if (said.drift) out.drift = true;
      if (surprise !== surprise) continue;
      if (said.contributions[0] === said.contributions[0]) {
        whole += surprise;
        for (let c = 0; c < shares.length; c++) shares[c] += said.contributions[c] * surprise;
      }
      if (surprise <= loudest) continue;
      loudest = surprise;
      out.member = i;
      out.expected = said.expected;
    }
    for (let c = 0; c < shares.length; c++) out.contributions[c] = whole > 0 ? shares[c] / whole : NaN;
    this.#combined = this.#average.of(combined(surprises, this.#how));
    return this.#combined === this.#combined ? this.#rarity.surprise(this.#combined) : NaN;
  }

  learn(time: number, values: Float64Array, at: number): void {
    const scores = this.#scores;
    for (let i = 0; i < this.#members.length; i++) {
      const member = this.#members[i];
      if (scores[i] === scores[i]) member.scores.learn(scores[i]);
      member.detector.learn(time, values, at);
    }
    this.#average.learn();
    if (this.#combined === this.#combined) this.#rarity.learn(this.#combined);
  }

  describe(): string[] {
    return this.#members.flatMap(({ detector }, i) => (detector.describe?.() ?? []).map((line) => `${this.#names[i]}: ${line}`));
  }

  snapshot(writer: SnapshotWriter): void {
    const part = this.#part;
    for (const { definition, detector, scores } of this.#members) {
      part.begin(definition.version);
      detector.snapshot(part);
      writer.bytes(part.view());
      scores.snapshot(writer);
    }
    this.#rarity.snapshot(writer);
    this.#average.snapshot(writer);
  }

  restore(reader: SnapshotReader): this {
    this.#average.restore(reader);
    return this;
  }
}

/** Names of the members; the second of a name is `name 2`. */
function namesOf(of: readonly MemberChoice[]): string[] {
  return of.map(({ name }, i) => {
    const before = of.slice(0, i).filter((one) => one.name === name).length;
    return before === 0 ? name : `${name} ${before + 1}`;
  });
}

/** The tail is told from the largest twentieth of the scores; of a run of surprises above 4 the first enters it, as 4. */
const tail = (half_life: number) => ({ risk: 1e-4, level: 0.95, min_scores: 50, half_life });

/** A detector of many columns as it is, one of one column once for each. */
function member({ columns }: DetectorDefinition, width: number, make: (width: number) => Detector): Detector {
  return columns === 'many' ? make(width) : perColumn(width, () => make(1));
}

/**
 * The detector whose members are found among `detectors` (asked for when one is made, since it may stand in that list itself),
 * with the members `fallback` where none are named.
 */
export function ensembleOf(detectors: () => readonly DetectorDefinition[], fallback: readonly string[]): DetectorDefinition {
  const definitionOf = (name: string): DetectorDefinition => detectors().find((one) => one.name === name)!;
  return defineDetector({
    name: 'ensemble',
    summary: 'Several detectors together: each score becomes the probability of one so large, and these are combined.',
    options: optionsOf(fallback),
    sample: { of: [{ ema: { span: 20 } }, { robust: { window: 40 } }], how: 'mean' },
    about: {
      finds: 'What any of its members finds, and what several find a little unusual at one time.',
      use: 'When one kind of detector is not enough and you want to say which ones; auto chooses for itself. It costs what its members cost, and 6 kB for each of them.',
      warmUp: 'That of its quickest member and 40 scores more.',
      memory: 'That of its members, and 6 kB for each of them and for the whole.',
      gives: 'contributions',
      paper: 'Fisher (1925), Statistical Methods for Research Workers, on combining probabilities; tails as spot, after Siffer et al. (2017).',
      example: 'level-shift',
    },
    scale: 'free',
    threshold: { name: 'static', options: { limit: 4 } },
    version: 2,
    columns: 'many',
    membersOf: (chosen) => namesOf(chosen.of),
    create(chosen, width) {
      const options = tail(chosen.half_life);
      const members = chosen.of.map((one) => {
        const found = definitionOf(one.name);
        return new Member(
          found,
          member(found, width, (columns) => found.create(one.options, columns)),
          new Peaks(options),
        );
      });
      return new Ensemble(members, chosen, new Peaks(options), width);
    },
    restore(reader, chosen, width) {
      const options = tail(chosen.half_life);
      const members = chosen.of.map((one) => {
        const found = definitionOf(one.name);
        const part = new SnapshotReader(reader.bytes(), found.version);
        const detector = member(found, width, (columns) => found.restore(part, one.options, columns));
        return new Member(found, detector, Peaks.restore(reader, options));
      });
      return new Ensemble(members, chosen, Peaks.restore(reader, options), width).restore(reader);
    },
  });
}
