import { describe, expect, it } from 'vitest';
import { detectorOutput, resetOutput, type Detector } from '../../../core/contracts.ts';
import { CounterRandom } from '../../../core/random.ts';
import { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { Apart } from './apart.ts';
import { createRows, restoreRows, ROW_LIMIT, rowMembers, type RowOptions } from './index.ts';
import { Together } from './together.ts';

const random = new CounterRandom(17);
const normal = (stream: number, i: number): number => random.at(stream, i).normal();
const MINUTE = 60_000;

interface Said {
  score: number;
  onset: number;
  member: number;
  shares: number[];
}

function run(detector: Detector, values: Float64Array, width: number, step = MINUTE, from = 0, to = values.length / width): Said[] {
  const out = detectorOutput(width);
  const said: Said[] = [];
  for (let i = from; i < to; i++) {
    const score = detector.score(i * step, values, i * width, resetOutput(out));
    said.push({ score, onset: out.onset, member: out.member, shares: [...out.contributions] });
    detector.learn(i * step, values, i * width);
  }
  return said;
}

function fresh(values: Float64Array, width: number, options: RowOptions = {}, step = MINUTE): Said[] {
  return run(createRows(options, width), values, width, step);
}

/** Only what the columns say together. */
function together(values: Float64Array, width: number, options: RowOptions = {}, step = MINUTE): number[] {
  const all = new Together(options, width);
  const detector: Detector = {
    score: (_, row, at, out) => all.score(row, at, out),
    learn: (time, row, at) => all.learn(time, row, at),
    snapshot: () => {},
  };
  return ofScores(run(detector, values, width, step));
}

function bytes(detector: Detector): Uint8Array {
  const writer = new SnapshotWriter();
  writer.begin(5);
  detector.snapshot(writer);
  return writer.end();
}

/** Independent noise around levels of each column's own scale. */
function noise(n: number, width: number, scale: (column: number) => number = () => 1): Float64Array {
  return Float64Array.from({ length: n * width }, (_, k) => scale(k % width) * (3 + normal(k % width, Math.floor(k / width))));
}

const ofScores = (said: readonly Said[]): number[] => said.map((row) => row.score);
const strong = (said: readonly Said[]): number[] => said.flatMap((row, i) => (row.onset > 0.5 ? [i] : []));

/** The detector by its formulas, with everything kept and summed anew. */
function reference(values: Float64Array, width: number, delay: (t: number) => number): number[] {
  const n = values.length / width;
  const x = (t: number, j: number): number => values[t * width + j];
  const column = () => ({ m: 0, c0: 0, c1: 0, v: 0, phi: 0, mad: 0, before: NaN, latest: NaN, f: 0, z: 0 });
  const c = Array.from({ length: width }, column);
  const bin = (a: number): number => (a <= 1 / 16 ? 0 : Math.min(55, 1 + Math.floor(4 * (Math.log2(a) + 4))));
  const clip = (a: number, most: number): number => Math.max(-most, Math.min(most, a));
  const seen: number[][][] = [];
  const remembered: number[][] = [];
  const means = [0, 0, 0, 0];
  const squares = [1, 1, 1, 1];
  let usual = 0;
  let learnt = 0;
  const surprise = (j: number, k: 0 | 1, b: number): number => {
    let total = 1;
    let reached = 2 ** (-Math.max(0, b - 21) / 2);
    for (let p = 0; p < learnt; p++) {
      const other = seen[p][j][k];
      if (other < 0) continue;
      const weight = (1 - 1e-4) ** (learnt - 1 - p);
      total += weight;
      reached += weight * (other > b ? 1 : other === b ? 0.5 : 2 ** (-(b - other) / 2));
    }
    return Math.log(total / reached);
  };
  return Array.from({ length: n }, (_, t) => {
    let sum = 0;
    let present = 0;
    seen.push(
      c.map((s, j) => {
        if (Number.isNaN(x(t, j))) return [-1, -1];
        const spread = (variance: number) => Math.sqrt(variance) + 2 ** -44 * Math.abs(s.m) + 1e-300;
        const carried = Number.isNaN(s.latest) ? 0 : s.phi * (s.latest - s.m);
        const u = t < 30 ? 0 : clip((x(t, j) - s.m - carried) / spread(s.v), 1000);
        s.z = t < 30 ? 0 : clip((x(t, j) - s.m) / spread(s.c0), 20);
        s.f += 0.1 * (u - s.f);
        s.latest = x(t, j);
        const bins = [bin(Math.abs(u)), bin(Math.sqrt(19) * Math.abs(s.f))];
        sum += ((surprise(j, 0, bins[0]) + surprise(j, 1, bins[1])) / 2) ** 2;
        present++;
        return bins;
      }),
    );
    const z = c.map((s) => s.z);
    const far = remembered
      .slice(-256)
      .map((row) => row.reduce((d, y, j) => d + Math.abs(y - z[j]), 0) / width)
      .toSorted((a, b) => a - b)
      .slice(0, 5);
    const nearest = far.length === 0 ? 0 : far.reduce((a, b) => a + b, 0) / far.length;
    let score = NaN;
    if (t >= 40) {
      const q = ((((sum / present) * nearest) / (usual + 0.05)) * (t - 40)) / (t - 40 + 10);
      const row = q / (1 + q / 200);
      [0.5, 0.1, 0.03, 0.01].forEach((rate, k) => (means[k] += rate * ((k === 3 ? Math.min(row, 10 * Math.sqrt(squares[3])) : row) - means[k])));
      const weights = squares.map((square, k) => (k === 3 ? (t - 40) / (t - 40 + 5000) : 1) / Math.sqrt(square));
      const [first, ...longer] = weights.map((weight, k) => weight * means[k]);
      const short = first ** 2 / (Math.log(Math.max(200, t - 40) / 5) / Math.SQRT2);
      score = ((1.4 * width) / (width + 2)) * (longer.reduce((a, b) => a + b, short) / weights.reduce((a, b) => a + b));
      means.forEach((mean, k) => (squares[k] += (Math.min(mean ** 2, 100 * squares[k]) - squares[k]) / (t - 40 + 21)));
    }
    if (t >= 30) usual += Math.max(1 / (t - 29), 1 / 2000) * (Math.min(nearest, 10 * (usual + 0.05)) - usual);
    const r = t - 30;
    if (r >= 0 && r % Math.max(1, Math.min(5, Math.floor(r / 256))) === 0) remembered.push(z.map(Math.fround));
    for (; learnt <= t - delay(t); learnt++) {
      if (learnt === t) break;
      const a = Math.max(1 / (learnt + 1), 1 / 20_000);
      c.forEach((s, j) => {
        if (Number.isNaN(x(learnt, j))) return;
        if (Number.isNaN(s.before)) s.m = s.before = x(learnt, j);
        const e = x(learnt, j) - s.m;
        const b = s.before - s.m;
        const clips = learnt >= 30;
        const least = 0.001 * Math.abs(s.m) + 0.05 * s.mad;
        const reach = clips ? 12 * (Math.sqrt(s.c0) + least) : Infinity;
        const u = clip(e - s.phi * b, clips ? 12 * (Math.sqrt(s.v) + least) : Infinity);
        s.mad += a * ((clips && s.mad > 0 ? Math.min(Math.abs(e), 50 * s.mad) : Math.abs(e)) - s.mad);
        s.v += a * (u * u - s.v);
        s.c1 += a * (clip(e, reach) * clip(b, reach) - s.c1);
        s.c0 += a * (clip(e, reach) ** 2 - s.c0);
        s.m += a * clip(e, reach);
        s.phi = s.c0 > 0 ? clip(Math.max(0, s.c1 / s.c0), 1) : 0;
        s.before = x(learnt, j);
      });
    }
    return score;
  });
}

describe('rows of many columns', () => {
  /** Correlated in time, of unlike scale, with holes, an outlier and a shift. */
  const mixed = new Float64Array(900 * 3);
  for (let i = 1; i < 900; i++) {
    mixed[i * 3] = 0.8 * mixed[i * 3 - 3] + normal(0, i);
    mixed[i * 3 + 1] = 1e9 * (5 + normal(1, i)) + (i > 650 && i < 700 ? 4e9 : 0);
    mixed[i * 3 + 2] = i % 13 === 5 ? NaN : 1e-7 * (i === 420 ? 900 : normal(2, i));
  }

  it('are scored as the formulas say', () => {
    const actual = together(mixed, 3);
    const expected = reference(mixed, 3, (t) => Math.min(300, Math.floor(t / 2)));
    expect(actual.slice(0, 40).every(Number.isNaN)).toBe(true);
    for (let t = 40; t < 900; t++) expect(Math.abs(actual[t] - expected[t])).toBeLessThan(1e-4 * (1 + expected[t]));
  });

  it('are learnt after the time that was asked for', () => {
    const actual = together(mixed, 3, { adaptAfter: 50 * MINUTE });
    const expected = reference(mixed, 3, (t) => Math.min(50, Math.floor(t / 2)));
    for (let t = 40; t < 900; t++) expect(Math.abs(actual[t] - expected[t])).toBeLessThan(1e-4 * (1 + expected[t]));
    expect(together(mixed, 3, { adaptAfter: 50_000 }, 1000)).toEqual(actual);
    expect(together(mixed, 3, { adaptAfter: 300 * MINUTE })).toEqual(together(mixed, 3));
  });

  it('have a change that stays as the new normal after about that time, also where it is more than is kept', () => {
    for (const rows of [60, 300, 900]) {
      const values = noise(4000, 4);
      for (let i = 2000 * 4; i < values.length; i++) values[i] += 6;
      const scores = ofScores(fresh(values, 4, { adaptAfter: rows * MINUTE }));
      expect(scores[2030]).toBeGreaterThan(ROW_LIMIT);
      expect(scores[3990]).toBeLessThan(2);
    }
  });

  it('go on from a snapshot to the last bit, and the snapshot is as large as the state', () => {
    const detector = createRows({}, 3);
    const before = run(detector, mixed, 3, MINUTE, 0, 500);
    const restored = restoreRows(new SnapshotReader(bytes(detector), 5), {}, 3);
    expect(run(restored, mixed, 3, MINUTE, 500)).toEqual(run(detector, mixed, 3, MINUTE, 500));
    expect(before.length).toBe(500);
    expect(bytes(createRows({}, 8)).length).toBeLessThan(42_000);
    expect(bytes(restored).length).toBe(bytes(createRows({}, 3)).length);
  });

  it.each([
    [3, 3],
    [4, 6],
  ])('go on from a state of version %i, whose means and usual sizes were %i numbers, with no partners', (version, numbers) => {
    const all = new Together({}, 3);
    const feed = (part: Together, from: number, to: number): number[] => {
      const out = detectorOutput(3);
      return Array.from({ length: to - from }, (_, i) => {
        const score = part.score(mixed, (from + i) * 3, resetOutput(out));
        part.learn((from + i) * MINUTE, mixed, (from + i) * 3);
        return score;
      });
    };
    feed(all, 0, 500);
    const snapshot = (part: Together): Uint8Array => {
      const writer = new SnapshotWriter();
      writer.begin(5);
      part.snapshot(writer);
      return writer.end().slice(12);
    };
    const payload = snapshot(all);
    const restored = (as: number, parts: readonly Uint8Array[]): Together => {
      const writer = new SnapshotWriter();
      writer.begin(as);
      for (const part of parts) writer.block(part);
      return new Together({}, 3).restore(new SnapshotReader(writer.end(), 5));
    };
    // Two numbers, then four means and four usual sizes; what the columns let expect of each other comes last.
    const state = new Float64Array(payload.slice(0, 80).buffer);
    const [means, usual] = [state.slice(2, 5), state.slice(6, 9)];
    const kept = Uint8Array.from(new Uint8Array(Float64Array.of(...means, ...usual).buffer.slice(0, 8 * numbers)));
    const untouched = new Apart(3);
    const fresh = new SnapshotWriter();
    fresh.begin(5);
    untouched.snapshot(fresh);
    const apart = fresh.end().slice(12);
    const rest = payload.subarray(80, payload.length - apart.length);
    const sizes = version === 3 ? Float64Array.of(1, 1, 1) : usual;
    const same = Float64Array.of(...means, means[2], ...sizes, 1);
    const before = restored(version, [payload.subarray(0, 16), kept, rest]);
    const now = restored(5, [payload.subarray(0, 16), new Uint8Array(same.buffer), rest, apart]);
    expect(feed(before, 500, 800)).toEqual(feed(now, 500, 800));
    expect(snapshot(before)).toEqual(snapshot(now));
  });

  it('of noise stay together below the limit, and a single column passes it in about 1 of 10,000 rows, whatever their number', () => {
    let alerts = 0;
    for (const width of [2, 8, 20]) {
      const values = noise(6000, width);
      expect(Math.max(...together(values, width).slice(40))).toBeLessThan(ROW_LIMIT);
      alerts += strong(fresh(values, width)).length;
    }
    expect(alerts).toBeLessThanOrEqual(3);
  });

  it.each<[string, number, (x: number, i: number) => number]>([
    ['a spike of 7', 1, (x) => x + 7],
    ['a level 4 off', 60, (x) => x + 4],
    ['noise three times as wide', 200, (x) => 3 * x],
    ['a climb of 5 within 500 rows', 600, (x, i) => x + 5 * Math.min(1, i / 500)],
    ['a value that is repeated', 60, () => 0.25],
  ])('are anomalous for one column alone: %s', (_fault, length, change) => {
    for (let column = 0; column < 8; column += 7) {
      const values = noise(4000 + length, 8, () => 1).map((x) => x - 3);
      for (let i = 0; i < length; i++) values[(4000 + i) * 8 + column] = change(values[(4000 + i) * 8 + column], i);
      const said = fresh(values, 8);
      const first = said.findIndex(({ score }, i) => i >= 4000 && score > ROW_LIMIT);
      expect(first).toBeGreaterThanOrEqual(4000);
      expect(rowMembers[said[first].member]).toBe('column');
      expect(said[first].shares.indexOf(Math.max(...said[first].shares))).toBe(column);
      expect(said[first].score).toBeLessThanOrEqual(ROW_LIMIT * 1.04);
    }
  });

  it('learn what is usual of a column whose noise is wild, and of one that repeats itself by nature', () => {
    const values = noise(8000, 3).map((x) => x - 3);
    for (let i = 0; i < 8000; i++) {
      values[i * 3] = Math.sign(values[i * 3]) * Math.exp(2 * Math.abs(values[i * 3]));
      values[i * 3 + 1] = Math.floor(i / 50);
    }
    const late = fresh(values, 3).slice(4000);
    expect(late.filter(({ score, member }) => score > ROW_LIMIT && rowMembers[member] === 'column').length).toBeLessThanOrEqual(6);
  });

  it('are scored alike whatever the units of the columns', () => {
    const plain = ofScores(fresh(noise(1500, 3), 3));
    const scaled = ofScores(
      fresh(
        noise(1500, 3, (j) => [2 ** -30, 1, 2 ** 40][j]),
        3,
      ),
    );
    scaled.forEach((score, i) => (Number.isNaN(score) ? expect(plain[i]).toBeNaN() : expect(score).toBeCloseTo(plain[i], 6)));
  });

  it('say which column it was and which part saw it', () => {
    for (let column = 0; column < 5; column++) {
      const values = noise(2100, 5);
      for (let i = 2000; i < 2010; i++) values[i * 5 + column] += 8;
      const said = fresh(values, 5);
      expect(said[2003].shares[column]).toBeGreaterThan(0.5);
      expect(said[2003].shares.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 9);
      expect(said[2006].score).toBeGreaterThan(ROW_LIMIT);
      expect(['column', 'surprise']).toContain(rowMembers[said[2003].member]);
    }
    expect(rowMembers).toEqual(['surprise', 'neighbours', 'column', 'apart']);
  });

  it('whose columns part, each within its range, are told of at once', () => {
    const values = new Float64Array(1500 * 4);
    for (let i = 0; i < 1500; i++) for (let j = 0; j < 4; j++) values[i * 4 + j] = normal(0, i) + 0.02 * normal(j + 1, i);
    values.set([1.2, -1.2, 1.2, -1.2], 1400 * 4);
    const said = fresh(values, 4);
    expect(said[1400].score).toBeGreaterThan(2 * said[1399].score);
    expect(said[1400].score).toBeGreaterThan(ROW_LIMIT);
    expect(rowMembers[said[1400].member]).toBe('apart');
  });

  it('see a constant column move, and one constant column changes nothing before', () => {
    const values = noise(1500, 4);
    for (let i = 3; i < values.length; i += 4) values[i] = 5;
    const calm = fresh(values, 4);
    values[1400 * 4 + 3] = 5.001;
    const moved = fresh(values, 4);
    expect(ofScores(moved).slice(0, 1400)).toEqual(ofScores(calm).slice(0, 1400));
    expect(moved[1400].score).toBeGreaterThan(3 * calm[1400].score);
    expect(moved[1400].shares[3]).toBeGreaterThan(0.5);
  });

  it('without any value have no score and are not learnt; a missing column has no share', () => {
    const values = noise(800, 3);
    const detector = createRows({}, 3);
    run(detector, values, 3, MINUTE, 0, 600);
    const before = bytes(detector);
    const holes = run(detector, new Float64Array(30).fill(NaN), 3);
    expect(holes.every((row) => Number.isNaN(row.score) && Number.isNaN(row.onset))).toBe(true);
    expect(bytes(detector)).toEqual(before);
    values[600 * 3 + 1] = Infinity;
    const [next] = run(detector, values, 3, MINUTE, 600, 601);
    expect(next.score).toBeLessThan(ROW_LIMIT);
    expect(next.shares[1]).toBe(0);
  });

  it('begin once, are quiet while it lasts, and begin again for something new', () => {
    const values = noise(3200, 4);
    for (let i = 2000; i < 2150; i++) values[i * 4] += 7;
    for (let i = 2100; i < 2150; i++) for (let j = 1; j < 4; j++) values[i * 4 + j] -= 25;
    for (let i = 2900; i < 2920; i++) values[i * 4 + 2] += 60;
    const said = fresh(values, 4);
    const [first, second, third, ...others] = strong(said);
    expect(first).toBeGreaterThanOrEqual(2000);
    expect(first).toBeLessThan(2010);
    expect(second).toBeGreaterThanOrEqual(2100);
    expect(second).toBeLessThan(2110);
    expect(third).toBeGreaterThanOrEqual(2900);
    expect(third).toBeLessThan(2910);
    expect(others).toEqual([]);
    const after = said.slice(first + 1, first + 21);
    expect(after.every((row) => row.onset === 0)).toBe(true);
    expect(said[2060].onset).toBe(0);
    expect(said[first].onset).toBeCloseTo(said[first].score / (said[first].score + ROW_LIMIT), 12);
  });

  it('tell in words how late they learn', () => {
    const detector = createRows({}, 2);
    expect(detector.describe!()[1]).toBe('adapting: what is usual is learnt 300 rows late');
    run(detector, noise(10, 2), 2);
    expect(detector.describe!()).toEqual([
      '2 columns together: how surprising each is, times how far the row lies from its nearest neighbours',
      'adapting: what is usual is learnt 300 rows late (18000 s)',
    ]);
    const asked = createRows({ adaptAfter: 3_600_000 }, 2);
    run(asked, noise(10, 2), 2);
    expect(asked.describe!()[1]).toBe('adapting: what is usual is learnt 60 rows late (3600 s)');
    // An hour without rows moves the median interval by a twentieth.
    run(asked, noise(70, 2), 2, MINUTE, 69);
    expect(asked.describe!()[1]).toBe('adapting: what is usual is learnt 57 rows late (3591 s)');
  });
});
