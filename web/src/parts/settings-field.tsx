/** One option of the settings: its field by its kind, what it does, and what holds when it is left empty. */
import type { JSX } from 'preact';
import type { JsonValue } from '../../../src/core/contracts.ts';
import { fieldOf, shown } from './settings-changes.ts';

export interface FieldProps {
  id: string;
  name: string;
  schema: Record<string, JsonValue>;
  description: string;
  /** What the file says; empty where the default holds. */
  written: string;
  /** What holds when nothing is written. */
  usual: string;
  entered: string | undefined;
  fromEnvironment?: boolean;
  enter: (text: string) => void;
}

export function Field({ id, name, schema, description, written, usual, entered, fromEnvironment = false, enter }: FieldProps): JSX.Element {
  const field = fieldOf(schema);
  const text = entered ?? written;
  const isChanged = entered !== undefined && entered.trim() !== written;
  const about = `${id}-about`;
  const hint = field.kind === 'choice' ? '' : field.hint;
  return (
    <div class={isChanged ? 'setting changed' : 'setting'}>
      <label for={id}>
        {name.replaceAll('_', ' ')}
        {isChanged && <span class="setting-mark">changed</span>}
      </label>
      {field.kind === 'choice' ? (
        <select id={id} value={text} aria-describedby={about} onChange={(event) => enter(event.currentTarget.value)}>
          <option value="">{usual === '' ? 'default' : `default (${usual})`}</option>
          {field.values.map((value) => (
            <option key={value}>{value}</option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          type="text"
          inputMode={field.kind === 'number' ? 'decimal' : undefined}
          value={text}
          placeholder={usual}
          autocomplete="off"
          spellcheck={false}
          aria-describedby={about}
          onInput={(event) => enter(event.currentTarget.value)}
        />
      )}
      <small id={about} class="muted">
        {description}
        {hint !== '' && ` (${hint})`}
        {fromEnvironment && ' In the file it comes from the environment.'}
      </small>
    </div>
  );
}

export const usualOf = (schema: Record<string, JsonValue>): string => shown(schema.default);
