/** What the session stage keeps, under which keys. */
import type { Head } from './head.ts';
import type { Held } from './held.ts';
import type { Page } from './page.ts';

/** Keys of the states: where it stands, lines held back, and from here on pages of sessions. */
export const HEAD = 0;
export const HELD = 1;
export const PAGES = 2;

/** Version of the snapshots. */
export const SESSION_VERSION = 2;

export type SessionState = Head | Held | Page;
