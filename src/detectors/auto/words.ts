/** What `auto` has found out about a series and what it uses, a fact a line. */
import type { Parts } from './column.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** Points before a member is asked. */
const SHAPE_WARM_UP = 1000;
const FORECAST_WARM_UP = 100;

/** `uses`: which members the options allow, in their order; `adopt`: points that a change must last. */
export function inWords(parts: Parts, uses: readonly boolean[], adopt: number): string[] {
  const { profile, stuck, envelope } = parts;
  if (profile.count === 0) return ['nothing seen yet'];
  const [, usesSeason, usesShape, usesForecast, usesStuck, usesEnvelope] = uses;
  return [
    ...ofSeries(parts),
    ofLevel(parts),
    ...(usesSeason ? [ofSeason(parts)] : []),
    ...(usesForecast ? [ofForecast(parts)] : []),
    ...(usesShape ? [ofShapes(parts)] : []),
    ...(usesStuck ? [`stuck: told from ${Math.ceil(stuck.limit)} equal values in a row on`] : []),
    `adapting: a change that lasts for ${Math.round(adopt)} values${profile.interval > 0 ? ` (${span(adopt * profile.interval)})` : ''} becomes the new normal`,
    ...(usesEnvelope ? envelope.describe().map((line) => `onset: ${line}`) : []),
  ];
}

function ofSeries({ profile }: Parts): string[] {
  const lines = [`series: ${profile.interval > 0 ? `a value every ${span(profile.interval)}` : 'its interval is not known yet'}, ${profile.count} seen`];
  if (profile.gaps > 0 || profile.missing > 0) lines.push(`series: ${profile.gaps} gaps and ${profile.missing} missing values, which are not scored`);
  if (profile.isCounter) lines.push(`values: a counter, started anew ${profile.restarts} times: its increase is scored`);
  else if (profile.kind === 'constant') lines.push('values: always the same so far');
  else lines.push(`values: ${profile.kind}${profile.zeros >= 0.5 ? `, ${percent(profile.zeros)} of them 0` : ''}`);
  return lines;
}

function ofLevel({ level }: Parts): string {
  if (level.count < 10) return 'level: warming up (10 values)';
  return `level: ${number(level.mean)}, spread ${number(level.spread)}`;
}

function ofSeason({ season, profile, finder, duties }: Parts): string {
  if (!duties[1].isOn) return 'season: none that predicts, so it is switched off and tried again later';
  const gain = percent(season.gain);
  switch (season.kind) {
    case 'day':
      return `season: of 24 h, expected from the time of day: ${gain} of the error of the level`;
    case 'week':
      return `season: of a week, expected from the hour of the week: ${gain} of the error of the level`;
    case 'own':
      return `season: of ${span(season.period)} found (autocorrelation ${finder.strength.toFixed(2)}), expected from the place in it: ${gain} of the error of the level`;
    case 'none':
      return profile.interval > 0 && finder.period > 0
        ? `season: one of ${span(finder.period * profile.interval)} was seen, but does not predict clearly better than the level`
        : 'season: none found';
  }
}

function ofForecast({ forecast, duties }: Parts): string {
  if (!duties[3].isOn) return 'forecast: no better than the level, so it is switched off and tried again later';
  if (forecast.count < FORECAST_WARM_UP) return `forecast: warming up (${FORECAST_WARM_UP} values)`;
  const gain = percent(forecast.gain);
  return forecast.gain < 0.9
    ? `forecast: the values before predict the next with ${gain} of the error of the level`
    : `forecast: not used, for the values before predict the next with ${gain} of the error of the level`;
}

function ofShapes({ shapes, profile, duties }: Parts): string {
  if (!duties[2].isOn) return 'shape: all alike, so it is switched off and tried again later';
  if (profile.count < SHAPE_WARM_UP) return `shape: warming up, ${shapes.kept} remembered`;
  return `shape: compared with ${shapes.kept} remembered${shapes.recurs ? '' : ', which do not recur, so that a new one does not alert by itself'}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

function number(x: number): string {
  return Number(x.toPrecision(4)).toString();
}

/** A duration as a person says it: 90 s, 5 min, 24 h, 2.5 d. */
function span(ms: number): string {
  for (const [unit, size] of UNITS) if (ms >= 1.5 * size) return `${number(Math.round((ms / size) * 10) / 10)} ${unit}`;
  return `${number(ms)} ms`;
}
