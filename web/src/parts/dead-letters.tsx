/** Records that could not become events: why, their bytes, and the way back in. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { DeadLetterView, Page } from '../../../src/core/api.ts';
import { get, post } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { count, plural } from '../format.ts';
import { attempt } from '../state/toasts.ts';
import { Badge } from './badges.tsx';
import { Icon } from './icon.tsx';
import { Failed, Loading } from './states.tsx';
import { Time } from './time.tsx';

const EVERY = 5000;
const FIRST = 50;
const MOST = 500;

async function replay(letters: DeadLetterView[]): Promise<boolean> {
  return attempt(() => post('dead-letters/replay', { ids: letters.map(({ id }) => id) }), `${plural(letters.length, 'record')} will be read again.`);
}

function Letter({ of, chosen, choose }: { of: DeadLetterView; chosen: boolean; choose: (on: boolean) => void }): JSX.Element {
  return (
    <li class="letter">
      <input
        type="checkbox"
        aria-label={`Choose dead letter ${of.id}`}
        checked={chosen}
        disabled={of.replayed}
        onChange={(event) => choose(event.currentTarget.checked)}
      />
      <details>
        <summary>
          <code>{of.code}</code>
          <span class="letter-detail">{of.detail}</span>
          {of.replayed && <Badge tone="quiet">replayed</Badge>}
          <small class="muted">
            {of.pipeline} · <Time at={of.at} />
          </small>
        </summary>
        <pre tabIndex={0}>{of.text}</pre>
        <p class="muted">
          Partition {of.partition}, offset {count(of.offset)}, place {of.place}. {plural(new TextEncoder().encode(of.text).length, 'byte')} shown.
        </p>
      </details>
    </li>
  );
}

export function DeadLetters(): JSX.Element {
  const [limit, setLimit] = useState(FIRST);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const { data, error, reload } = useResource(`dead letters ${limit}`, (signal) => get<Page<DeadLetterView>>('dead-letters', { limit }, signal), EVERY);
  const items = data?.items ?? [];
  const open = items.filter(({ replayed }) => !replayed);
  const picked = open.filter(({ id }) => chosen.has(id));

  const choose = (id: number, on: boolean): void => {
    const next = new Set(chosen);
    if (on) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  const onReplay = async (): Promise<void> => {
    if (!(await replay(picked))) return;
    setChosen(new Set());
    reload();
  };

  return (
    <section class="card" aria-labelledby="letters-title">
      <header class="card-head">
        <h2 id="letters-title">Dead letters</h2>
        <span class="spacer" />
        {open.length > 0 && (
          <button type="button" class="button small" onClick={() => setChosen(picked.length === open.length ? new Set() : new Set(open.map(({ id }) => id)))}>
            {picked.length === open.length ? 'Choose none' : 'Choose all'}
          </button>
        )}
        {open.length > 0 && (
          <button type="button" class="button small" disabled={picked.length === 0} onClick={() => void onReplay()}>
            <Icon name="restart" size={13} /> Replay {picked.length > 0 && count(picked.length)}
          </button>
        )}
      </header>
      {data === undefined && error !== undefined && <Failed error={error} what="The dead letters" retry={reload} />}
      {data === undefined && error === undefined && <Loading rows={2} label="dead letters" />}
      {data !== undefined && items.length === 0 && (
        <p class="muted pad all-well">
          <Icon name="check" /> Every record could be read.
        </p>
      )}
      <ul class="rows letters">
        {items.map((letter) => (
          <Letter key={letter.id} of={letter} chosen={chosen.has(letter.id)} choose={(on) => choose(letter.id, on)} />
        ))}
      </ul>
      {data?.next && limit < MOST && (
        <p class="pad">
          <button type="button" class="button small" onClick={() => setLimit(MOST)}>
            Show more
          </button>
        </p>
      )}
    </section>
  );
}
