import type { JSX } from 'preact';
import { ago, elapsed, iso, time } from '../format.ts';
import { now } from '../state/live.ts';

/** A time of day, with the whole of it as a hint. */
export function Time({ at }: { at: number | null }): JSX.Element {
  return (
    <time dateTime={iso(at)} title={iso(at)}>
      {time(at)}
    </time>
  );
}

/** An age that counts on by itself. */
export function Ago({ at }: { at: number | null }): JSX.Element {
  return (
    <time dateTime={iso(at)} title={iso(at)}>
      {ago(at, now.value)}
    </time>
  );
}

/** How long something has been so; counts on by itself. */
export function For({ since }: { since: number }): JSX.Element {
  return (
    <time dateTime={iso(since)} title={`since ${iso(since)}`}>
      {elapsed(since, now.value)}
    </time>
  );
}
