/** Sessions with their reasons: search, one pattern, anomalous ones or all. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { LogSession } from '../../../src/core/api.ts';
import { count, plural } from '../format.ts';
import { go, replace, route } from '../routing.ts';
import { Icon } from '../parts/icon.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { VirtualList } from '../parts/virtual-list.tsx';
import { Search } from './search.tsx';
import { SessionRow } from './session-row.tsx';
import { SessionStore } from './session-store.ts';
import { resultsLink, routeOf, sessionLink, type Source } from './source.ts';
import { Downloads } from './words.tsx';

const ROW = 52;
const WAIT = 250;
/** Sessions a page. */
const PAGE = 200;

/** What was typed, once nobody types any more. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), WAIT);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

const busyHere = (): boolean => document.querySelector('.virtual:hover, .virtual:focus-within') !== null;

function useStore(source: Source, pulse: number, search: string, pattern: string, all: boolean, sort: string): SessionStore {
  const path = routeOf(source, 'sessions');
  const settled = useSettled(search);
  const store = useMemo(
    () => new SessionStore(path, { anomalous: all ? null : true, pattern, search: settled, sort, limit: PAGE }),
    [path, settled, pattern, all, sort],
  );
  useEffect(() => {
    void store.load();
    return () => store.stop();
  }, [store]);
  useEffect(() => {
    if (pulse > 0) void store.look(busyHere());
  }, [pulse, store]);
  return store;
}

function Nothing({ store, filtered, all }: { store: SessionStore; filtered: boolean; all: boolean }): JSX.Element {
  if (store.error.value !== undefined) return <Failed error={store.error.value} what="The list of sessions" retry={() => void store.load()} />;
  if (store.loading.value || !store.complete.value) return <Loading rows={8} label="sessions" />;
  if (filtered) {
    return (
      <Empty icon="search" title="No session matches">
        <p>The search looks at identifiers and reasons.{!all && ' Only anomalous sessions are shown.'}</p>
      </Empty>
    );
  }
  return (
    <Empty icon="check" title={all ? 'No session was judged yet' : 'Nothing anomalous so far'}>
      <p>{all ? 'Sessions appear here once they were judged.' : 'Sessions that are odd appear here with their reasons.'}</p>
    </Empty>
  );
}

export function Sessions({ source, pulse }: { source: Source; pulse: number }): JSX.Element {
  const { query } = route.value;
  const pattern = query.get('pattern') ?? '';
  const all = query.get('all') === '1';
  const sort = query.get('sort') === 'score' ? 'score' : 'time';
  const [search, setSearch] = useState(query.get('search') ?? '');
  const store = useStore(source, pulse, search, pattern, all, sort);
  const rows = store.rows.value;
  const change = (changed: Record<string, string>): void =>
    replace(resultsLink(source, 'sessions', { search, pattern, all: all ? '1' : '', sort: sort === 'score' ? sort : '', ...changed }));
  const render = (row: LogSession): JSX.Element => <SessionRow of={row} source={source} tabIndex={-1} />;
  return (
    <>
      <div class="toolbar">
        <Search
          label="Search sessions"
          placeholder="Search identifier, reason"
          value={search}
          change={(text) => {
            setSearch(text);
            change({ search: text });
          }}
        />
        <div class="segments" role="group" aria-label="Which sessions">
          <button type="button" aria-pressed={!all} onClick={() => change({ all: '' })}>
            Anomalous
          </button>
          <button type="button" aria-pressed={all} onClick={() => change({ all: '1' })}>
            All
          </button>
        </div>
        <div class="segments" role="group" aria-label="Sort by">
          <button type="button" aria-pressed={sort === 'time'} onClick={() => change({ sort: '' })}>
            Newest
          </button>
          <button type="button" aria-pressed={sort === 'score'} onClick={() => change({ sort: 'score' })}>
            Score
          </button>
        </div>
        {pattern !== '' && (
          <button type="button" class="button small" title={pattern} onClick={() => change({ pattern: '' })}>
            One pattern <Icon name="close" size={12} />
          </button>
        )}
        {store.fresh.value > 0 && (
          <button type="button" class="button small" onClick={() => void store.load()}>
            <Icon name="restart" size={13} /> Show {plural(store.fresh.value, 'newer one')}
          </button>
        )}
        <span class="muted" role="status">
          {count(rows.length)}
          {store.complete.value ? '' : '+'} {all ? 'judged' : 'anomalous'}
          {store.loading.value && rows.length > 0 && ' · loading more'}
        </span>
        <span class="spacer" />
        <Downloads source={source} what="sessions" />
      </div>
      {rows.length === 0 ? (
        <Nothing store={store} filtered={search !== '' || pattern !== ''} all={all} />
      ) : (
        <div class="card list-card">
          <VirtualList
            key={`${pattern} ${all} ${sort}`}
            rows={rows}
            rowHeight={ROW}
            label="Sessions"
            keyOf={({ verdict, session }) => `${verdict} ${session}`}
            render={render}
            open={({ session }) => go(sessionLink(source, session))}
            nearEnd={() => void store.more()}
          />
          {store.error.value !== undefined && (
            <p class="reason list-foot" role="alert">
              The next sessions could not be read.{' '}
              <button type="button" class="button small" onClick={() => void store.more()}>
                Try again
              </button>
            </p>
          )}
        </div>
      )}
    </>
  );
}
