/** The streams with the highest scores, each with its last minutes as a small line. */
import type { JSX } from 'preact';
import type { Page, SeriesStatus } from '../../../src/core/api.ts';
import type { Range } from '../../../src/core/contracts.ts';
import { get } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { score, value } from '../format.ts';
import { streamLink } from '../routing.ts';
import { Icon } from './icon.tsx';
import { Failed, Loading } from './states.tsx';
import { Sparkline } from './sparkline.tsx';

const SHOWN = 8;
const EVERY = 5000;
const SPAN = 300_000;
const POINTS = 60;

interface Watched {
  status: SeriesStatus;
  range: Range | null;
}

async function load(signal: AbortSignal): Promise<Watched[]> {
  const { items } = await get<Page<SeriesStatus>>('series', { sort: 'score', limit: SHOWN }, signal);
  return Promise.all(items.map(async (status) => ({ status, range: await rangeOf(status, signal) })));
}

async function rangeOf({ pipeline, key, time }: SeriesStatus, signal: AbortSignal): Promise<Range | null> {
  if (time === null) return null;
  return get<Range>(`series/${encodeURIComponent(pipeline)}/range`, { key, from: time - SPAN, to: time + 1, points: POINTS }, signal).catch(() => null);
}

export function WatchList(): JSX.Element {
  const { data, error, reload } = useResource('watch-list', load, EVERY);
  return (
    <section class="card" aria-labelledby="watch-title">
      <header class="card-head">
        <h2 id="watch-title">Highest scores now</h2>
        <a href="#/streams">All streams</a>
      </header>
      {data === undefined && error !== undefined && <Failed error={error} what="The list" retry={reload} />}
      {data === undefined && error === undefined && <Loading rows={5} label="streams" />}
      {data?.length === 0 && <p class="muted pad">No stream has sent anything yet.</p>}
      {data !== undefined && data.length > 0 && (
        <ul class="watch">
          {data.map(({ status, range }) => (
            <li key={`${status.pipeline}/${status.key}`}>
              <a href={streamLink(status.pipeline, status.key)} class={status.anomalous ? 'watch-row anomalous' : 'watch-row'}>
                <span class="watch-name">
                  <b>{status.key}</b>
                  <small>{status.pipeline}</small>
                </span>
                <span class="watch-line">
                  {range !== null && <Sparkline values={range.mean} marks={range.anomalous} label={`Last five minutes of ${status.key}`} />}
                </span>
                <span class="watch-figure">
                  <b>{value(status.value, status.unit)}</b>
                  <small>
                    {status.anomalous && <Icon name="warn" size={12} />}
                    {status.warmup ? 'warming up' : `score ${score(status.score)}`}
                    {status.anomalous && <span class="hidden">, anomalous</span>}
                  </small>
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
