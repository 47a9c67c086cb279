/** Options of the source `file`. */
import { LONGEST_TIMER, Type, quantity, type Static } from '../../core/schema.ts';

export const fileSourceOptions = Type.Object({
  path: Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })], {
    description: 'File to read, or several; * in the last part of a path stands for any characters. Each file is a partition, in order of its name.',
  }),
  follow: Type.Boolean({ description: 'Wait for more at the end, and go on with the next file when this one is rotated.', default: false }),
  poll: quantity('duration', 'How often to look for more when following.', '200ms', { minimum: 1, maximum: LONGEST_TIMER }),
  chunk: quantity('size', 'Most bytes handed over at once.', '1MiB'),
});

export type FileSourceOptions = Static<typeof fileSourceOptions>;
