/** What the options of `homeostat logs` ask for. */
import { HomeostatError } from '../../core/errors.ts';
import { componentOf } from '../../pipeline/config/index.ts';
import type { LogChoice } from '../../pipeline/logs/run.ts';
import { registry } from '../../pipeline/registry.ts';
import { written } from '../spec.ts';

export interface LogOptions {
  session?: string;
  judge?: string;
  threshold?: string;
  format?: string;
}

/** Throws OPTION_INVALID. */
export function choiceOf({ session, judge, threshold, format }: LogOptions): LogChoice {
  return {
    ...(session === undefined ? {} : { by: session }),
    ...(judge === undefined ? {} : judgeOf(judge)),
    ...(threshold === undefined ? {} : judgingOf(threshold)),
    ...(format === undefined ? {} : { format: formatOf(format) }),
  };
}

/** `none` counts sessions and nothing else: rates are not watched either. */
function judgeOf(judge: string): Pick<LogChoice, 'judge' | 'rates'> {
  return judge === 'none' ? { judge: null, rates: false } : { judge: componentOf(registry, 'judge', written(judge)) };
}

/** Which of the two thresholds decides; a number is the limit of the static one, another name the dynamic one. */
function judgingOf(text: string): Pick<LogChoice, 'threshold' | 'judging'> {
  if (text === 'static' || text === 'dynamic') return { judging: { in_force: text } };
  const limit = Number(text);
  if (text.trim() !== '' && Number.isFinite(limit)) return { judging: { in_force: 'static', static_limit: limit } };
  return { threshold: componentOf(registry, 'threshold', written(text)), judging: { in_force: 'dynamic' } };
}

function formatOf(text: string): LogChoice['format'] {
  const format = componentOf(registry, 'format', written(text));
  if (format.name !== 'line') throw new HomeostatError('OPTION_INVALID', { detail: `--format ${format.name} gives numbers; log lines are read by line` });
  return format;
}
