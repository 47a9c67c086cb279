/** Components on the command line: `ema`, `ema:span=30,min_spread=0.5`, `auto:members=[level,stuck]`, or for a threshold a bare number. */
import { parse } from 'yaml';
import type { JsonValue } from '../core/contracts.ts';
import { HomeostatError } from '../core/errors.ts';
import { componentOf, DEFAULT_DETECTOR, definitionOf, type Component } from '../pipeline/config/index.ts';
import type { DetectChoice } from '../pipeline/detect.ts';
import { registry } from '../pipeline/registry.ts';

/** The component as a configuration would write it. Throws OPTION_INVALID. */
export function written(text: string): JsonValue {
  const colon = text.indexOf(':');
  if (colon < 0) return text;
  const options: Record<string, JsonValue> = {};
  for (const pair of parts(text.slice(colon + 1))) {
    const equals = pair.indexOf('=');
    if (equals < 1) throw new HomeostatError('OPTION_INVALID', { detail: `"${pair}" in "${text}" is not name=value` });
    options[pair.slice(0, equals).trim()] = parse(pair.slice(equals + 1)) as JsonValue;
  }
  return { [text.slice(0, colon)]: options };
}

/** Parted at commas, but for those within a list: `members=[level,stuck]` is one part. */
function parts(text: string): string[] {
  return text.split(/,(?![^[]*\])/);
}

/** What --detector, --threshold and --learn say, or the default detector with the threshold that suits it. Throws OPTION_INVALID. */
export function choiceOf(options: { detector?: string; threshold?: string; learn?: string }): DetectChoice {
  const detector = componentOf(registry, 'detector', written(options.detector ?? DEFAULT_DETECTOR));
  const { scale, threshold: suiting } = definitionOf(registry, 'detector', detector.name)!;
  const threshold = componentOf(
    registry,
    'threshold',
    options.threshold === undefined ? { [suiting.name]: suiting.options } : thresholdOf(options.threshold, scale),
  );
  if (scale !== 'sigma' && definitionOf(registry, 'threshold', threshold.name)!.needsSigma) {
    throw new HomeostatError('OPTION_INVALID', {
      detail: `${threshold.name} counts in standard deviations, and the scores of ${detector.name} are not; use --threshold ${suiting.name}`,
    });
  }
  return { detector, threshold, learn: (options.learn ?? 'always') as DetectChoice['learn'] };
}

const ROW_FORMATS = ['csv', 'ndjson', 'json'];

/** What --format says of files with rows; undefined where it says nothing. Throws OPTION_INVALID. */
export function rowFormatOf(text: string | undefined): Component | undefined {
  if (text === undefined) return undefined;
  const format = componentOf(registry, 'format', written(text));
  if (!ROW_FORMATS.includes(format.name)) {
    throw new HomeostatError('OPTION_INVALID', {
      detail: `rows are read as ${ROW_FORMATS.join(', ')}, not as ${format.name}; logs are read by homeostat logs`,
    });
  }
  return format;
}

function thresholdOf(text: string, scale: 'sigma' | 'free'): JsonValue {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) return written(text);
  return scale === 'sigma' ? { sigma: { k: number } } : { static: { limit: number } };
}

/** `ema span 20`: the options that fit into a line of text. */
export function described({ name, options }: Component): string {
  const shown = Object.entries(options).filter(([, value]) => value !== 0 && typeof value !== 'object');
  return [name, ...shown.map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)].join(' ');
}
