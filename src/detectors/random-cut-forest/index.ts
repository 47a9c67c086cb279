/** Random cut forest: how much a row would change the random trees of the rows before it. */
import { Type, defineDetector, type Static } from '../../core/schema.ts';
import { average, averageOf } from '../joint.ts';
import { RandomCutForest } from './forest.ts';

const options = Type.Object(
  {
    trees: Type.Integer({
      description: 'Number of trees. More make the score steadier; cost and memory grow with them.',
      minimum: 1,
      maximum: 1000,
      default: 50,
    }),
    sample: Type.Integer({ description: 'Rows that each tree holds.', minimum: 16, maximum: 4096, default: 256 }),
    horizon: Type.Number({
      description: 'A row so many rows old is less likely to be held by e = 2.7 than the newest. Larger remembers longer and adapts later.',
      minimum: 16,
      default: 2560,
    }),
    shingle: Type.Optional(
      Type.Integer({
        description:
          'How many rows in a row are looked at as one: 1 sees values, 4 and more see their order. Cost and memory grow with it. Absent: 4 for one column, 1 for several.',
        minimum: 1,
        maximum: 64,
      }),
    ),
    average,
    seed: Type.Integer({ description: 'Seed of the samples and cuts.', minimum: 0, default: 1 }),
  },
  { additionalProperties: false },
);

function made(chosen: Static<typeof options>, width: number): RandomCutForest {
  const shingle = chosen.shingle ?? (width === 1 ? 4 : 1);
  return new RandomCutForest({ ...chosen, shingle, average: averageOf(chosen.average, width, shingle) }, width);
}

/** Score: about .5 to 1 for what is usual; above, for what a random cut would soon part from the rows held; averaged over the last rows. */
export const randomCutForest = defineDetector({
  name: 'random-cut-forest',
  summary: 'How soon random cuts would part a row, with those before it, from a sample of the past (random cut forest).',
  options,
  sample: { trees: 5, sample: 32, horizon: 320, shingle: 2 },
  about: {
    finds: 'Values, orders of values and combinations of columns that the sample of the past does not hold.',
    use: 'A good first choice for a few columns that move together, or one column with an order of its own. Slower and larger than half-space-trees.',
    warmUp: 'A quarter of the sample: 64 rows.',
    memory: 'About 1.2 MB with one column, 1.8 MB with eight: 600 KB, and 150 KB for each column of each row of the shingle.',
    gives: 'contributions',
    paper: 'Guha, Mishra, Roy and Schrijvers (2016), Robust Random Cut Forest Based Anomaly Detection on Streams.',
    example: 'columns',
  },
  scale: 'free',
  threshold: { name: 'static', options: { limit: 1.5 } },
  version: 2,
  columns: 'many',
  create: made,
  restore: (reader, chosen, width) => made(chosen, width).restore(reader),
});
