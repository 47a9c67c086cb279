/** The default detector: it looks at the series and chooses by itself. */
import { Type, defineDetector, quantity, type Static } from '../../core/schema.ts';
import type { Detector, DetectorOutput } from '../../core/contracts.ts';
import type { SnapshotWriter } from '../../core/snapshot.ts';
import { AutoColumn, MEMBERS, type ColumnOptions } from './column.ts';
import { createRows, restoreRows, rowMembers, ROW_LIMIT } from './rows/index.ts';
import { TUNING } from './tuning.ts';

const options = Type.Object(
  {
    adapt_after: Type.Optional(
      quantity(
        'duration',
        `A change that stays for so much event time becomes the new normal. Absent: ${TUNING.adopt} values, at whatever interval they come.`,
      ),
    ),
    members: Type.Array(Type.Enum([...MEMBERS]), {
      description: 'Which parts may be used on one column; each is used only where it helps. Leave one out to see what it earns.',
      uniqueItems: true,
      minItems: 1,
      default: [...MEMBERS],
    }),
  },
  { additionalProperties: false },
);

function chosenOf({ adapt_after: adaptAfter, members }: Static<typeof options>): ColumnOptions {
  return { adaptAfter, members };
}

/** Rows of several columns, whose members come after those of one column. */
class ManyColumns implements Detector {
  readonly #rows: Detector;

  constructor(rows: Detector) {
    this.#rows = rows;
  }

  score(time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const score = this.#rows.score(time, values, at, out);
    if (out.member >= 0) out.member += MEMBERS.length;
    return score;
  }

  learn(time: number, values: Float64Array, at: number): void {
    this.#rows.learn(time, values, at);
  }

  describe(): string[] {
    return this.#rows.describe?.() ?? [];
  }

  snapshot(writer: SnapshotWriter): void {
    this.#rows.snapshot(writer);
  }
}

export const auto = defineDetector({
  name: 'auto',
  summary: 'Looks at the series and uses what predicts it: its level, its season, the values before, its shapes, the ranges it kept to.',
  options,
  sample: { adapt_after: '1h' },
  about: {
    finds:
      'Spikes, shifts, drifts, changes of variance, breaks of a season, unknown shapes, stuck values; columns that part from those they go with; begins and how long they last.',
    use: 'When you do not want to choose. A detector made for one question is cheaper: ema for very many plain series, flatline or gap for silence.',
    warmUp: '10 values for the level; season, shape and forecast join when they have seen enough.',
    memory: 'At most 32 KB a column, whatever its length.',
    gives: 'band',
    paper:
      'Huber (1964) for clipped moments, Plackett (1950) for the forecast, Keogh, Lin and Fu (2005) for unusual shapes, Leadbetter (1983) for declustered tails, Hawkins (1991) for columns that part.',
    example: 'level-shift',
  },
  scale: 'free',
  threshold: { name: 'static', options: { limit: ROW_LIMIT } },
  onsets: true,
  members: [...MEMBERS, ...rowMembers],
  version: 7,
  columns: 'many',
  create: (chosen, width) => (width === 1 ? new AutoColumn(chosenOf(chosen)) : new ManyColumns(createRows({ adaptAfter: chosen.adapt_after }, width))),
  restore: (reader, chosen, width) =>
    width === 1 ? AutoColumn.restore(reader, chosenOf(chosen)) : new ManyColumns(restoreRows(reader, { adaptAfter: chosen.adapt_after }, width)),
});
