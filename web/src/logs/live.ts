/** Results that grow while they are looked at: asked anew when there is more, at a calm pace. */
import { effect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, type Query } from '../api/client.ts';
import { useResource, type Resource } from '../api/resource.ts';
import { pipelines } from '../state/live.ts';
import { jobs } from './jobs.ts';
import { routeOf, type Part, type Source } from './source.ts';

/** Shortest time between two questions, ms. */
const CALM = 4000;
/** What takes long to fetch is asked for less often: at most this share of the time is spent on it. */
const SHARE = 0.05;

/** Differs when there is more to see. */
function versionOf({ kind, id }: Source): string {
  if (kind === 'pipeline') {
    const counts = pipelines.value?.find(({ name }) => name === id)?.counts;
    return counts === undefined ? '' : `${counts.events} ${counts.verdicts}`;
  }
  const job = jobs.value?.find((one) => one.id === id);
  return job === undefined ? '' : `${job.state} ${job.read}`;
}

/** Grows when there is more to see, at most once in CALM ms, and not while the page is hidden. */
export function usePulse(source: Source): number {
  const [pulse, setPulse] = useState(0);
  const { kind, id } = source;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = performance.now();
    let seen = '';
    const beat = (): void => {
      timer = undefined;
      if (document.hidden) return void (timer = setTimeout(beat, CALM));
      last = performance.now();
      setPulse((n) => n + 1);
    };
    const stop = effect(() => {
      const version = versionOf({ kind, id });
      if (version === seen) return;
      if (seen !== '') timer ??= setTimeout(beat, Math.max(0, last + CALM - performance.now()));
      seen = version;
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [kind, id]);
  return pulse;
}

/** A part of the results, asked anew with each pulse, later where it takes long. */
export function useResult<T>(source: Source, part: Part, pulse: number, query: Query = {}): Resource<T> {
  const route = routeOf(source, part);
  const asked = useRef({ pulse, notBefore: 0 });
  const resource = useResource(`${route} ${JSON.stringify(query)}`, async (signal) => {
    const began = performance.now();
    const data = await get<T>(route, query, signal);
    const ended = performance.now();
    asked.current.notBefore = ended + (ended - began) / SHARE;
    return data;
  });
  useEffect(() => {
    if (asked.current.pulse === pulse) return undefined;
    const timer = setTimeout(
      () => {
        asked.current.pulse = pulse;
        resource.reload();
      },
      Math.max(0, asked.current.notBefore - performance.now()),
    );
    return () => clearTimeout(timer);
  }, [pulse]);
  return resource;
}
