/** The form of a pipeline's settings, drawn from the schemas that the server sends. */
import type { JSX } from 'preact';
import type { SettingOption, SettingsView } from '../../../src/core/api.ts';
import { choiceOf, chosenOf, componentOf, isOptional, propertiesOf, shown, writtenOf, type Draft } from './settings-changes.ts';
import { Field, usualOf } from './settings-field.tsx';
import { OpeningRule } from './settings-opening.tsx';

export interface FormProps {
  view: SettingsView;
  draft: Draft;
  enter: (key: string, text: string) => void;
}

const TITLES: Record<SettingOption['group'], [title: string, about: string]> = {
  detect: ['Detection', 'What finds anomalies.'],
  judging: ['Judging', 'What says how odd a session is.'],
  incident: ['Incidents', 'When one opens, when it is over, and whom it concerns. What was learnt is kept.'],
  order: ['Order', 'How long late events are waited for. What was learnt is kept.'],
};
const COMPONENTS: Record<string, string> = { 'detect.detector': 'Detector', 'detect.threshold': 'Threshold', judge: 'Judge', 'judging.threshold': 'Threshold' };
const OPENING = new Set(['incident.open', 'incident.open_on']);

const idOf = (key: string): string => `setting-${key.replaceAll('.', '-')}`;

export function Form({ view, draft, enter }: FormProps): JSX.Element {
  const groups = [...new Set(view.options.map(({ group }) => group))];
  return (
    <>
      {groups.map((group) => {
        const options = view.options.filter((option) => option.group === group);
        const plain = options.filter(({ component, key }) => component === undefined && !OPENING.has(key));
        const [title, about] = TITLES[group];
        return (
          <section key={group} class="card" aria-labelledby={`settings-${group}`}>
            <header class="card-head">
              <h2 id={`settings-${group}`}>{title}</h2>
              <span class="muted">{about}</span>
            </header>
            <div class="settings-group">
              {options.map((option) => option.component !== undefined && <Component key={option.key} of={option} view={view} draft={draft} enter={enter} />)}
              {group === 'incident' && <OpeningRule view={view} draft={draft} enter={enter} />}
              <div class="settings-fields">
                {plain.map((option) => (
                  <Field
                    key={option.key}
                    id={idOf(option.key)}
                    name={option.key.slice(option.key.indexOf('.') + 1)}
                    schema={option.schema}
                    description={option.description}
                    written={option.written === null ? '' : shown(option.value)}
                    usual={shown(option.value) && option.written === null ? shown(option.value) : usualOf(option.schema)}
                    entered={draft[option.key]}
                    fromEnvironment={option.fromEnvironment}
                    enter={(text) => enter(option.key, text)}
                  />
                ))}
              </div>
            </div>
          </section>
        );
      })}
    </>
  );
}

/** A component to choose, what it is good for, and its options. */
function Component({ of, view, draft, enter }: { of: SettingOption } & FormProps): JSX.Element {
  const name = chosenOf(of, draft);
  const choice = choiceOf(view, of, name);
  const id = idOf(of.key);
  const suits = componentOf(of.value).name;
  const was = chosenOf(of, {});
  return (
    <fieldset class={name === was ? 'settings-component' : 'settings-component changed'}>
      <legend>{COMPONENTS[of.key] ?? of.key}</legend>
      <div class="setting">
        <label for={id} class="hidden">
          {COMPONENTS[of.key] ?? of.key}
        </label>
        <select id={id} value={name} aria-describedby={`${id}-about`} onChange={(event) => enter(of.key, event.currentTarget.value)}>
          {isOptional(of) && <option value="">{of.written === null ? `the one that suits (${suits})` : 'the one that suits'}</option>}
          {(view.choices[of.component ?? ''] ?? []).map(({ name: each, sigma }) => (
            <option key={each} value={each}>
              {of.component === 'threshold' && sigma ? `${each} – for scores in standard deviations` : each}
            </option>
          ))}
        </select>
        <div id={`${id}-about`} class="settings-about">
          {choice === undefined ? (
            <p>{of.description}</p>
          ) : (
            <>
              <p>{choice.summary}</p>
              {choice.finds !== '' && (
                <p>
                  <b>Finds</b> {choice.finds}
                </p>
              )}
              {choice.use !== '' && (
                <p>
                  <b>Use it</b> {choice.use}
                </p>
              )}
              {choice.warmUp !== '' && (
                <p>
                  <b>Warm-up</b> {choice.warmUp}
                </p>
              )}
            </>
          )}
        </div>
      </div>
      {choice !== undefined && propertiesOf(choice).length > 0 && (
        <div class="settings-fields">
          {propertiesOf(choice).map(([property, schema]) => (
            <Field
              key={`${name}.${property}`}
              id={idOf(`${of.key}.${name}.${property}`)}
              name={property}
              schema={schema}
              description={String(schema.description ?? '')}
              written={writtenOf(of, name, property)}
              usual={usualOf(schema)}
              entered={draft[`${of.key}.${name}.${property}`]}
              fromEnvironment={of.fromEnvironment && was === name && JSON.stringify(componentOf(of.written).options[property] ?? '').includes('${')}
              enter={(text) => enter(`${of.key}.${name}.${property}`, text)}
            />
          ))}
        </div>
      )}
    </fieldset>
  );
}
