/** How lines get their templates. */
import { Type, type Static } from '../../core/schema.ts';
import { MINER_DEFAULTS } from '../miner/miner.ts';

export const parseOptions = Type.Object(
  {
    max_templates: Type.Integer({
      description:
        'Templates held at once. When there are more, the eighth of them that was used the longest ago makes room, once all of it is old enough (`forget_after`); until then lines that fit no template count as the template `<*>`.',
      minimum: 16,
      maximum: 1_000_000,
      default: MINER_DEFAULTS.maxTemplates,
    }),
    forget_after: Type.Integer({
      description: 'A template that none of so many lines had may be forgotten to make room. Pinned and ignored ones, and those that were split, stay.',
      minimum: 1,
      maximum: 1_000_000_000,
      default: MINER_DEFAULTS.forgetAfter,
    }),
  },
  { additionalProperties: false },
);

export type ParseOptions = Static<typeof parseOptions>;
