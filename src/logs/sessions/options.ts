/** How lines become sessions. */
import { Type, quantity, type Static } from '../../core/schema.ts';

export const sessionOptions = Type.Object(
  {
    by: Type.String({
      description:
        'What lines of one session have in common: a pattern (group 1 of it, or all it matches, is the identifier), `window` (a stretch of time), `count` (so many lines), or `auto`: identifiers that it finds by itself in the first lines, windows where none convinces.',
      minLength: 1,
      default: 'auto',
    }),
    window: Type.Optional(
      quantity(
        'duration',
        'Length of a window, where sessions are windows. Absent: 1m, or where `auto` finds no identifiers so long that some 30 lines come in one.',
      ),
    ),
    count: Type.Integer({ description: 'Lines of a session, where sessions are so many lines each.', minimum: 2, maximum: 1_000_000, default: 100 }),
    idle: quantity('duration', 'A session is looked at when nothing came for so long.', '1h'),
    close_after: quantity('duration', 'A session is closed when nothing came for so long; a further line begins a new one.', '24h'),
    end: Type.Optional(Type.String({ description: 'A pattern of lines that end their session.', minLength: 1 })),
    max_lines: Type.Integer({ description: 'A session of so many lines is closed.', minimum: 2, maximum: 4_000_000_000, default: 100_000 }),
    max_sequence: Type.Integer({
      description: 'Lines whose order and place are kept; of further ones it is kept how often each template came.',
      minimum: 1,
      maximum: 10_000,
      default: 200,
    }),
    max_open: Type.Integer({
      description: 'Sessions open at a time. When there are more, the one that was touched the longest ago is closed early, and counted.',
      minimum: 1,
      maximum: 10_000_000,
      default: 1_000_000,
    }),
  },
  { additionalProperties: false },
);

export type SessionOptions = Static<typeof sessionOptions>;
