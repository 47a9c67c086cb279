/** What the accuracy benchmark measures. */
import type { JsonValue } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { componentOf, definitionOf, type Component } from '../../pipeline/config/index.ts';
import type { DetectChoice } from '../../pipeline/detect.ts';
import { registry } from '../../pipeline/registry.ts';
import { DATA_SETS } from '../datasets/index.ts';

/** Parts beside the labelled sets. */
const OTHER_PARTS = ['neighbours', 'perturbed', 'simulated', 'calibration', 'disturbances'] as const;

export type Part = (typeof OTHER_PARTS)[number];

/** The detector that is looked at in every part. */
export const CHIEF = 'auto';

/** Detectors that are also simulated and disturbed: one of each kind. */
const COMPARED = [CHIEF, 'envelope', 'ema', 'robust', 'seasonal', 'flatline', 'gap', 'random-cut-forest'];

/** What `--quick` measures. */
const QUICK = [CHIEF, 'ema', 'random-cut-forest'];

export interface Plan {
  sets: string[];
  parts: Set<Part>;
  detectors: string[];
}

/** What is asked for by name. Throws OPTION_INVALID for a name that nothing has. */
export function planOf(only: readonly string[] | undefined, detectors: readonly string[] | undefined, quick: boolean): Plan {
  const names = [...DATA_SETS.map((set) => set.name), ...OTHER_PARTS];
  const known = registry.detectors.map(({ name }) => name);
  check('--only', only ?? [], names);
  check('--detectors', detectors ?? [], known);
  const wanted = only ?? names;
  return {
    sets: DATA_SETS.map((set) => set.name).filter((name) => wanted.includes(name)),
    parts: new Set(OTHER_PARTS.filter((part) => wanted.includes(part))),
    detectors: known.filter((name) => (detectors ?? (quick ? QUICK : known)).includes(name)),
  };
}

function check(option: string, given: readonly string[], known: readonly string[]): void {
  const unknown = given.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const near = nearest(unknown, known);
  throw new HomeostatError('OPTION_INVALID', {
    detail: `${option} names ${unknown}${near === undefined ? '' : `; did you mean "${near}"?`}; there are ${known.join(', ')}`,
  });
}

export function detectorOf(name: string, options: Record<string, JsonValue> = {}): Component {
  return componentOf(registry, 'detector', { [name]: options });
}

/** Of the detectors in the plan, those that are compared on made streams. */
export function compared({ detectors }: Plan): string[] {
  return COMPARED.filter((name) => detectors.includes(name));
}

export interface Way {
  name: string;
  component: Component;
}

/** The detector with each of its numbers 0.7 and 1.4 times what it is by default, one at a time, within what the option takes. */
export function neighboursOf(name: string): Way[] {
  const { options } = detectorOf(name);
  const { properties } = definitionOf(registry, 'detector', name)!.options as unknown as {
    properties: Record<string, { type?: string; minimum?: number; maximum?: number }>;
  };
  return Object.entries(options).flatMap(([option, value]) => {
    if (typeof value !== 'number' || value === 0) return [];
    const { type, minimum = -Infinity, maximum = Infinity } = properties[option];
    return [0.7, 1.4].flatMap((factor) => {
      const moved = type === 'integer' ? Math.round(value * factor) : value * factor;
      const other = Math.min(maximum, Math.max(minimum, moved));
      return other === value ? [] : [{ name: `${option} x ${factor}`, component: { name, options: { ...options, [option]: other } } }];
    });
  });
}

/** Thresholds whose promised rate is measured, with the detectors they are measured on. */
export function calibrated(plan: Plan): { name: string; choice: DetectChoice }[] {
  const thresholds: { name: string; value: JsonValue }[] = [
    { name: 'budget 2/week', value: { budget: { alerts: 2, per: '7d' } } },
    { name: 'conformal 1%', value: { conformal: { alpha: 0.01 } } },
  ];
  return ['auto', 'envelope', 'ema']
    .filter((name) => plan.detectors.includes(name))
    .flatMap((detector) =>
      thresholds.map(({ name, value }) => ({
        name: `${detector}, ${name}`,
        choice: { detector: detectorOf(detector), threshold: componentOf(registry, 'threshold', value), learn: 'always' as const },
      })),
    );
}
