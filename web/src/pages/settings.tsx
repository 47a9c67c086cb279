/** Settings of a pipeline: detector, threshold and rules, changed while it runs and kept in its configuration file. Loaded when it is opened. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SettingsApplied, SettingsPreview, SettingsView } from '../../../src/core/api.ts';
import { ApiError, get, post, put } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { Icon } from '../parts/icon.tsx';
import { ApplyCard } from '../parts/settings-apply.tsx';
import { changesOf, type Draft } from '../parts/settings-changes.ts';
import { Form } from '../parts/settings-form.tsx';
import { History } from '../parts/settings-history.tsx';
import { Trial } from '../parts/settings-try.tsx';
import { Empty, Failed, FirstSteps, Loading } from '../parts/states.tsx';
import { go, link, route } from '../routing.ts';
import { pipelines } from '../state/live.ts';
import { toast } from '../state/toasts.ts';
import '../style/settings.css';

/** Waits until nobody types any more, ms. */
const PAUSE = 250;

export function Settings(): JSX.Element {
  const known = pipelines.value;
  const [, name] = route.value.path;
  if (known === null) return <Loading rows={8} label="settings" />;
  if (known.length === 0) return <FirstSteps />;
  const pipeline = name ?? known[0].name;
  return (
    <div class="page">
      <div class="page-head">
        <h1>Settings</h1>
        <label class="select">
          <span>Pipeline</span>
          <select value={pipeline} onChange={(event) => go(link(['settings', event.currentTarget.value]))}>
            {known.map(({ name: each }) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      </div>
      {known.some(({ name: each }) => each === pipeline) ? (
        <Pipeline key={pipeline} name={pipeline} />
      ) : (
        <Empty icon="search" title={`There is no pipeline “${pipeline}”`}>
          <p>Choose one above.</p>
        </Empty>
      )}
    </div>
  );
}

const pathOf = (name: string): string => `pipelines/${encodeURIComponent(name)}/settings`;

function Pipeline({ name }: { name: string }): JSX.Element {
  const { data, error, reload } = useResource(`settings ${name}`, (signal) => get<SettingsView>(pathOf(name), {}, signal));
  const who = useResource('session', (signal) => get<{ role: string; name: string }>('session', {}, signal));
  const inForce = pipelines.value?.find((each) => each.name === name)?.config;
  const seen = useRef(inForce);
  useEffect(() => {
    // Somebody else may have changed it.
    if (seen.current !== inForce) reload();
    seen.current = inForce;
  }, [inForce]);
  if (data === undefined) return error === undefined ? <Loading rows={8} label="settings" /> : <Failed error={error} what="The settings" retry={reload} />;
  return <Editor view={data} isOperator={who.data === undefined || who.data.role === 'operator'} reload={reload} />;
}

function Editor({ view, isOperator, reload }: { view: SettingsView; isOperator: boolean; reload: () => void }): JSX.Element {
  const [draft, setDraft] = useState<Draft>({});
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>();
  const changes = changesOf(view, draft);
  const count = Object.keys(changes).length;
  const canChange = isOperator && view.state === 'ready' && !busy;
  const preview = usePreview(view, JSON.stringify(changes), isOperator && view.state === 'ready' && count > 0);
  const enter = (key: string, text: string): void => setDraft((before) => ({ ...before, [key]: text }));
  const ask = async (work: () => Promise<SettingsApplied>, said: string): Promise<void> => {
    setBusy(true);
    setFailed(undefined);
    try {
      const { epoch } = await work();
      setDraft({});
      toast(epoch === null ? `${said} It takes force as soon as the engine comes to it.` : `${said} In force since checkpoint ${epoch}.`);
    } catch (thrown) {
      setFailed(thrown);
    }
    setBusy(false);
    reload();
  };
  const path = pathOf(view.pipeline);
  const apply = (): Promise<void> => ask(() => put<SettingsApplied>(path, { changes }, view.revision), 'Applied and kept in the file.');
  const step = (direction: 'undo' | 'redo'): Promise<void> =>
    ask(() => post<SettingsApplied>(`${path}/${direction}`), direction === 'undo' ? 'The last change is taken back.' : 'The change is made again.');
  const discard = (): void => {
    setDraft({});
    setFailed(undefined);
  };
  const canApply = canChange && count > 0 && preview.problems.length === 0;
  return (
    <>
      <p class="muted settings-file">
        {view.file === '' ? 'No configuration file' : <code>{view.file}</code>} · configuration <code>{view.config}</code> since checkpoint {view.epoch}
      </p>
      {!isOperator && <Notice>You may look at settings. To change them, sign in with a token of the role operator.</Notice>}
      {view.state !== 'ready' && <Notice>{view.reason}</Notice>}
      <form
        class="settings"
        onSubmit={(event) => {
          event.preventDefault();
          if (canApply) void apply();
        }}
      >
        <fieldset class="settings-form" disabled={!canChange}>
          <Form view={view} draft={draft} enter={enter} />
        </fieldset>
        <div class="settings-side">
          <ApplyCard
            view={view}
            count={count}
            preview={preview}
            failed={failed}
            busy={busy}
            canChange={canChange}
            canApply={canApply}
            discard={Object.keys(draft).length > 0 ? discard : undefined}
            step={(direction) => void step(direction)}
          />
          <Trial view={view} draft={draft} />
        </div>
      </form>
      <History pipeline={view.pipeline} revision={`${view.revision} ${view.undo?.id ?? 0}`} />
    </>
  );
}

function Notice({ children }: { children: string }): JSX.Element {
  return (
    <div class="settings-notice" role="note">
      <Icon name="warn" /> <span>{children}</span>
    </div>
  );
}

const NOTHING: SettingsPreview = { problems: [], diff: '', warmsUp: [], config: '' };

/** What the server says of the changes, a moment after they were entered. */
function usePreview(view: SettingsView, changes: string, wanted: boolean): SettingsPreview {
  const [shown, setShown] = useState<{ of: string; preview: SettingsPreview }>({ of: '', preview: NOTHING });
  const question = wanted ? `${view.revision} ${changes}` : '';
  useEffect(() => {
    if (question === '') return undefined;
    let current = true;
    const say = (preview: SettingsPreview): void => void (current && setShown({ of: question, preview }));
    const timer = setTimeout(() => {
      post<SettingsPreview>(`${pathOf(view.pipeline)}/preview`, { changes: JSON.parse(changes) as object }).then(say, (error: unknown) => {
        const { code, mend } = error instanceof ApiError ? error : { code: '', mend: '' };
        say({ ...NOTHING, problems: [{ code, message: error instanceof Error ? error.message : String(error), mend }] });
      });
    }, PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [question]);
  return question === '' ? NOTHING : shown.preview;
}
