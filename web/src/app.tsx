import type { JSX } from 'preact';
import { useEffect, useLayoutEffect } from 'preact/hooks';
import { signedOut } from './api/client.ts';
import { want, type Wanted } from './api/connection.ts';
import { Health } from './pages/health.tsx';
import { Incidents } from './pages/incidents.tsx';
import { Overview } from './pages/overview.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { Stream } from './pages/stream.tsx';
import { Streams } from './pages/streams.tsx';
import { Empty } from './parts/states.tsx';
import { lazy } from './parts/lazy.tsx';
import { Shell } from './parts/shell.tsx';
import { page, route, type Route } from './routing.ts';
import { openCount } from './state/live.ts';

/** Loaded when it is first opened. */
const Logs = lazy('The page Logs', async () => (await import('./pages/logs.tsx')).Logs);

const Settings = lazy('The page Settings', async () => (await import('./pages/settings.tsx')).Settings);

interface PageEntry {
  title: string;
  view: () => JSX.Element;
  wants: (route: Route) => Wanted;
}

const PAGES: Record<string, PageEntry> = {
  overview: { title: 'Overview', view: () => <Overview />, wants: () => ({}) },
  streams: { title: 'Streams', view: () => <Streams />, wants: ({ query }) => ({ topic: 'series', pipeline: query.get('pipeline') ?? undefined }) },
  stream: {
    title: 'Stream',
    view: () => <Stream key={route.value.path.join('/')} pipeline={route.value.path[1] ?? ''} series={route.value.path[2] ?? ''} />,
    wants: ({ path }) => ({ topic: 'verdicts', pipeline: path[1], series: path[2] }),
  },
  logs: { title: 'Logs', view: () => <Logs />, wants: () => ({ topic: 'jobs' }) },
  incidents: { title: 'Incidents', view: () => <Incidents id={route.value.path[1] ?? null} />, wants: () => ({}) },
  settings: { title: 'Settings', view: () => <Settings />, wants: () => ({}) },
  health: { title: 'Health', view: () => <Health />, wants: () => ({}) },
};

export function App(): JSX.Element {
  const entry = PAGES[page.value];
  const current = route.value;
  useEffect(() => {
    want(entry?.wants(current) ?? {});
  }, [current, entry]);
  const incidents = openCount.value;
  // Before the page is painted: a tab whose title still names the page before is read out wrongly.
  useLayoutEffect(() => {
    const title = page.value === 'stream' ? current.path[2] : entry?.title;
    document.title = `${incidents > 0 ? `(${incidents}) ` : ''}${title ?? 'Not found'} · Homeostat`;
  });
  if (signedOut.value) return <SignIn />;
  return (
    <Shell>
      {entry?.view() ?? (
        <Empty icon="search" title="There is no such page">
          <p>
            <a href="#/">Go to the overview</a>
          </p>
        </Empty>
      )}
    </Shell>
  );
}
