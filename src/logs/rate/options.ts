/** How rates of lines are watched. */
import { Type, quantity, type Static } from '../../core/schema.ts';

/** A component with its options validated and filled. */
interface Choice {
  name: string;
  options: Record<string, unknown>;
}

export const rateOptions = Type.Object(
  {
    every: quantity('duration', 'Lines are counted in intervals of this length.', '1m'),
    max_templates: Type.Integer({
      description:
        'Templates whose rate is watched; each is once 100 lines of it came. When more are wanted at a time than there is room for, those with the most lines are taken; the lines of the others count in the rate of their level alone.',
      minimum: 0,
      maximum: 10_000,
      default: 200,
    }),
    detector: Type.Unsafe<Choice>({ component: 'detector', description: 'What scores a rate.', default: 'envelope' }),
    threshold: Type.Unsafe<Choice>({ component: 'threshold', description: 'What turns the scores of a rate into yes or no.', default: 'spot' }),
  },
  { additionalProperties: false },
);

export type RateOptions = Static<typeof rateOptions>;
