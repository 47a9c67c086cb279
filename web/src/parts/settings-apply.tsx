/** What the entered changes would do to the file, and the buttons that do it. */
import type { JSX } from 'preact';
import type { SettingsPreview, SettingsView } from '../../../src/core/api.ts';
import { ApiError, messageOf } from '../api/client.ts';
import { plural } from '../format.ts';
import { Icon } from './icon.tsx';
import { Diff } from './settings-diff.tsx';

interface ApplyProps {
  view: SettingsView;
  /** Number of changes. */
  count: number;
  preview: SettingsPreview;
  /** Why the last attempt failed. */
  failed: unknown;
  busy: boolean;
  canChange: boolean;
  canApply: boolean;
  /** Absent while nothing was entered. */
  discard: (() => void) | undefined;
  step: (direction: 'undo' | 'redo') => void;
}

export function ApplyCard({ view, count, preview, failed, busy, canChange, canApply, discard, step }: ApplyProps): JSX.Element {
  return (
    <section class="card" aria-labelledby="settings-preview">
      <header class="card-head">
        <h2 id="settings-preview">{count === 0 ? 'No change' : plural(count, 'change')}</h2>
      </header>
      <div class="settings-preview" aria-live="polite">
        {count === 0 ? (
          <p class="muted">Change something, and what the file would become is shown here before anything is done.</p>
        ) : (
          <Shown preview={preview} />
        )}
        {failed !== undefined && (
          <p class="settings-problem" role="alert">
            <Icon name="warn" size={13} /> {messageOf(failed)}
            {failed instanceof ApiError && failed.code === 'SETTINGS_MOVED' && ' What is shown now is the file as it is, with what you entered.'}
          </p>
        )}
      </div>
      <footer class="settings-buttons">
        <button type="submit" class="button primary" disabled={!canApply}>
          {busy ? 'Applying …' : 'Apply'}
        </button>
        <button type="button" class="button" disabled={busy || discard === undefined} onClick={discard}>
          Discard
        </button>
        <span class="spacer" />
        <button type="button" class="button" disabled={!canChange || view.undo === null} title={view.undo?.what} onClick={() => step('undo')}>
          Undo last change
        </button>
        {view.redo !== null && (
          <button type="button" class="button" disabled={!canChange} title={view.redo.what} onClick={() => step('redo')}>
            Redo
          </button>
        )}
      </footer>
    </section>
  );
}

function Shown({ preview: { problems, diff, warmsUp } }: { preview: SettingsPreview }): JSX.Element {
  return (
    <>
      {problems.map(({ message, mend }) => (
        <p key={message} class="settings-problem">
          <Icon name="warn" size={13} /> {message} <span class="muted">{mend}</span>
        </p>
      ))}
      {diff !== '' && <Diff text={diff} label="What changes in the file" />}
      {diff !== '' && problems.length === 0 && (
        <p class={warmsUp.length > 0 ? 'settings-warm' : 'muted'}>
          {warmsUp.length > 0 ? 'Every series of the pipeline warms up again: until then it has no score.' : 'What the detector has learnt is kept.'}
        </p>
      )}
    </>
  );
}
