/** What opens an incident: so many of the last values, a duration, or the onset. */
import type { JSX } from 'preact';
import type { SettingOption } from '../../../src/core/api.ts';
import { shown, type Draft } from './settings-changes.ts';
import type { FormProps } from './settings-form.tsx';

const OPEN = 'incident.open';
const ONSET = 'incident.open_on';

const textOf = (option: SettingOption | undefined, draft: Draft): string =>
  draft[option?.key ?? ''] ?? (option === undefined || option.written === null ? '' : shown(option.value));

export function OpeningRule({ view, draft, enter }: FormProps): JSX.Element | null {
  const option = view.options.find(({ key }) => key === OPEN);
  const onset = view.options.find(({ key }) => key === ONSET);
  if (option === undefined) return null;
  const text = textOf(option, draft);
  const length = /"for"\s*:\s*"([^"]*)"/.exec(text)?.[1];
  const kind = textOf(onset, draft) === 'onset' ? 'onset' : length !== undefined ? 'duration' : text === '' ? '' : 'count';
  const [needed = '', of = ''] = kind === 'count' ? text.split(/\s*of\s*/) : [];
  const choose = (next: string): void => {
    enter(ONSET, next === 'onset' ? 'onset' : '');
    enter(OPEN, next === 'count' ? '3 of 5' : next === 'duration' ? '{"for":"30s"}' : '');
  };
  const isChanged = textOf(option, draft) !== textOf(option, {}) || textOf(onset, draft) !== textOf(onset, {});
  const now = onset?.value === 'onset' ? 'at the onset' : shown(option.value) || '3 of 5';
  return (
    <fieldset class={isChanged ? 'settings-component changed' : 'settings-component'}>
      <legend>Opens</legend>
      <div class="settings-rule">
        <label>
          <span class="hidden">What opens an incident</span>
          <select id="setting-incident-open" value={kind} onChange={(event) => choose(event.currentTarget.value)}>
            <option value="">{option.written === null && onset?.written === null ? `as usual (${now})` : 'as usual'}</option>
            <option value="count">when so many of the last values are anomalous</option>
            <option value="duration">when a series stays anomalous for a time</option>
            <option value="onset">at once where an anomaly begins strongly</option>
          </select>
        </label>
        {kind === 'count' && (
          <span class="settings-rule-parts">
            <input
              type="text"
              inputMode="numeric"
              aria-label="Anomalous values needed"
              value={needed}
              onInput={(event) => enter(OPEN, `${event.currentTarget.value} of ${of}`)}
            />
            of the last
            <input
              type="text"
              inputMode="numeric"
              aria-label="Last values looked at"
              value={of}
              onInput={(event) => enter(OPEN, `${needed} of ${event.currentTarget.value}`)}
            />
          </span>
        )}
        {kind === 'duration' && (
          <span class="settings-rule-parts">
            for
            <input
              type="text"
              aria-label="Time that it must last, such as 30s"
              value={length}
              onInput={(event) => enter(OPEN, JSON.stringify({ for: event.currentTarget.value }))}
            />
          </span>
        )}
      </div>
    </fieldset>
  );
}
