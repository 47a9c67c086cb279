/** Who changed what and when, with the way back. */
import type { JSX } from 'preact';
import type { Page, SettingsRevision } from '../../../src/core/api.ts';
import { get } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { Badge } from './badges.tsx';
import { Diff } from './settings-diff.tsx';
import { Failed } from './states.tsx';
import { Time } from './time.tsx';

const KINDS = { change: ['accent', 'Change'], undo: ['quiet', 'Undo'], redo: ['quiet', 'Redo'] } as const;

/** `revision` names the content of the file: another one, and the list is fetched anew. */
export function History({ pipeline, revision }: { pipeline: string; revision: string }): JSX.Element {
  const { data, error, reload } = useResource(`revisions ${pipeline} ${revision}`, (signal) =>
    get<Page<SettingsRevision>>(`pipelines/${encodeURIComponent(pipeline)}/settings/revisions`, {}, signal),
  );
  return (
    <section class="card" aria-labelledby="settings-history">
      <header class="card-head">
        <h2 id="settings-history">Changes</h2>
        <span class="muted">the newest first; the last 50 are kept</span>
      </header>
      {error !== undefined && data === undefined && <Failed error={error} what="The list of changes" retry={reload} />}
      {data?.items.length === 0 && <p class="pad muted">Nothing was changed yet.</p>}
      <ul class="rows">
        {(data?.items ?? []).map(({ id, at, by, kind, what, diff }) => (
          <li key={id} class="settings-revision">
            <details>
              <summary>
                <Badge tone={KINDS[kind][0]}>{KINDS[kind][1]}</Badge>
                <span class="settings-what">{what}</span>
                <small class="muted">
                  {by} · <Time at={at} />
                </small>
              </summary>
              <Diff text={diff} label={`Difference of change ${id}`} />
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}
