/** What the detector of the form would have alerted on, over what is stored of one series, beside the one in force. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Comparison, Page, SeriesStatus, SettingsView } from '../../../src/core/api.ts';
import { get, post } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { plural } from '../format.ts';
import { streamLink } from '../routing.ts';
import { trialOf, type Draft } from './settings-changes.ts';
import { Failed } from './states.tsx';

const SHOWN = 50;
const DETECTOR = 'detect.detector';
const NAMES = ['now', 'with the change'];

export function Trial({ view, draft }: { view: SettingsView; draft: Draft }): JSX.Element | null {
  const option = view.options.find(({ key }) => key === DETECTOR);
  const { data: series } = useResource(`trial ${view.pipeline}`, (signal) =>
    get<Page<SeriesStatus>>('series', { pipeline: view.pipeline, sort: 'score', limit: SHOWN }, signal),
  );
  const [key, setKey] = useState('');
  const [state, setState] = useState<{ running: boolean; data?: Comparison; error?: unknown }>({ running: false });
  if (option === undefined || series === undefined || series.items.length === 0) return null;
  const chosen = key === '' ? series.items[0].key : key;
  const run = async (): Promise<void> => {
    setState({ running: true });
    try {
      const detectors = [trialOf(view, option, {}), trialOf(view, option, draft)];
      setState({ running: false, data: await post<Comparison>(`series/${encodeURIComponent(view.pipeline)}/compare`, { key: chosen, detectors }) });
    } catch (error) {
      setState({ running: false, error });
    }
  };
  return (
    <section class="card" aria-labelledby="settings-trial">
      <header class="card-head">
        <h2 id="settings-trial">What would it have alerted?</h2>
      </header>
      <div class="settings-trial">
        <label class="select">
          <span>Series</span>
          <select value={chosen} onChange={(event) => setKey(event.currentTarget.value)}>
            {series.items.map((each) => (
              <option key={each.key}>{each.key}</option>
            ))}
          </select>
        </label>
        <button type="button" class="button" disabled={state.running} onClick={() => void run()}>
          {state.running ? 'Trying …' : 'Try on what is stored'}
        </button>
        <p class="muted">Both detectors begin with nothing learnt, each with the threshold that suits it. Nothing is changed.</p>
        <div aria-live="polite">
          {state.error !== undefined && <Failed error={state.error} what="The trial" />}
          {state.data !== undefined && <Result of={state.data} />}
        </div>
        <a href={streamLink(view.pipeline, chosen)}>Open the stream</a>
      </div>
    </section>
  );
}

function Result({ of }: { of: Comparison }): JSX.Element {
  return (
    <div class="table-scroll">
      <table class="table">
        <caption class="hidden">{plural(of.rows, 'row')} compared</caption>
        <thead>
          <tr>
            <th>Detector</th>
            <th class="number">Alerts</th>
            <th class="number">Anomalous</th>
            <th class="number">Warm-up</th>
          </tr>
        </thead>
        <tbody>
          {of.ways.map(({ detector, alerts, anomalous, warmUp }, i) => (
            <tr key={NAMES[i]}>
              <td>
                {detector} <span class="muted">{NAMES[i]}</span>
              </td>
              <td class="number">{alerts.length}</td>
              <td class="number">
                {anomalous} of {of.rows}
              </td>
              <td class="number">{warmUp}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
