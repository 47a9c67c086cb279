/** What the detectors that judge columns jointly have in common. */
import { Type } from '../core/schema.ts';

/** Rows joined to one where there is a single column and none are asked for. */
const ONE_COLUMN = 8;

/** Rows that a score of several columns is averaged over where nothing is asked for. */
const AVERAGED = 3;

export const span = Type.Number({
  description:
    'How far back the mean, the spreads and the correlations reach, in rows: the newest row weighs 2 / (span + 1). Larger is steadier, smaller adapts sooner.',
  minimum: 2,
  maximum: 1_000_000,
  default: 2000,
});

export const shingle = Type.Optional(
  Type.Integer({
    description: `How many rows in a row are judged as one: 1 sees how columns go together, 4 and more also how they follow each other. Absent: 1, or ${ONE_COLUMN} for a single column.`,
    minimum: 1,
    maximum: 64,
  }),
);

export const shrinkage = Type.Optional(
  Type.Number({
    description:
      'How far the correlations are drawn towards none, from 0 to 1: keeps the judgement sound while rows are few beside columns. Absent: as far as chance explains them.',
    minimum: 0,
    maximum: 1,
  }),
);

export const average = Type.Optional(
  Type.Number({
    description: `How many rows a score is averaged over: the newest weighs one over them. 1 judges each row by itself, larger lets what lasts stand out. Absent: ${AVERAGED} for several columns without a shingle, else 1.`,
    minimum: 1,
    maximum: 1000,
  }),
);

export const warmUp = Type.Integer({ description: 'Rows learnt before there is a score.', minimum: 2, default: 100 });

/** A shingle sees the rows before already. */
export function averageOf(chosen: number | undefined, width: number, rows: number): number {
  return chosen ?? (width > 1 && rows === 1 ? AVERAGED : 1);
}

export function shingleOf(chosen: number | undefined, width: number): number {
  return chosen ?? (width === 1 ? ONE_COLUMN : 1);
}

/** Adds up the parts of each column over the rows of a shingle; negative ones count as none. */
export function columnParts(parts: Float64Array, out: Float64Array): void {
  out.fill(0);
  for (let i = 0; i < parts.length; i++) if (parts[i] > 0) out[i % out.length] += parts[i];
}
