/** How sessions are judged, whichever judge does it. */
import type { ThresholdDefinition } from '../../core/schema.ts';
import { Type, quantity, type Static } from '../../core/schema.ts';
import type { JudgeDefinition } from '../judges/definition.ts';

/** Which of the two thresholds decides. */
export const IN_FORCE = ['judge', 'static', 'dynamic'] as const;

export const judgeOptions = Type.Object(
  {
    in_force: Type.Enum(IN_FORCE, {
      description:
        'The threshold that decides; the other is computed and shown beside it. `judge`: static for judges whose scores are probabilities, dynamic for others.',
      default: 'judge',
    }),
    static_limit: Type.Optional(
      Type.Number({
        description:
          'Limit of the static threshold. A score is -log10 of a probability: 2 is 1 in 100. Absent: what the judge names, or what follows from the training period.',
      }),
    ),
    confirm_after: quantity(
      'duration',
      'A session that looks anomalous is judged once more after so much event time, and alerted if it still does: what is new and then frequent is no anomaly. 0s alerts at once, as does a judge that learns no more.',
      '15m',
    ),
    warm_up: Type.Integer({
      description: 'Sessions to be learnt before any is judged; those that came until then are judged when there are enough. Not used with a training period.',
      minimum: 1,
      maximum: 1_000_000,
      default: 500,
    }),
    half_life: Type.Number({ description: 'Sessions after which a known session counts half.', minimum: 100, maximum: 10_000_000, default: 3000 }),
    max_vectors: Type.Integer({
      description: 'Different counts of sessions that are known. When there are more, the eighth that weighs least is forgotten.',
      minimum: 100,
      maximum: 100_000,
      default: 2000,
    }),
    train_sessions: Type.Optional(Type.Integer({ description: 'The first so many looks at sessions are learnt as normal and not judged.', minimum: 1 })),
    train_until: Type.Optional(
      Type.String({ description: 'Sessions that began at or before this time (ISO 8601) are learnt as normal and not judged.', minLength: 10 }),
    ),
    keep_learning: Type.Boolean({ description: 'Goes on learning after the training period. Without one it always learns.', default: false }),
    max_waiting: Type.Integer({
      description: 'Sessions that wait to be confirmed, or for the warm-up. When there are more, the oldest is judged at once.',
      minimum: 10,
      maximum: 1_000_000,
      default: 20_000,
    }),
    max_remembered: Type.Integer({
      description: 'Sessions whose last verdict is remembered, the newest; a further verdict on an older one does not say what it replaces.',
      minimum: 1000,
      maximum: 10_000_000,
      default: 100_000,
    }),
    max_patterns: Type.Integer({
      description: 'Patterns whose history is kept. When there are more, the eighth that was not met for longest is forgotten.',
      minimum: 100,
      maximum: 100_000,
      default: 10_000,
    }),
  },
  { additionalProperties: false },
);

export type JudgeOptions = Static<typeof judgeOptions>;

/** Everything the stage needs: definitions with their validated options. */
export interface JudgePlan {
  judge: JudgeDefinition;
  judgeOptions: Record<string, unknown>;
  /** The dynamic one; that of the judge's definition when the configuration names none. */
  threshold: ThresholdDefinition;
  thresholdOptions: Record<string, unknown>;
  options: JudgeOptions;
  /** Configuration hash carried by every verdict. */
  config: string;
}

/** Names that `member` of the verdicts of logs is an index into: judges, people's answers, and rates. */
export function logMembers(judge: JudgeDefinition, options: Record<string, unknown>): readonly string[] {
  return [...(judge.membersOf?.(options) ?? [judge.name]), 'answer', 'rate'];
}
