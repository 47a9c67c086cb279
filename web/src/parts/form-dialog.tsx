/** A dialog with a form: what it says, why in words, and one button that does it. */
import type { ComponentChildren, JSX } from 'preact';
import { messageOf } from '../api/client.ts';
import type { Resource } from '../api/resource.ts';
import { attempt } from '../state/toasts.ts';
import { Dialog } from './dialog.tsx';
import { Loading } from './states.tsx';

interface FormDialogProps {
  title: string;
  /** The words on the button. */
  label: string;
  /** What is said once it is done. */
  told: string;
  /** False while it is not known what it would do. */
  ready?: boolean;
  /** The last field, for words of a person; it is sent as `words`. */
  words: { label: string; placeholder: string; rows?: number; autofocus?: boolean };
  close: () => void;
  done: () => void;
  /** Does it; what it throws is shown, and the dialog stays. */
  send: (words: string, form: FormData) => Promise<unknown>;
  children: ComponentChildren;
}

export function FormDialog({ title, label, told, ready = true, words, close, done, send, children }: FormDialogProps): JSX.Element {
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    if (!(await attempt(() => send(String(form.get('words') ?? '').trim(), form), told))) return;
    close();
    done();
  };
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        {children}
        <label>
          {words.label}
          <textarea name="words" rows={words.rows ?? 2} maxLength={2000} placeholder={words.placeholder} autofocus={words.autofocus} />
        </label>
        <footer>
          <button type="button" class="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={!ready}>
            {label}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

/** What an answer would have changed, while it is asked for, when it is known, and when it could not be found out. */
export function WouldChange<T>({ of: { data, error, loading }, rows, show }: { of: Resource<T>; rows: number; show: (data: T) => JSX.Element }): JSX.Element {
  return (
    <div aria-live="polite" aria-busy={loading}>
      {data !== undefined && show(data)}
      {data === undefined && error === undefined && <Loading rows={rows} label="what it would have changed" />}
      {data === undefined && error !== undefined && <p class="problem">{messageOf(error)}</p>}
    </div>
  );
}
