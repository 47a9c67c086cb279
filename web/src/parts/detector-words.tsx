/** What the detector of a stream has found out about it, in its own words. */
import type { JSX } from 'preact';
import type { DetectorView } from '../../../src/core/api.ts';
import { get } from '../api/client.ts';
import { useResource } from '../api/resource.ts';

const EVERY = 10_000;

export function DetectorWords({ pipeline, series }: { pipeline: string; series: string }): JSX.Element | null {
  const load = (signal: AbortSignal): Promise<DetectorView> => get(`series/${encodeURIComponent(pipeline)}/detector`, { key: series }, signal);
  const { data } = useResource(`${pipeline} ${series}`, load, EVERY);
  if (data === undefined || data.words.length === 0) return null;
  return (
    <section class="card" aria-labelledby="words-title">
      <header class="card-head">
        <h2 id="words-title">What {data.detector} found out</h2>
      </header>
      <ul class="words">
        {data.words.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </section>
  );
}
