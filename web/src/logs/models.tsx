/** Models that judges learnt: card and loss curve. */
import type { JSX } from 'preact';
import type { LogModel } from '../../../src/core/api.ts';
import { count, value } from '../format.ts';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { useResult } from './live.ts';
import { line, Plot } from './plot.tsx';
import type { Source } from './source.ts';

const CURVES = [
  ['training', 'Training'],
  ['validation', 'Validation'],
] as const;

function Loss({ of }: { of: LogModel }): JSX.Element {
  const epochs = of.loss.map(({ epoch }) => epoch);
  const all = of.loss.flatMap(({ training, validation }) => [training, validation]).filter((x) => x > 0);
  const least = Math.min(...all);
  const most = Math.max(...all);
  const log = all.length > 0 && most / least > 30;
  return (
    <Plot
      label={`Loss of ${of.judge} by epoch`}
      height={210}
      x={{ min: epochs[0], max: Math.max(epochs.at(-1)!, epochs[0] + 1), format: count }}
      y={{ min: log ? least / 1.3 : 0, max: all.length === 0 ? 1 : most * (log ? 1.3 : 1.06), log, format: (x) => value(x) }}
      stops={epochs}
      keys={CURVES.map(([name, title]) => (
        <span key={name}>
          <svg class="plot-key" width={22} height={8} aria-hidden="true">
            <path class={`plot-loss ${name}`} d="M0 4h22" />
          </svg>{' '}
          {title}
        </span>
      ))}
      readout={(i) => (
        <>
          epoch {count(epochs[i])}
          {CURVES.map(([name, title]) => (
            <span key={name}>
              {title.toLowerCase()} <b>{value(of.loss[i][name])}</b>
            </span>
          ))}
        </>
      )}
      table={{ head: ['Epoch', 'Training', 'Validation'], row: (i) => [count(epochs[i]), value(of.loss[i].training), value(of.loss[i].validation)] }}
    >
      {(area) =>
        CURVES.map(([name]) => (
          <path
            key={name}
            class={`plot-loss ${name}`}
            d={line(
              area,
              epochs,
              of.loss.map((point) => point[name]),
            )}
          />
        ))
      }
    </Plot>
  );
}

export function Models({ source, pulse }: { source: Source; pulse: number }): JSX.Element {
  const { data, error, reload } = useResult<LogModel[]>(source, 'models', pulse);
  if (data === undefined) return error === undefined ? <Loading rows={4} label="models" /> : <Failed error={error} what="The models" retry={reload} />;
  if (data.length === 0) {
    return (
      <Empty icon="dots" title="No model was learnt yet">
        <p>The judges in use tell of their model here, with its loss curve where they train one, once it is learnt.</p>
      </Empty>
    );
  }
  return (
    <div class="stack">
      {data.map((model) => (
        <section key={model.judge} class="card" aria-label={`Model of ${model.judge}`}>
          <header class="card-head">
            <h2>{model.judge}</h2>
          </header>
          <dl class="facts model-card">
            {model.card.map(([name, text]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
          {model.loss.length > 0 && (
            <div class="plot-pad">
              <h3>Loss by epoch</h3>
              <Loss of={model} />
            </div>
          )}
        </section>
      ))}
    </div>
  );
}
