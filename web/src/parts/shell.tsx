/** Frame of every page: navigation, connection, theme, messages. */
import type { ComponentChildren, JSX } from 'preact';
import { connection, retryNow } from '../api/connection.ts';
import { count, duration, elapsed, time } from '../format.ts';
import { page } from '../routing.ts';
import { helpOpen, SHORTCUTS } from '../state/keys.ts';
import { announced, now, openCount } from '../state/live.ts';
import { nextTheme, theme, type Theme } from '../state/theme.ts';
import { dismiss, toasts } from '../state/toasts.ts';
import { Dialog } from './dialog.tsx';
import { Icon, type IconName } from './icon.tsx';

const PAGES: readonly (readonly [name: string, path: string, title: string, icon: IconName])[] = [
  ['overview', '#/', 'Overview', 'overview'],
  ['streams', '#/streams', 'Streams', 'streams'],
  ['logs', '#/logs', 'Logs', 'logs'],
  ['incidents', '#/incidents', 'Incidents', 'incidents'],
  ['settings', '#/settings', 'Settings', 'settings'],
  ['health', '#/health', 'Health', 'health'],
];
const THEME_ICONS: Record<Theme, IconName> = { system: 'system', light: 'sun', dark: 'moon' };

function Navigation(): JSX.Element {
  const current = page.value === 'stream' ? 'streams' : page.value;
  return (
    <nav class="nav" aria-label="Pages">
      {PAGES.map(([name, href, title, icon]) => (
        <a key={name} href={href} class="nav-link" aria-current={current === name ? 'page' : undefined}>
          <Icon name={icon} />
          <span>{title}</span>
          {name === 'incidents' && openCount.value > 0 && (
            <span class="nav-count" aria-label={`${openCount.value} open`}>
              {count(openCount.value)}
            </span>
          )}
        </a>
      ))}
    </nav>
  );
}

function ConnectionMark(): JSX.Element {
  const { state } = connection.value;
  const text = state === 'live' ? 'Live' : state === 'connecting' ? 'Connecting' : 'Not connected';
  return (
    <span class={`connection ${state}`} data-connection={state} title={text}>
      <span class="dot" aria-hidden="true" />
      <span class="connection-text">{text}</span>
    </span>
  );
}

function StaleBanner(): JSX.Element | null {
  const { state, lastSeen, retryAt } = connection.value;
  if (state !== 'lost') return null;
  const wait = retryAt === null ? 0 : Math.max(0, retryAt - now.value);
  return (
    <div class="banner" data-stale>
      <Icon name="warn" />
      <span>
        <span role="status">{lastSeen === null ? 'No live connection to the server.' : `Connection lost. What is shown is from ${time(lastSeen)}.`}</span>{' '}
        {lastSeen !== null && `${elapsed(lastSeen, now.value)} old. `}
        {wait > 1000 ? `Next attempt in ${duration(Math.round(wait / 1000) * 1000)}.` : 'Trying again.'}
      </span>
      <button type="button" class="button small" onClick={retryNow}>
        Try now
      </button>
    </div>
  );
}

function Help(): JSX.Element | null {
  if (!helpOpen.value) return null;
  return (
    <Dialog title="Keyboard shortcuts" close={() => (helpOpen.value = false)}>
      <dl class="shortcuts">
        {SHORTCUTS.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

function Messages(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, failed }) => (
        <div key={id} class={failed ? 'toast failed' : 'toast'}>
          <Icon name={failed ? 'warn' : 'check'} />
          <span>{text}</span>
          <button type="button" class="button quiet square small" aria-label="Dismiss" onClick={() => dismiss(id)}>
            <Icon name="close" size={12} />
          </button>
        </div>
      ))}
    </div>
  );
}

export function Shell({ children }: { children: ComponentChildren }): JSX.Element {
  const incident = announced.value;
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={skip}>
        Skip to content
      </a>
      <aside class="side">
        <a class="brand" href="#/" aria-label="Homeostat, overview">
          <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
            <path d="M2 17h7l3-4 3 6 3-13 4 19 2-8h6" />
          </svg>
          <span>Homeostat</span>
        </a>
        <Navigation />
        <div class="side-foot">
          <ConnectionMark />
          <button
            type="button"
            class="button quiet square"
            aria-label={`Theme: ${theme.value}. Change`}
            title={`Theme: ${theme.value} (t)`}
            onClick={nextTheme}
          >
            <Icon name={THEME_ICONS[theme.value]} />
          </button>
          <button
            type="button"
            class="button quiet square help-button"
            aria-label="Keyboard shortcuts"
            title="Keyboard shortcuts (?)"
            onClick={() => (helpOpen.value = true)}
          >
            <Icon name="keyboard" />
          </button>
        </div>
      </aside>
      <main id="main" class="main" tabIndex={-1}>
        <StaleBanner />
        {children}
      </main>
      <Messages />
      <div class="hidden" aria-live="assertive" data-announcer>
        {incident && `Incident: ${incident.summary}`}
      </div>
      <Help />
    </div>
  );
}

/** The address holds the route, so a plain fragment link would leave the page. */
function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#main')?.focus();
}
