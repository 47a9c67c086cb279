/** `auto` on one column: its members, which of them are in use, and how they speak together. */
import type { Detector, DetectorOutput } from '../../core/contracts.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { Envelope } from '../envelope/engine.ts';
import { isMissing } from '../zscore.ts';
import { Begins } from './begins.ts';
import { Duty } from './duty.ts';
import { Finder } from './finder.ts';
import { Forecast } from './forecast.ts';
import { Level, WARM_UP } from './level.ts';
import { Profile } from './profile.ts';
import { Season } from './season.ts';
import { Shapes } from './shape.ts';
import { Stuck } from './stuck.ts';
import { Tail, type Usual } from './tails.ts';
import { TUNING, type Tuning } from './tuning.ts';
import { inWords } from './words.ts';

export const MEMBERS = ['level', 'season', 'shape', 'forecast', 'stuck', 'envelope'] as const;
export type Member = (typeof MEMBERS)[number];

const LEVEL = 0;
const SEASON = 1;
const SHAPE = 2;
const FORECAST = 3;
const STUCK = 4;
const ENVELOPE = 5;

/**
 * Of the scores of level, season, shape and forecast, then of single distances from the level and from the season, then of the mean distance
 * from the level of late: what 1 in 10,000 points of noise exceeds.
 */
const TAILS: readonly Usual[] = [
  { limit: 5.8, beyond: 1.23, doubt: 3000 },
  { limit: 5.8, beyond: 1.23, doubt: 3000 },
  { limit: 4, beyond: 1.8, doubt: 1000 },
  { limit: 4.2, beyond: 1.3, doubt: 0 },
  { limit: 3.95, beyond: 1.3, doubt: 0 },
  { limit: 3.95, beyond: 1.3, doubt: 0 },
  { limit: 1.3, beyond: 1.12, doubt: 0 },
];
const DISTANCE = 4;
const LASTING = 6;
/** The limit of single distances by what 3% of them exceed: 1.8 for noise. From here on tails count as heavy, and what lasts has a say of its own. */
const HEAVY = 2;
const HEAVIER = 2.4;
/** A value at the limit of distances alone has this score of the level: the distance, a sixteenth of it, and what is usual of the mean distance. */
const SUSTAINED_PART = 17 / 16;
const SUSTAINED_USUAL = 0.85;
/** Of the norm by which level and shape add up: high, so that one that is loud is not drowned by the noise of the other. */
const NORM = 4;
/**
 * What season and forecast beyond their limits, and stuck values, may raise the score to: over the threshold, yet below what the level shows of
 * large anomalies. Chance gives a long standstill less than it gives a large value of a heavy tail, so that it may rank before one.
 */
const MOST = [Infinity, 1.4, Infinity, 1.4, 2] as const;
const MOST_LASTING = 3;
/** Values that the season must have been used for before it speaks. */
const SEASON_WARM_UP = 100;
/** Values after which season, shape and forecast must have earned something. A season is tried for four weeks of five minutes and more. */
const TRIALS = [0, 20_000, 5000, 5000] as const;

/** Where shapes do not recur, a new one is no news: it counts up to this part of its limit, and no further. Of counts that are mostly 0 up to `EXPECTED`. */
const UNKNOWN = 0.8;
/** Where the day or the week predicts, a shape beyond this part of its limit counts as no more than the distance from what they expect. */
const EXPECTED = 0.6;

/** Of whole numbers: the least spread. */
const HALF_STEP = 0.5;

/** Score at the limit of a member. The default threshold lies a little higher. */
const SCALE = 4.7;
/** The threshold that is used unless another is named. */
const LIMIT = 5;

/** Of a shape beyond its limit counts so much: how new it is says less than how far a value lies from the level. */
const SHARE_BEYOND = 0.5;

export interface ColumnOptions {
  /** ms; absent: the tuning's `adopt`, in points. */
  adaptAfter: number | undefined;
  members: readonly Member[];
}

/** All that is kept of a series. */
export interface Parts {
  profile: Profile;
  level: Level;
  /** Of the distance from what the season expects. */
  residual: Level;
  season: Season;
  finder: Finder;
  shapes: Shapes;
  forecast: Forecast;
  stuck: Stuck;
  tails: Tail[];
  duties: Duty[];
  begins: Begins;
  envelope: Envelope;
}

function newParts(tuning: Tuning): Parts {
  return {
    profile: new Profile(),
    level: new Level(tuning),
    residual: new Level(tuning),
    season: new Season(tuning),
    finder: new Finder(),
    shapes: new Shapes(tuning),
    forecast: new Forecast(tuning),
    stuck: new Stuck(tuning),
    tails: TAILS.map((usual) => new Tail(tuning, usual)),
    duties: TRIALS.map((trial) => new Duty(trial)),
    begins: new Begins(LIMIT),
    envelope: new Envelope(),
  };
}

function restoredParts(reader: SnapshotReader, tuning: Tuning): Parts {
  return {
    profile: Profile.restore(reader),
    level: Level.restore(reader, tuning),
    residual: Level.restore(reader, tuning),
    season: Season.restore(reader, tuning),
    finder: Finder.restore(reader),
    shapes: Shapes.restore(reader, tuning),
    forecast: Forecast.restore(reader, tuning),
    stuck: Stuck.restore(reader, tuning),
    // Up to version 2 there was no tail of what lasts.
    tails: TAILS.map((usual, i) => (i < LASTING || reader.version > 2 ? Tail.restore(reader, tuning, usual) : new Tail(tuning, usual))),
    duties: TRIALS.map((trial) => Duty.restore(reader, trial)),
    begins: Begins.restore(reader, LIMIT),
    envelope: Envelope.restore(reader),
  };
}

/**
 * Score: fourth root of the summed fourth powers of level and shape, each by its limit; season, forecast and stuck raise it where they are
 * beyond theirs; times 4.7. A limit is what about 1 in 10,000 points of noise exceeds.
 */
export class AutoColumn implements Detector {
  readonly #options: ColumnOptions;
  readonly #tuning: Tuning;
  readonly #uses: readonly boolean[];
  #parts: Parts;
  /** Of the row that was scored last: the value or the increase of a counter, what the season adds, what the members said. */
  #x = NaN;
  #offset = 0;
  readonly #said = new Float64Array(MEMBERS.length);
  #score = NaN;

  constructor(options: ColumnOptions, tuning: Tuning = TUNING, parts = newParts(tuning)) {
    this.#options = options;
    this.#tuning = tuning;
    this.#uses = MEMBERS.map((name) => options.members.includes(name));
    this.#parts = parts;
  }

  score(time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const { profile, level, residual, season, envelope } = this.#parts;
    const raw = values[at];
    const isAbsent = isMissing(raw);
    const x = isAbsent ? NaN : profile.isCounter ? raw - profile.last : raw;
    // The increase of a counter that began anew is not known.
    this.#x = profile.isCounter && x < 0 ? NaN : x;
    this.#offset = this.#isOn(SEASON) ? season.at(time, profile.interval || 1) : 0;
    const isSeasonal = this.#isSeasonal();
    level.least = residual.least = this.#parts.forecast.least = profile.isWhole ? HALF_STEP : 0;
    const base = isSeasonal && residual.count >= WARM_UP ? residual : level;
    const isWarm = level.count >= WARM_UP;
    if (isWarm) {
      out.expected = (profile.isCounter ? profile.last : 0) + base.mean + (base === residual ? this.#offset : 0);
      out.below = out.above = (base.spread * this.#limit(base === residual ? SEASON : LEVEL)) / SCALE;
    }
    if (this.#uses[ENVELOPE]) out.onset = 0;
    if (this.#x !== this.#x) return NaN;
    if (this.#uses[ENVELOPE]) envelope.score(time, this.#x);
    level.knee = this.#parts.tails[DISTANCE + LEVEL].low;
    this.#ask(time, base);
    this.#score = isWarm ? SCALE * this.#together(out) : NaN;
    if (this.#uses[ENVELOPE]) out.onset = this.#parts.begins.of(this.#score, envelope);
    return this.#score;
  }

  learn(time: number, values: Float64Array, at: number): void {
    const { profile, envelope } = this.#parts;
    const raw = values[at];
    if (isMissing(raw)) {
      profile.skip();
      return;
    }
    if (profile.isAfterGap(time)) this.#interrupt();
    if (profile.learn(time, raw)) {
      this.#parts = { ...newParts(this.#tuning), profile };
      return;
    }
    if (this.#x !== this.#x) return;
    if (this.#uses[ENVELOPE]) {
      this.#parts.begins.learn(this.#score, envelope);
      envelope.learn();
    }
    this.#adapt();
    this.#learnTails();
    this.#learnMembers(time);
  }

  describe(): string[] {
    return inWords(this.#parts, this.#uses, this.#adoptPoints());
  }

  snapshot(writer: SnapshotWriter): void {
    const { tails, duties, begins, ...others } = this.#parts;
    const { envelope, ...first } = others;
    for (const part of Object.values(first)) part.snapshot(writer);
    for (const part of [...tails, ...duties, begins]) part.snapshot(writer);
    envelope.snapshot(writer);
  }

  static restore(reader: SnapshotReader, options: ColumnOptions, tuning: Tuning = TUNING): AutoColumn {
    return new AutoColumn(options, tuning, restoredParts(reader, tuning));
  }

  #isOn(member: number): boolean {
    return this.#uses[member] && this.#parts.duties[member].isOn;
  }

  #isSeasonal(): boolean {
    return this.#isOn(SEASON) && this.#parts.season.kind !== 'none';
  }

  /** Every member about the value that is being scored; `base` is the level that the forecast starts from. */
  #ask(time: number, base: Level): void {
    const { profile, level, residual, shapes, forecast, stuck } = this.#parts;
    const said = this.#said;
    const x = this.#x;
    const isAfterGap = profile.isAfterGap(time);
    said[LEVEL] = level.score(x);
    said[SEASON] = residual.score(x - this.#offset);
    said[SHAPE] = this.#isOn(SHAPE) ? shapes.score(x) : 0;
    said[FORECAST] = 0;
    if (this.#isOn(FORECAST)) {
      const error = forecast.score(base === residual ? x - this.#offset : x, base.mean, base.spread);
      if (!isAfterGap) said[FORECAST] = error;
    }
    stuck.isRare = shapes.isRare = profile.isRare;
    said[STUCK] = isAfterGap ? 0 : stuck.score(x);
  }

  #together(out: DetectorOutput): number {
    const byLevel = this.#uses[LEVEL] ? Math.max(this.#evidence(LEVEL), this.#lasting()) : 0;
    const shape = this.#evidence(SHAPE);
    const byShape = shape <= 1 ? shape : 1 + SHARE_BEYOND * (shape - 1);
    let score = (byLevel ** NORM + byShape ** NORM) ** (1 / NORM);
    out.member = byShape > byLevel ? SHAPE : LEVEL;
    for (let member = SEASON; member <= STUCK; member++) {
      if (member === SHAPE || !this.#uses[member]) continue;
      const evidence = saturated(this.#evidence(member), MOST[member]);
      if (evidence > score) {
        score = evidence;
        out.member = member;
      }
    }
    return score;
  }

  /** What a member said of the value that was scored, by its limit; 0 while it has no say. */
  #evidence(member: number): number {
    if (member === STUCK) return this.#said[STUCK];
    if (member === SEASON && !(this.#isSeasonal() && this.#parts.residual.count >= SEASON_WARM_UP)) return 0;
    if (member === FORECAST && !(this.#isOn(FORECAST) && this.#parts.forecast.gain < this.#tuning.forecastGain)) return 0;
    const evidence = this.#said[member] / this.#limit(member);
    return member === SHAPE ? this.#ofShape(evidence) : evidence;
  }

  #ofShape(said: number): number {
    const known = this.#parts.profile.isRare ? EXPECTED : UNKNOWN;
    const evidence = said <= known ? said : known + this.#parts.shapes.recurrence * (said - known);
    // A shape that goes as the day or the week expects is not a new one.
    if (evidence > EXPECTED && this.#parts.season.kind !== 'own') {
      const bySeason = this.#evidence(SEASON);
      if (bySeason > 0) return Math.min(evidence, Math.max(EXPECTED, bySeason));
    }
    return evidence;
  }

  /** Where tails are heavy: for how long the values have been away, by the limit of its own, which single values far out do not raise; 0 while it has no say. */
  #lasting(): number {
    const { level, tails } = this.#parts;
    const evidence = level.lasting / tails[LASTING].limit;
    if (evidence <= 1 || !level.isAway) return 0;
    const heavy = Math.min(1, (tails[DISTANCE + LEVEL].limit / level.knee - HEAVY) / (HEAVIER - HEAVY));
    return heavy > 0 ? saturated(1 + heavy * (evidence - 1), MOST_LASTING) : 0;
  }

  /** The score that a member seldom exceeds. That of level and season is never below what single distances reach, whose tail may be a heavy one. */
  #limit(member: number): number {
    const { tails } = this.#parts;
    const { limit } = tails[member];
    return member > SEASON ? limit : Math.max(limit, SUSTAINED_PART * tails[DISTANCE + member].limit + SUSTAINED_USUAL);
  }

  #adoptPoints(): number {
    const { adaptAfter } = this.#options;
    const { interval } = this.#parts.profile;
    return adaptAfter === undefined || interval === 0 ? this.#tuning.adopt : Math.max(WARM_UP, adaptAfter / interval);
  }

  #adapt(): void {
    if (this.#options.adaptAfter === undefined) return;
    const { level, residual, stuck } = this.#parts;
    level.adopt = residual.adopt = stuck.adopt = this.#adoptPoints();
  }

  #learnTails(): void {
    const { level, residual, forecast, tails, duties, shapes, season } = this.#parts;
    const said = this.#said;
    if (level.count < 3 * WARM_UP) return;
    const isRare = this.#parts.profile.isRare;
    tails[LEVEL].learn(said[LEVEL], isRare);
    tails[DISTANCE + LEVEL].learn(level.distance, isRare);
    tails[LASTING].learn(level.lasting);
    if (this.#isSeasonal() && residual.count >= SEASON_WARM_UP) {
      tails[SEASON].learn(said[SEASON]);
      tails[DISTANCE + SEASON].learn(residual.distance);
    }
    if (this.#isOn(SHAPE)) tails[SHAPE].learn(said[SHAPE]);
    if (this.#isOn(FORECAST)) tails[FORECAST].learn(said[FORECAST], isRare);
    if (duties[SHAPE].learn(this.#evidence(SHAPE))) shapes.interrupt();
    if (duties[FORECAST].learn(this.#evidence(FORECAST))) forecast.interrupt();
    if (duties[SEASON].learn(season.kind === 'none' ? 0 : 1)) this.#parts.season = new Season(this.#tuning);
  }

  #learnMembers(time: number): void {
    const parts = this.#parts;
    const { profile, level, residual, shapes, forecast, stuck, season, finder } = parts;
    const x = this.#x;
    const interval = profile.interval || 1;
    const isSeasonal = this.#isSeasonal();
    const isResidual = isSeasonal && residual.count >= WARM_UP;
    const deviation = level.count >= 3 * WARM_UP ? (x - level.mean) / level.spread : NaN;
    if (this.#isOn(FORECAST)) forecast.learn(isResidual ? x - this.#offset : x, isResidual ? residual.mean : level.mean);
    level.learn(x);
    if (isSeasonal) residual.learn(x - this.#offset);
    if (this.#isOn(SHAPE)) shapes.learn(x);
    stuck.learn(x);
    if (!this.#isOn(SEASON)) return;
    if (deviation === deviation && finder.learn(deviation) && finder.period > 0) season.propose(finder.period * interval, interval, time);
    if (season.learn(x, time, interval)) {
      parts.forecast = new Forecast(this.#tuning);
      parts.residual = new Level(this.#tuning);
    }
  }

  #interrupt(): void {
    const { level, residual, finder, shapes, forecast, stuck } = this.#parts;
    for (const part of [level, residual, finder, shapes, forecast, stuck]) part.interrupt();
  }
}

/** Evidence beyond the limit, the larger the nearer to `most`. */
function saturated(evidence: number, most: number): number {
  return evidence <= 1 ? evidence : 1 + (most - 1) * (1 - Math.exp((1 - evidence) / (most - 1)));
}
