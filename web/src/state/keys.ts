/** Keyboard: `g o`, `g s`, `g l`, `g i`, `g e`, `g h` go to the pages, `/` searches, `?` shows all. */
import { signal } from '@preact/signals';
import { go, page } from '../routing.ts';
import { nextTheme } from './theme.ts';

export const SHORTCUTS: readonly (readonly [keys: string, does: string])[] = [
  ['g o', 'Overview'],
  ['g s', 'Streams'],
  ['g l', 'Logs'],
  ['g i', 'Incidents'],
  ['g e', 'Settings'],
  ['g h', 'Health'],
  ['/', 'Search streams, templates, sessions'],
  ['↑ ↓ Enter', 'Move in a list, open'],
  ['← → + −', 'Pan and zoom the chart in focus'],
  ['l', 'Chart: back to live'],
  ['t', 'Theme: system, light, dark'],
  ['?', 'This list'],
  ['Esc', 'Close'],
];

const GOTO: Record<string, string> = { o: '#/', s: '#/streams', l: '#/logs', i: '#/incidents', e: '#/settings', h: '#/health' };
const PATIENCE = 1500;

export const helpOpen = signal(false);
/** Grows when the search is asked for; 0 when it need not take the focus. */
export const searchAsked = signal(0);
let wentAt = -Infinity;

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

function search(): void {
  searchAsked.value++;
  if (page.value !== 'streams' && document.querySelector('#search') === null) go('#/streams');
}

export function startKeys(): void {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const after = event.timeStamp - wentAt < PATIENCE;
    wentAt = -Infinity;
    if (after && GOTO[event.key] !== undefined) go(GOTO[event.key]);
    else if (event.key === 'g') wentAt = event.timeStamp;
    else if (event.key === '/') search();
    else if (event.key === '?') helpOpen.value = !helpOpen.value;
    else if (event.key === 't') nextTheme();
    else return;
    event.preventDefault();
  });
}
