/** Where files are dropped or chosen. */
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { messageOf } from '../api/client.ts';
import { Icon } from '../parts/icon.tsx';
import { begin } from './jobs.ts';

const filesOf = (list: FileList | null | undefined): File[] => [...(list ?? [])];

/** Begins all of them; answers what was refused, in words. */
async function beginAll(files: readonly File[], session: string): Promise<string[]> {
  const refused: string[] = [];
  for (const file of files) {
    try {
      await begin(file, session);
    } catch (error) {
      refused.push(`${file.name}: ${messageOf(error)}`);
    }
  }
  return refused;
}

/** `large` while there is nothing else on the page. */
export function DropZone({ large }: { large: boolean }): JSX.Element {
  const [over, setOver] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string[]>([]);
  const [session, setSession] = useState('');
  const input = useRef<HTMLInputElement>(null);

  const take = async (files: readonly File[]): Promise<void> => {
    if (files.length === 0) return;
    setBusy(true);
    setRefused([]);
    setRefused(await beginAll(files, session.trim()));
    setBusy(false);
    if (input.current) input.current.value = '';
  };

  return (
    <section
      class={`card drop-zone${large ? ' large' : ''}${over ? ' over' : ''}`}
      aria-labelledby="drop-title"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => !event.currentTarget.contains(event.relatedTarget as Node | null) && setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void take(filesOf(event.dataTransfer?.files));
      }}
    >
      <span class="empty-icon">
        <Icon name="upload" size={22} />
      </span>
      <div class="drop-words">
        <h2 id="drop-title">{over ? 'Let go to read it' : 'Drop a log file here'}</h2>
        <p class="muted">Of any size, plain or gzip. Its layout, templates and sessions are found without being told; it stays on this server.</p>
        <details class="drop-options">
          <summary>Options</summary>
          <label>
            Session identifier, as a pattern
            <input
              type="text"
              value={session}
              placeholder="found by itself; or blk_-?\d+"
              spellcheck={false}
              onInput={(event) => setSession(event.currentTarget.value)}
            />
          </label>
        </details>
      </div>
      <label class={busy ? 'button primary busy' : 'button primary'}>
        <input ref={input} class="hidden" type="file" multiple disabled={busy} onChange={(event) => void take(filesOf(event.currentTarget.files))} />
        {busy ? 'Asking …' : 'Choose a file'}
      </label>
      {refused.length > 0 && (
        <div class="problem drop-problem" role="alert">
          {refused.map((text) => (
            <p key={text}>{text}</p>
          ))}
        </div>
      )}
    </section>
  );
}
