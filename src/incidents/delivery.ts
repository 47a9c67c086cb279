/** What every receiver can be told beside its own options: whom it concerns, and how often it may be disturbed. */
import type { JsonValue, Severity } from '../core/contracts.ts';
import { quantity, Type, type NotifierDefinition, type TObject } from '../core/schema.ts';

/** What is used where the configuration says nothing; written as a person would. */
export interface Usual {
  /** `0/s`: no limit. */
  rate: string;
  wait: string;
}

const strict = { additionalProperties: false };

function deliveryProperties({ rate, wait }: Usual) {
  return {
    severity: Type.Enum(['info', 'warning', 'critical'], { description: 'Least severity of an incident that is told here.', default: 'info' }),
    only: Type.Record(Type.String(), Type.String(), {
      description: 'Labels that an incident must have to be told here, as its notices show them. Empty: every incident.',
      default: {},
      scalars: true,
    }),
    resolved: Type.Boolean({ description: 'Also told that it is over.', default: true }),
    rate_limit: Type.Object(
      {
        rate: quantity('rate', 'Messages per time, as `30/min`; 0/s: no limit. What is beyond it waits, and leaves together where the receiver can.', rate),
        burst: Type.Integer({ description: 'Messages at once after a quiet time.', minimum: 1, maximum: 10_000, default: 10 }),
      },
      { ...strict, description: 'How often the receiver may be disturbed.', default: {} },
    ),
    group: Type.Object(
      { wait: quantity('duration', 'A notice waits so long for others, and leaves with them in one message where the receiver can.', wait) },
      {
        ...strict,
        description: 'Notices that leave together.',
        default: {},
      },
    ),
  };
}

const PLAIN: Usual = { rate: '0/s', wait: '0s' };

/** The definition with the options that all receivers share; those in `without` have no meaning for it. */
export function withDelivery<O extends TObject>(
  definition: NotifierDefinition<O>,
  usual: Usual = PLAIN,
  without: readonly string[] = [],
): NotifierDefinition<O> {
  const shared = Object.fromEntries(Object.entries(deliveryProperties(usual)).filter(([name]) => !without.includes(name)));
  const options = Type.Object({ ...definition.options.properties, ...shared }, strict);
  return { ...definition, options: options as unknown as O };
}

/** Which incidents a receiver is told of. */
export interface Rule {
  /** `slack#0`. */
  target: string;
  severity: Severity;
  only: Readonly<Record<string, string>>;
  resolved: boolean;
}

/** How a receiver may be disturbed. */
export interface Pacing {
  /** Messages per second; 0: no limit. */
  rate: number;
  burst: number;
  /** ms that a notice waits for others. */
  wait: number;
}

type Options = Readonly<Record<string, JsonValue>>;

/** The rule in a receiver's options; what they leave out does not restrict. */
export function ruleOf(target: string, options: Options): Rule {
  return {
    target,
    severity: (options['severity'] ?? 'info') as Severity,
    only: (options['only'] ?? {}) as Record<string, string>,
    resolved: options['resolved'] !== false,
  };
}

export function pacingOf(options: Options): Pacing {
  const limit = (options['rate_limit'] ?? {}) as Partial<Record<'rate' | 'burst', number>>;
  const group = (options['group'] ?? {}) as { wait?: number };
  return { rate: limit.rate ?? 0, burst: limit.burst ?? 10, wait: group.wait ?? 0 };
}

const RANK: Readonly<Record<Severity, number>> = { info: 1, warning: 2, critical: 3 };

/** Whether an incident of these labels is told to a receiver. */
export function concerns(rule: Rule, labels: Readonly<Record<string, string>>, severity: Severity): boolean {
  return RANK[severity] >= RANK[rule.severity] && Object.entries(rule.only).every(([name, value]) => labels[name] === value);
}
