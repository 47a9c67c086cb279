/** What was found out about the lines, and when anomalies came. */
import type { JSX } from 'preact';
import type { LogOverview, LogScores, LogSessions } from '../../../src/core/api.ts';
import { bytes, count, duration, plural, time } from '../format.ts';
import { Icon } from '../parts/icon.tsx';
import { Failed, Loading } from '../parts/states.tsx';
import { useResult } from './live.ts';
import { SessionRow } from './session-row.tsx';
import { ms, resultsLink, type Source } from './source.ts';
import { AnomaliesOverTime, share } from './time-plot.tsx';
import { Downloads } from './words.tsx';

const NEWEST = 6;

function Figure({ title, value, note, bad = false }: { title: string; value: string; note: string; bad?: boolean }): JSX.Element {
  return (
    <div class={bad ? 'figure bad' : 'figure'}>
      <dt>{title}</dt>
      <dd>
        {value}
        <small>{note}</small>
      </dd>
    </div>
  );
}

function Figures({ of }: { of: LogOverview }): JSX.Element {
  const [first, last] = [ms(of.first), ms(of.last)];
  const span = first === null || last === null ? 'no time yet' : `${time(first)} – ${time(last)}`;
  return (
    <dl class="figures">
      <Figure
        title="Lines"
        value={count(of.lines)}
        note={[of.bytes > 0 ? bytes(of.bytes) : '', of.deadLetters > 0 ? `${plural(of.deadLetters, 'line')} cut or unreadable` : ''].filter(Boolean).join(', ')}
      />
      <Figure
        title="Templates"
        value={count(of.templates)}
        note={of.lines > 0 ? `${count(of.lines / Math.max(1, of.templates))} lines each on average` : '–'}
      />
      <Figure title="Sessions judged" value={count(of.sessionsJudged)} note={`${count(of.sessionsOpen)} still open`} />
      <Figure
        title="Anomalous"
        value={count(of.anomalous)}
        note={of.sessionsJudged > 0 ? `${share(of.anomalous / of.sessionsJudged)} of the sessions` : 'none judged yet'}
        bad={of.anomalous > 0}
      />
      <Figure title="Event time" value={first === null || last === null ? '–' : duration(last - first)} note={span} />
    </dl>
  );
}

/** `first`: only the first was chosen, the others were weighed. */
function List({ title, of, none, first = false }: { title: string; of: readonly string[]; none: string; first?: boolean }): JSX.Element {
  return (
    <div>
      <h3>{title}</h3>
      {of.length === 0 ? (
        <p class="muted">{none}</p>
      ) : (
        <ul class="found">
          {of.map((text, i) => (
            <li key={text} class={first && i > 0 ? 'weighed' : ''}>
              <Icon name={first && i > 0 ? 'minus' : 'check'} size={12} />
              <span>{text}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const BY: Record<string, string> = {
  identifier: 'Sessions, by an identifier in the line',
  window: 'Sessions, by windows of time',
  count: 'Sessions, by numbers of lines',
};

function Found({ of }: { of: LogOverview }): JSX.Element {
  return (
    <section class="card" aria-labelledby="found-title">
      <header class="card-head">
        <h2 id="found-title">Found by itself</h2>
      </header>
      <div class="halves">
        <List title="Layout of the lines" of={of.layout} none="Nothing: no line came yet, or the source hands over lines that are ready." />
        <List
          first={of.sessions.by === 'identifier'}
          title={BY[of.sessions.by] ?? 'Sessions'}
          of={of.sessions.evidence}
          none="Nothing yet: it takes some thousand lines to be sure of an identifier."
        />
      </div>
    </section>
  );
}

function Newest({ source, pulse }: { source: Source; pulse: number }): JSX.Element {
  const { data, error, reload } = useResult<LogSessions>(source, 'sessions', pulse, { anomalous: true, limit: NEWEST });
  return (
    <section class="card" aria-labelledby="newest-title">
      <header class="card-head">
        <h2 id="newest-title">Newest anomalous sessions</h2>
        <a href={resultsLink(source, 'sessions')}>All</a>
      </header>
      {data === undefined && (error === undefined ? <Loading rows={3} label="sessions" /> : <Failed error={error} what="The sessions" retry={reload} />)}
      {data !== undefined && data.sessions.length === 0 && (
        <p class="muted pad all-well">
          <Icon name="check" /> Nothing anomalous so far.
        </p>
      )}
      <ul class="rows">
        {data?.sessions.map((session) => (
          <li key={session.verdict} class="newest">
            <SessionRow of={session} source={source} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function OverTime({ source, pulse }: { source: Source; pulse: number }): JSX.Element {
  const { data, error, reload } = useResult<LogScores>(source, 'scores', pulse);
  return (
    <section class="card" aria-labelledby="over-title">
      <header class="card-head">
        <h2 id="over-title">Anomalies over time</h2>
        <a href={resultsLink(source, 'scores')}>Scores and thresholds</a>
      </header>
      {data === undefined && (error === undefined ? <Loading rows={3} label="scores" /> : <Failed error={error} what="The chart" retry={reload} />)}
      {data !== undefined && data.time.length === 0 && <p class="muted pad">No scores over time are there yet.</p>}
      {data !== undefined && data.time.length > 0 && (
        <div class="plot-pad">
          <AnomaliesOverTime of={data} />
        </div>
      )}
    </section>
  );
}

export function Overview({ source, pulse }: { source: Source; pulse: number }): JSX.Element {
  const { data, error, reload } = useResult<LogOverview>(source, 'overview', pulse);
  if (data === undefined) return error === undefined ? <Loading rows={6} label="results" /> : <Failed error={error} what="The overview" retry={reload} />;
  return (
    <div class="stack">
      <Figures of={data} />
      <OverTime source={source} pulse={pulse} />
      <Newest source={source} pulse={pulse} />
      <Found of={data} />
      <section class="card toolbar all-downloads" aria-label="Downloads">
        {(['templates', 'sessions', 'answers'] as const).map((what) => (
          <Downloads
            key={what}
            source={source}
            what={what}
            of={what === 'templates' ? data.templates : what === 'sessions' ? data.sessionsJudged : undefined}
          />
        ))}
      </section>
    </div>
  );
}
