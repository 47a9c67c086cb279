/** One session: why it is odd, its lines, and the nearest normal session beside it. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LogSessionDetail } from '../../../src/core/api.ts';
import { count, duration, plural, score, time } from '../format.ts';
import { Badge } from '../parts/badges.tsx';
import { Icon } from '../parts/icon.tsx';
import { Failed, Loading } from '../parts/states.tsx';
import { AnswerDialog } from './answer-dialog.tsx';
import { useResult } from './live.ts';
import { nameOf } from './jobs.ts';
import { ms, resultsLink, type Source } from './source.ts';
import { Level, Marked, TemplateText } from './words.tsx';

type Line = LogSessionDetail['lineList'][number];

function Header({ of, source, answer }: { of: LogSessionDetail; source: Source; answer: ((says: 'normal' | 'anomalous') => void) | null }): JSX.Element {
  return (
    <header class="stream-header">
      <a class="back" href={resultsLink(source, 'sessions')}>
        <Icon name="back" size={13} /> Sessions of {nameOf(source)}
      </a>
      <div class="page-head">
        <h1>{of.session}</h1>
        {of.anomalous ? (
          <Badge tone="bad" icon="warn">
            Anomalous
          </Badge>
        ) : (
          <Badge tone={of.score === null ? 'quiet' : 'good'} icon={of.score === null ? 'dots' : 'check'}>
            {of.score === null ? 'Not judged yet' : 'Normal'}
          </Badge>
        )}
        {of.answered !== null && <Badge tone={of.answered === 'normal' ? 'good' : 'bad'}>{`answered ${of.answered}`}</Badge>}
      </div>
      {answer !== null && (
        <div class="actions">
          <button type="button" class="button" onClick={() => answer('normal')}>
            <Icon name="check" /> This is normal
          </button>
          <button type="button" class="button" onClick={() => answer('anomalous')}>
            <Icon name="warn" /> This is anomalous
          </button>
        </div>
      )}
      <dl class="now">
        <div class={of.anomalous ? 'bad' : ''}>
          <dt>Score</dt>
          <dd>{score(of.score)}</dd>
        </div>
        <div>
          <dt>Threshold</dt>
          <dd>{score(of.threshold)}</dd>
        </div>
        <div>
          <dt>Lines</dt>
          <dd>{count(of.lines)}</dd>
        </div>
      </dl>
    </header>
  );
}

function Why({ of, source }: { of: LogSessionDetail; source: Source }): JSX.Element {
  const [first, last, known] = [ms(of.first), ms(of.last), ms(of.patternFirst)];
  return (
    <section class="card" aria-labelledby="why-title">
      <header class="card-head">
        <h2 id="why-title">{of.anomalous ? 'Why it is odd' : 'What was seen in it'}</h2>
      </header>
      <ul class="reasons">
        {of.reasons.map(({ judge, text }) => (
          <li key={`${judge} ${text}`}>
            <Badge tone="quiet">{judge}</Badge>{' '}
            <span>
              <Marked text={text} />
            </span>
          </li>
        ))}
        {of.reasons.length === 0 && <li class="muted">Nothing odd.</li>}
      </ul>
      <p class="muted pad">
        {first !== null && last !== null && `${time(first)}${last > first ? `, for ${duration(last - first)}` : ''}. `}
        {of.patternSeen === 0
          ? 'Its pattern was never met before. '
          : `Its pattern was met ${count(of.patternSeen)} times before${known === null ? '' : `, first ${time(known)}`}. `}
        {of.pattern !== null && <a href={resultsLink(source, 'sessions', { pattern: of.pattern, all: '1' })}>Sessions of this pattern</a>}
      </p>
    </section>
  );
}

function LineRow({ of, at }: { of: Line; at: number }): JSX.Element {
  return (
    <li class={of.highlighted ? 'log-line highlighted' : 'log-line'} data-line={at} tabIndex={of.highlighted ? -1 : undefined}>
      <span class="log-time muted">{of.time === null ? '' : time(ms(of.time))}</span>
      <Level of={of.level} />
      <span class="log-text">
        {of.highlighted && <span class="hidden">Highlighted: </span>}
        {of.text === null ? (
          <>
            <TemplateText of={of.templateText} /> <small class="muted">the line cannot be read any more; this is its template</small>
          </>
        ) : (
          <code title={of.templateText}>{of.text}</code>
        )}
      </span>
    </li>
  );
}

function Lines({ of }: { of: LogSessionDetail }): JSX.Element {
  const [only, setOnly] = useState(false);
  const list = useRef<HTMLOListElement>(null);
  const at = useRef(-1);
  const marked = of.lineList.reduce((sum, line) => sum + (line.highlighted ? 1 : 0), 0);
  const shown = only ? of.lineList.filter(({ highlighted }) => highlighted) : of.lineList;
  const next = (): void => {
    const lines = [...(list.current?.querySelectorAll<HTMLElement>('.highlighted') ?? [])];
    if (lines.length === 0) return;
    at.current = (at.current + 1) % lines.length;
    lines[at.current].scrollIntoView({ block: 'center' });
    lines[at.current].focus({ preventScroll: true });
  };
  useEffect(() => void (at.current = -1), [only, of.session]);
  return (
    <section class="card session-lines-card" aria-labelledby="lines-title">
      <header class="card-head">
        <h2 id="lines-title">Lines</h2>
        <span class="muted">
          {plural(of.lineList.length, 'line')}
          {of.lineList.length < of.lines && ` of ${count(of.lines)}`}, {count(marked)} highlighted
        </span>
        <span class="spacer" />
        {marked > 0 && (
          <>
            <label class="check">
              <input type="checkbox" checked={only} onChange={(event) => setOnly(event.currentTarget.checked)} /> Only highlighted
            </label>
            <button type="button" class="button small" onClick={next}>
              Next highlighted
            </button>
          </>
        )}
      </header>
      <ol ref={list} class="log-lines" tabIndex={0} aria-label="Lines of the session">
        {shown.map((line, i) => (
          <LineRow key={`${line.offset} ${i}`} of={line} at={i} />
        ))}
      </ol>
      {of.lineList.length === 0 && <p class="muted pad">No line of it is kept.</p>}
    </section>
  );
}

function Nearest({ of }: { of: LogSessionDetail }): JSX.Element {
  const rows = (of.nearest ?? []).slice().sort((a, b) => Math.abs(b.here - b.there) - Math.abs(a.here - a.there));
  const differ = rows.filter(({ here, there }) => here !== there).length;
  return (
    <section class="card" aria-labelledby="nearest-title">
      <header class="card-head">
        <h2 id="nearest-title">Beside the nearest normal session</h2>
        {of.nearest !== null && (
          <span class="muted">{differ === 0 ? 'the same counts' : `${plural(differ, 'template')} differ${differ === 1 ? 's' : ''}`}</span>
        )}
      </header>
      {of.nearest === null ? (
        <p class="muted pad">No normal session is near it.</p>
      ) : (
        <div class="table-scroll" tabIndex={0} role="region" aria-label="Counts of templates beside those of the nearest normal session">
          <table class="table nearest">
            <thead>
              <tr>
                <th scope="col">Template</th>
                <th scope="col" class="number">
                  Here
                </th>
                <th scope="col" class="number">
                  Normal
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ template, templateText, here, there }) => (
                <tr key={template} class={here === there ? '' : 'differs'}>
                  <td>
                    <TemplateText of={templateText} />
                  </td>
                  <td class="number">
                    {here === there ? '' : here > there ? '▲ ' : '▼ '}
                    {count(here)}
                  </td>
                  <td class="number">{count(there)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** `answerable`: answers are taken. */
export function Session({ source, session, pulse, answerable }: { source: Source; session: string; pulse: number; answerable: boolean }): JSX.Element {
  const { data, error, reload } = useResult<LogSessionDetail>(source, `sessions/${encodeURIComponent(session)}`, pulse);
  const [says, setSays] = useState<'normal' | 'anomalous'>();
  if (data === undefined)
    return error === undefined ? <Loading rows={8} label="the session" /> : <Failed error={error} what={`The session ${session}`} retry={reload} />;
  return (
    <>
      <Header of={data} source={source} answer={answerable && data.pattern !== null ? setSays : null} />
      <Why of={data} source={source} />
      <div class="session-split">
        <Lines of={data} />
        <Nearest of={data} />
      </div>
      {says !== undefined && data.pattern !== null && (
        <AnswerDialog source={source} says={says} pattern={data.pattern} session={data.session} close={() => setSays(undefined)} done={reload} />
      )}
    </>
  );
}
