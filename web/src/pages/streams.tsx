/** Every stream: search, sort, ten thousand rows in a virtual list that the keyboard moves through. */
import { untracked } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { SeriesStatus } from '../../../src/core/api.ts';
import { generation, on } from '../api/connection.ts';
import { ago, count, labels, plural, score, value } from '../format.ts';
import { go, link, replace, route, streamLink } from '../routing.ts';
import { now, pipelines } from '../state/live.ts';
import { searchAsked } from '../state/keys.ts';
import { SeriesStore, type Entry, type Sort } from '../state/series-store.ts';
import { Icon } from '../parts/icon.tsx';
import { Empty, Failed, FirstSteps, Loading, PushExample } from '../parts/states.tsx';
import { VirtualList } from '../parts/virtual-list.tsx';

const ROW = 40;
const WAIT = 150;
/** How often figures and order change in view, ms. */
const REFRESH = 1000;

function Meter({ of }: { of: SeriesStatus }): JSX.Element {
  const share = of.score === null || !of.threshold ? 0 : Math.max(0, Math.min(1, of.score / of.threshold / 2));
  return (
    <span class={of.anomalous ? 'meter anomalous' : 'meter'} aria-hidden="true">
      <span style={{ width: `${(share * 100).toFixed(0)}%` }} />
    </span>
  );
}

function Row({ of }: { of: SeriesStatus }): JSX.Element {
  const state = of.anomalous ? 'Anomalous' : of.warmup ? 'Warming up' : 'Normal';
  return (
    <a class="stream-row" href={streamLink(of.pipeline, of.key)} tabIndex={-1}>
      <span role="gridcell" class={`stream-state ${of.anomalous ? 'bad' : of.warmup ? 'quiet' : 'good'}`} title={state}>
        <Icon name={of.anomalous ? 'incidents' : of.warmup ? 'dots' : 'check'} size={13} />
        <span class="hidden">{state}</span>
      </span>
      <span role="gridcell" class="stream-name">
        <b>{of.key}</b>
        <small>{labels(of.labels)}</small>
      </span>
      <span role="gridcell" class="stream-pipeline">
        {of.pipeline}
      </span>
      <span role="gridcell" class="stream-value">
        {value(of.value, of.unit)}
      </span>
      <span role="gridcell" class="stream-score">
        {of.warmup ? <span class="muted">warm-up</span> : score(of.score)}
        <Meter of={of} />
      </span>
      <span role="gridcell" class="stream-limit">
        {score(of.threshold)}
      </span>
      <span role="gridcell" class="stream-age">
        {untracked(() => ago(of.time, now.value))}
      </span>
    </a>
  );
}

const keyOf = ({ status }: Entry): string => `${status.pipeline}/${status.key}`;
const renderRow = ({ status }: Entry): JSX.Element => <Row of={status} />;
const openRow = ({ status }: Entry): void => go(streamLink(status.pipeline, status.key));

/** Loads, updates and orders while the page is in view. */
function useStore(pipeline: string, search: string, sort: Sort): SeriesStore {
  const store = useMemo(() => new SeriesStore(), []);
  const view = useRef({ search, sort });
  view.current = { search, sort };
  const current = generation.value;

  useEffect(() => {
    void store.load(pipeline, '', () => store.arrange(view.current.search, view.current.sort));
    const stop = on('series', (event) => store.update(event.items, pipeline));
    return () => {
      stop();
      store.stop();
    };
  }, [store, pipeline, current]);

  const loading = store.loading.value;
  useEffect(() => store.arrange(view.current.search, sort), [store, sort]);
  useEffect(() => {
    store.filter(search);
    if (loading || store.covers(search)) return undefined;
    const timer = setTimeout(() => void store.load(pipeline, search, () => store.arrange(view.current.search, view.current.sort)), WAIT);
    return () => clearTimeout(timer);
  }, [store, pipeline, search, loading]);

  useEffect(() => {
    const timer = setInterval(() => {
      // Rows must not move under the pointer or the active row of the keyboard.
      const busy = document.querySelector('.virtual:hover, .virtual:focus-within') !== null;
      if (busy) store.refresh();
      else store.arrange(view.current.search, view.current.sort);
    }, REFRESH);
    return () => clearInterval(timer);
  }, [store]);
  return store;
}

function Nothing({ store, search, pipeline }: { store: SeriesStore; search: string; pipeline: string }): JSX.Element {
  if (store.error.value !== undefined)
    return (
      <Failed error={store.error.value} what="The list of streams" retry={() => void store.load(pipeline, search, () => store.arrange(search, 'score'))} />
    );
  if (store.loading.value) return <Loading rows={10} label="streams" />;
  if (search !== '') {
    return (
      <Empty icon="search" title={`No stream matches “${search}”`}>
        <p>The search looks at keys, labels and pipelines; several words must all match.</p>
      </Empty>
    );
  }
  const push = pipelines.value?.find(({ source, name }) => source.startsWith('http') && (pipeline === '' || pipeline === name));
  if (pipelines.value?.length === 0) return <FirstSteps />;
  return (
    <Empty icon="streams" title="No stream has sent anything yet">
      {push === undefined ? <p>Streams appear here with their first event. The Health page says how each source is.</p> : <p>Push the first events:</p>}
      {push !== undefined && <PushExample pipeline={push.name} />}
    </Empty>
  );
}

export function Streams(): JSX.Element {
  const { query } = route.value;
  const pipeline = query.get('pipeline') ?? '';
  const sort: Sort = query.get('sort') === 'key' ? 'key' : 'score';
  const [search, setSearch] = useState(query.get('search') ?? '');
  const store = useStore(pipeline, search, sort);
  const input = useRef<HTMLInputElement>(null);
  const asked = searchAsked.value;
  useEffect(() => {
    if (asked > 0) input.current?.focus();
  }, [asked]);
  useEffect(() => () => void (searchAsked.value = 0), []);
  const rows = store.rows.value;
  const anomalous = rows.reduce((sum, row) => sum + (row.status.anomalous ? 1 : 0), 0);

  const change = (changed: Record<string, string>): void => replace(link(['streams'], { pipeline, sort: sort === 'key' ? 'key' : '', search, ...changed }));

  return (
    <div class="page page-fill">
      <div class="page-head">
        <h1>Streams</h1>
        <p class="muted" role="status">
          {plural(rows.length, 'stream')}
          {search !== '' && ` of ${count(store.total.value)}`} · {count(anomalous)} anomalous
          {store.loading.value && rows.length > 0 && ' · loading more'}
        </p>
      </div>
      <div class="toolbar">
        <label class="search">
          <Icon name="search" />
          <span class="hidden">Search streams</span>
          <input
            ref={input}
            id="search"
            type="search"
            placeholder="Search key, label, pipeline"
            autocomplete="off"
            spellcheck={false}
            value={search}
            onInput={(event) => {
              setSearch(event.currentTarget.value);
              change({ search: event.currentTarget.value });
            }}
            onKeyDown={(event) => (event.key === 'ArrowDown' || event.key === 'Enter') && document.querySelector<HTMLElement>('.virtual')?.focus()}
          />
          <kbd>/</kbd>
        </label>
        <label class="select">
          <span>Pipeline</span>
          <select value={pipeline} onChange={(event) => change({ pipeline: event.currentTarget.value })}>
            <option value="">All</option>
            {(pipelines.value ?? []).map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <div class="segments" role="group" aria-label="Sort by">
          {(['score', 'key'] as const).map((by) => (
            <button key={by} type="button" aria-pressed={sort === by} onClick={() => change({ sort: by === 'key' ? 'key' : '' })}>
              {by === 'score' ? 'Score' : 'Key'}
            </button>
          ))}
        </div>
      </div>
      {rows.length === 0 ? (
        <Nothing store={store} search={search} pipeline={pipeline} />
      ) : (
        <div class="card list-card">
          <div class="stream-row stream-head" aria-hidden="true">
            <span />
            <span>Stream</span>
            <span class="stream-pipeline">Pipeline</span>
            <span class="stream-value">Value</span>
            <span class="stream-score">Score</span>
            <span class="stream-limit">Threshold</span>
            <span class="stream-age">Last event</span>
          </div>
          <VirtualList rows={rows} rowHeight={ROW} label="Streams" keyOf={keyOf} render={renderRow} open={openRow} />
        </div>
      )}
    </div>
  );
}
