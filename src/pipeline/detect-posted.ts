/** Detection of posted points: what POST /api/v1/detect answers. */
import type { JsonValue } from '../core/contracts.ts';
import { HomeostatError } from '../core/errors.ts';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import type { DetectRequest } from '../core/live.ts';
import { verdictAt, type Verdict } from '../core/verdicts.ts';
import { timeOfNumber, unitOf } from '../formats/epoch.ts';
import { DEFAULT_RULE } from '../formats/times.ts';
import { componentOf, DEFAULT_DETECTOR, definitionOf, thresholdFor, type Component } from './config/index.ts';
import { registry } from './registry.ts';
import { Scorer } from './scorer.ts';

const NAME = 'detect';

/** One verdict for every point, in order, by a fresh detector. Throws REQUEST_INVALID. */
export function detectPosted(request: DetectRequest): Verdict[] {
  const { values } = request;
  const width = Array.isArray(values[0]) ? values[0].length : 1;
  const choice = chooseFor(request, width);
  const dictionary = new SeriesDictionary(1);
  const events = new EventBuilder(dictionary, width, Math.max(1, values.length));
  const series = dictionary.intern('posted');
  for (const [i, value] of values.entries()) {
    const row = Array.isArray(value) ? value : [value];
    if (row.length !== width) refuse(`point ${i} has ${row.length} values, the first has ${width}`);
    events.row(series, timeOf(request.times, i), 0, i, 0);
    for (let column = 0; column < width; column++) events.values[i * width + column] = row[column] ?? NaN;
  }
  const scorer = new Scorer(choice, registry, dictionary, width, NAME);
  const verdicts = scorer.score(events);
  return Array.from({ length: verdicts.length }, (_, i) => {
    scorer.identify(verdicts, i);
    return verdictAt(verdicts, i, NAME, dictionary);
  });
}

function chooseFor(request: DetectRequest, width: number) {
  const detector = component('detector', request.detector ?? DEFAULT_DETECTOR);
  const threshold = request.threshold === undefined ? thresholdFor(registry, detector.name) : component('threshold', request.threshold);
  if (width === 0) refuse('a point without values');
  if (definitionOf(registry, 'detector', detector.name)!.columns === 'one' && width > 1) refuse(`${detector.name} takes one value per point, not ${width}`);
  if (definitionOf(registry, 'threshold', threshold.name)!.needsSigma && definitionOf(registry, 'detector', detector.name)!.scale !== 'sigma') {
    refuse(`${threshold.name} counts in standard deviations, and the scores of ${detector.name} are not`);
  }
  return { detector, threshold, learn: 'always' as const };
}

function component(kind: 'detector' | 'threshold', value: unknown): Component {
  return componentOf(registry, kind, value as JsonValue, (detail) => new HomeostatError('REQUEST_INVALID', { detail }));
}

/** Epoch numbers of whatever unit fits our age, ISO 8601, or the number of the point in seconds. */
function timeOf(times: DetectRequest['times'], i: number): number {
  const given = times?.[i];
  if (given === undefined) return i * 1000;
  const time = typeof given === 'number' ? timeOfNumber(given, { ...DEFAULT_RULE, unit: unitOf(given) ?? 'ms' }) : Date.parse(given);
  if (!Number.isFinite(time)) refuse(`time ${i} is ${JSON.stringify(given)}, neither a number nor ISO 8601`);
  return time;
}

function refuse(detail: string): never {
  throw new HomeostatError('REQUEST_INVALID', { detail });
}
