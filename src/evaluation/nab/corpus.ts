/** Reads the folder of the Numenta Anomaly Benchmark (numenta/NAB): series under `data`, `labels/combined_windows.json`, `config/profiles.json`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NabProfile, NabSeries } from './scorer.ts';

/** The profiles of the benchmark, by the names it gives them. */
export const NAB_PROFILES = ['standard', 'reward_low_FP_rate', 'reward_low_FN_rate'] as const;

export type NabProfileName = (typeof NAB_PROFILES)[number];

/** Times of the benchmark are written without a zone (`2014-02-14 14:30:00`) and read as UTC; ms. */
function timeOf(text: string): number {
  return Date.parse(`${text.trim().replace(' ', 'T')}Z`);
}

function readSeries(folder: string, name: string, windows: readonly [string, string][]): NabSeries {
  const lines = readFileSync(join(folder, 'data', name), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  const times = new Float64Array(lines.length);
  const values = new Float64Array(lines.length);
  lines.forEach((line, i) => {
    const comma = line.indexOf(',');
    times[i] = timeOf(line.slice(0, comma));
    values[i] = Number(line.slice(comma + 1));
  });
  return { name, times, values, windows: windows.map(([from, to]) => [timeOf(from), timeOf(to)] as const) };
}

/** Every labelled series of the corpus, in the order of their names. */
export function readNab(folder: string): NabSeries[] {
  const labels = JSON.parse(readFileSync(join(folder, 'labels', 'combined_windows.json'), 'utf8')) as Record<string, [string, string][]>;
  return Object.keys(labels)
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => readSeries(folder, name, labels[name]));
}

/** The weights of each profile. */
export function readNabProfiles(folder: string): Record<NabProfileName, NabProfile> {
  const read = JSON.parse(readFileSync(join(folder, 'config', 'profiles.json'), 'utf8')) as Record<string, { CostMatrix: NabProfile }>;
  const profiles = {} as Record<NabProfileName, NabProfile>;
  for (const name of NAB_PROFILES) {
    const { tpWeight, fnWeight, fpWeight } = read[name].CostMatrix;
    profiles[name] = { tpWeight, fnWeight, fpWeight };
  }
  return profiles;
}
