/** Options of incidents: when one opens, when it is over, and whom it concerns. */
import { quantity, Type, type Static } from '../core/schema.ts';

export const incidentOptions = Type.Object(
  {
    open: Type.Optional(
      Type.Union(
        [
          Type.String({
            pattern: '^\\s*\\d+\\s+of\\s+\\d+\\s*$',
            description: '`3 of 5`: so many of the last values of one series are anomalous; at most `32 of 32`.',
          }),
          Type.Object(
            { for: quantity('duration', 'A series is anomalous for so long, without a normal value between.') },
            { additionalProperties: false, description: 'Deviation for a duration, in event time.' },
          ),
        ],
        { description: 'What opens an incident. When neither this nor `open_on` is given: the onset, where the detector gives one of its own, else `3 of 5`.' },
      ),
    ),
    open_on: Type.Optional(
      Type.Literal('onset', { description: 'Opens at once where a new anomaly begins strongly (onset above 0.5); takes the place of `open`.' }),
    ),
    resolve_after: quantity(
      'duration',
      'Event time without an anomaly after which an incident is over. Choose several times the distance between two values.',
      '30s',
    ),
    resolve_on: Type.Optional(
      Type.Literal('normal', {
        description:
          'An incident is over as soon as the last value of each of its series is normal, and not before: for sources that speak only when something changes, such as `alertmanager`. Takes the place of `resolve_after`.',
      }),
    ),
    no_data: Type.Optional(
      quantity(
        'duration',
        'A series that sends nothing for so long, by the clock and while the source is connected, is an incident of its own. Absent: never.',
      ),
    ),
    group_by: Type.Array(Type.String({ minLength: 1 }), {
      description: 'Labels whose values put series into one incident. Empty: each series has incidents of its own.',
      default: [],
      maxItems: 16,
    }),
    severity: Type.Enum(['info', 'warning', 'critical'], {
      description: 'How bad an incident is; a label `severity` of a series takes its place.',
      default: 'warning',
    }),
    max_alert_age: quantity('duration', 'No notice and no action about what had happened longer ago than this when it was read.', '10m'),
  },
  { additionalProperties: false },
);

/** As a component gets them: durations in ms. */
export type IncidentOptions = Static<typeof incidentOptions>;

/** What opens an incident. `of` is the number of last values of a series that matter. */
export type OpenRule = { kind: 'count'; needed: number; of: number } | { kind: 'duration'; ms: number; of: 1 } | { kind: 'onset'; of: 1 };

const MOST = 32;

/** The rule that the options name, or what is wrong with them, in words that follow the name of the option. */
export function openRule(options: Pick<IncidentOptions, 'open' | 'open_on'>): OpenRule | { problem: string } {
  const { open, open_on } = options;
  if (open !== undefined && open_on !== undefined) return { problem: 'cannot be given together with `open_on`: only one of them can open incidents' };
  if (open_on === 'onset') return { kind: 'onset', of: 1 };
  if (typeof open === 'object') {
    if (!(open.for > 0)) return { problem: 'must name a duration longer than 0' };
    return { kind: 'duration', ms: open.for, of: 1 };
  }
  const [needed, of] = (open ?? '3 of 5').split('of').map(Number) as [number, number];
  if (!(needed >= 1 && needed <= of && of <= MOST)) return { problem: `must be "m of n" with 1 <= m <= n <= ${MOST}, not "${open}"` };
  return { kind: 'count', needed, of };
}
