/** One template: what it looks like, its parameters, and what a person may say of it. */
import type { JSX } from 'preact';
import type { LogTemplate, LogTemplates } from '../../../src/core/api.ts';
import { count, duration, time } from '../format.ts';
import { Badge } from '../parts/badges.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Sparkline } from '../parts/sparkline.tsx';
import { ms, resultsLink, type Source } from './source.ts';
import { TemplateEdits } from './template-edits.tsx';
import { Level, TemplateText } from './words.tsx';

interface TemplateDialogProps {
  of: LogTemplate;
  all: readonly LogTemplate[];
  list: LogTemplates;
  source: Source;
  editable: boolean;
  close: () => void;
  reload: () => void;
  /** Shows another template. */
  show: (id: number) => void;
}

function Parameters({ of }: { of: LogTemplate }): JSX.Element {
  if (of.parameters.length === 0) return <p class="muted">No parameter: every line of it is the same.</p>;
  return (
    <div class="table-scroll short">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Place</th>
            <th scope="col">Type</th>
            <th scope="col">Values, for example</th>
          </tr>
        </thead>
        <tbody>
          {of.parameters.map(({ type, examples }, i) => (
            <tr key={i}>
              <td>{i + 1}</td>
              <td>
                <Badge tone="quiet">{type}</Badge>
              </td>
              <td class="template-values">
                {examples.map((text, k) => (
                  <code key={k}>{text === '' ? '(empty)' : text}</code>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function TemplateDialog({ of, all, list, source, editable, close, reload, show }: TemplateDialogProps): JSX.Element {
  return (
    <Dialog title={of.name ?? `Template #${of.id}`} close={close}>
      <div class="stack template-detail">
        <p class="template-whole">
          <TemplateText of={of.text} />
        </p>
        <dl class="facts">
          <div>
            <dt>Lines</dt>
            <dd>{count(of.count)}</dd>
          </div>
          <div>
            <dt>Level</dt>
            <dd>
              <Level of={of.level} />
            </dd>
          </div>
          <div>
            <dt>First</dt>
            <dd>{time(ms(of.first))}</dd>
          </div>
          <div>
            <dt>Last</dt>
            <dd>{time(ms(of.last))}</dd>
          </div>
        </dl>
        <section>
          <h3>
            Trend <small class="muted">lines in steps of {duration(list.bucket)}</small>
          </h3>
          <Sparkline values={of.trend} fromZero height={44} width={460} label={`Lines over time: at most ${count(Math.max(0, ...of.trend))} in one step`} />
        </section>
        <section>
          <h3>A line of it</h3>
          <pre class="line-example" tabIndex={0}>
            {of.example}
          </pre>
        </section>
        <section>
          <h3>Parameters</h3>
          <Parameters of={of} />
        </section>
        <p>
          <a href={resultsLink(source, 'sessions', { search: of.name ?? of.text.slice(0, 60), all: '' })}>Anomalous sessions that name it</a>
        </p>
        {editable ? (
          <TemplateEdits of={of} all={all} source={source} reload={reload} show={show} />
        ) : (
          <p class="muted">Only a job that runs or is done takes names, pins, merges and splits.</p>
        )}
      </div>
    </Dialog>
  );
}
