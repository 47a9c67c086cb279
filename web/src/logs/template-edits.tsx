/** Name, pin, ignore, merge and split a template. All of it counts from the next line on. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { LogTemplate } from '../../../src/core/api.ts';
import type { TemplateEdit } from '../../../src/core/contracts.ts';
import { post } from '../api/client.ts';
import { count } from '../format.ts';
import { attempt } from '../state/toasts.ts';
import { routeOf, type Source } from './source.ts';
import { alike, wordsOf } from './template-list.ts';
import { TemplateText } from './words.tsx';

const OFFERED = 5;
/** A commit later the list tells of it. */
const COMMIT = 1200;

interface EditsProps {
  of: LogTemplate;
  all: readonly LogTemplate[];
  source: Source;
  reload: () => void;
  show: (id: number) => void;
}

type Say = (edit: TemplateEdit, done: string) => Promise<boolean>;

function Name({ of, say }: { of: LogTemplate; say: Say }): JSX.Element {
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget as HTMLFormElement).get('name') ?? '').trim();
    await say({ do: 'name', template: of.id, name }, name === '' ? 'The name is taken away.' : `Named ${name}.`);
  };
  return (
    <form class="edit-name" onSubmit={(event) => void submit(event)}>
      <label>
        Name
        <input name="name" type="text" maxLength={120} defaultValue={of.name ?? ''} placeholder="What people call it" />
      </label>
      <button type="submit" class="button">
        Save
      </button>
    </form>
  );
}

function Switches({ of, say }: { of: LogTemplate; say: Say }): JSX.Element {
  return (
    <div class="toolbar">
      <button
        type="button"
        class="button"
        aria-pressed={of.pinned}
        title="A pinned template is kept when room is needed, and stands first"
        onClick={() => void say({ do: 'pin', template: of.id, pinned: !of.pinned }, of.pinned ? 'No longer pinned.' : 'Pinned: it is kept for good.')}
      >
        {of.pinned ? 'Unpin' : 'Pin'}
      </button>
      <button
        type="button"
        class="button"
        aria-pressed={of.ignored}
        title="Lines of an ignored template count for nothing"
        onClick={() =>
          void say({ do: 'ignore', template: of.id, ignored: !of.ignored }, of.ignored ? 'It counts again.' : 'Ignored: its lines count for nothing.')
        }
      >
        {of.ignored ? 'Count it again' : 'Ignore'}
      </button>
    </div>
  );
}

function Merge({ of, all, say, show }: { of: LogTemplate; all: readonly LogTemplate[]; say: Say; show: (id: number) => void }): JSX.Element {
  const [search, setSearch] = useState('');
  const merge = async (into: LogTemplate): Promise<void> => {
    if (await say({ do: 'merge', templates: [of.id], into: into.id }, `From the next line on #${of.id} counts as #${into.id}.`)) show(into.id);
  };
  return (
    <details class="edit">
      <summary>Merge into another template</summary>
      <input
        type="search"
        aria-label="Search the template to merge into"
        placeholder="The most alike are below; or search"
        value={search}
        onInput={(event) => setSearch(event.currentTarget.value)}
      />
      <ul class="rows">
        {alike(of, all, search, OFFERED).map((other) => (
          <li key={other.id} class="edit-choice">
            <span>
              <TemplateText of={other.text} /> <small class="muted">{count(other.count)} lines</small>
            </span>
            <button type="button" class="button small" aria-label={`Merge into template ${other.id}`} onClick={() => void merge(other)}>
              Merge
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Values of the parameter that is all of word `at`, where the word is nothing else. */
function examplesOf(of: LogTemplate, words: readonly string[], at: number): string[] {
  if (words[at] !== '<*>') return [];
  const before = words.slice(0, at).reduce((sum, word) => sum + word.split('<*>').length - 1, 0);
  return of.parameters[before]?.examples ?? [];
}

function Split({ of, say }: { of: LogTemplate; say: Say }): JSX.Element | null {
  const words = wordsOf(of.text);
  const places = words.flatMap((word, i) => (word.includes('<*>') ? [i] : []));
  const [word, setWord] = useState(places[0] ?? 0);
  const [text, setText] = useState('');
  if (places.length === 0) return null;
  const values = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const examples = examplesOf(of, words, word).filter((example) => example !== '' && !values.includes(example));
  const split = async (): Promise<void> => {
    if (
      await say({ do: 'split', template: of.id, word, values }, `Lines with ${values.length === 1 ? 'this value' : 'these values'} get templates of their own.`)
    )
      setText('');
  };
  return (
    <details class="edit">
      <summary>Split by the value of a word</summary>
      <div class="stack">
        <div class="edit-words" role="group" aria-label="Word to split by">
          {words.map((part, i) =>
            places.includes(i) ? (
              <button key={i} type="button" class="button small" aria-pressed={word === i} aria-label={`Word ${i + 1}: ${part}`} onClick={() => setWord(i)}>
                {part}
              </button>
            ) : (
              <code key={i}>{part}</code>
            ),
          )}
        </div>
        <label class="edit-values">
          Values, a line each
          <textarea rows={3} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        {examples.length > 0 && (
          <p class="toolbar">
            {examples.map((example) => (
              <button key={example} type="button" class="button small" onClick={() => setText([...values, example].join('\n'))}>
                {example}
              </button>
            ))}
          </p>
        )}
        <button type="button" class="button" disabled={values.length === 0} onClick={() => void split()}>
          Split {values.length > 0 && `off ${count(values.length)}`}
        </button>
      </div>
    </details>
  );
}

export function TemplateEdits({ of, all, source, reload, show }: EditsProps): JSX.Element {
  const say: Say = async (edit, done) => {
    const taken = await attempt(() => post(routeOf(source, 'templates/edits'), edit), done);
    if (taken) setTimeout(reload, COMMIT);
    return taken;
  };
  return (
    <section class="stack edits" aria-label="Edit">
      <h3>What you say of it</h3>
      <Name of={of} say={say} />
      <Switches of={of} say={say} />
      <Merge of={of} all={all} say={say} show={show} />
      <Split key={of.text} of={of} say={say} />
    </section>
  );
}
