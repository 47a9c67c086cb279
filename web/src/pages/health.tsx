/** How the process is: each pipeline's checkpoints, queues and parts; dead letters; who did what. */
import type { JSX } from 'preact';
import type { AuditView, Health as HealthView, Page, PipelineStatus } from '../../../src/core/api.ts';
import { get, post } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { bytes, count, duration, elapsed, rate } from '../format.ts';
import { now, pipelines } from '../state/live.ts';
import { attempt } from '../state/toasts.ts';
import { ConditionBadge } from '../parts/badges.tsx';
import { DeadLetters } from '../parts/dead-letters.tsx';
import { Icon } from '../parts/icon.tsx';
import { TestNotice } from '../parts/test-notice.tsx';
import { Failed, FirstSteps, Loading } from '../parts/states.tsx';
import { Ago, For, Time } from '../parts/time.tsx';
import { lagText } from './overview.tsx';

const EVERY = 5000;

function Facts({ of }: { of: readonly (readonly [term: string, text: string | JSX.Element])[] }): JSX.Element {
  return (
    <dl class="facts">
      {of.map(([term, text]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Process({ health }: { health: HealthView }): JSX.Element {
  return (
    <section class="card" aria-labelledby="process-title">
      <header class="card-head">
        <h2 id="process-title">Process</h2>
        <ConditionBadge of={health.condition} />
      </header>
      <Facts
        of={[
          ['Version', health.version],
          ['Node', health.node],
          ['Up for', duration(Math.round(health.uptimeSeconds) * 1000)],
          ['Memory', bytes(health.rssBytes)],
          ['Event-loop delay', duration(health.eventLoopDelayMs)],
          ['Ledger', bytes(health.ledgerBytes)],
          ['History', health.historyBytes === null ? 'kept elsewhere' : bytes(health.historyBytes)],
        ]}
      />
    </section>
  );
}

/** A bar of how full a queue is; the figures stand beside it. */
function Queue({ name, used, limit }: PipelineStatus['queues'][number]): JSX.Element {
  const share = limit === 0 ? 0 : used / limit;
  const level = share > 0.9 ? 'bad' : share > 0.6 ? 'warn' : '';
  return (
    <li class={`queue ${level}`}>
      <span>{name}</span>
      <meter min={0} max={Math.max(1, limit)} value={used} aria-label={`${name}: ${used} of ${limit}`} />
      <span class="number">
        {count(used)} / {count(limit)}
      </span>
    </li>
  );
}

/** What the part of a receiver is called before its name. */
const RECEIVER = 'receiver ';

function Parts({ of }: { of: PipelineStatus }): JSX.Element {
  return (
    <ul class="part-list" aria-label={`Parts of ${of.name}`}>
      {of.parts.map(({ part, condition, reason, since }) => (
        <li key={part}>
          <ConditionBadge of={condition} />
          <b>{part}</b>
          <span class="muted">
            {reason === '' ? '' : `${reason} · `}for <For since={since} />
          </span>
          {part.startsWith(RECEIVER) && <TestNotice pipeline={of.name} target={part.slice(RECEIVER.length)} />}
        </li>
      ))}
    </ul>
  );
}

function Pipeline({ of }: { of: PipelineStatus }): JSX.Element {
  const ask = (what: string, done: string) => (): void => void attempt(() => post(`pipelines/${encodeURIComponent(of.name)}/${what}`), done);
  const { checkpoint, recovery, series, counts } = of;
  return (
    <section class="card" aria-label={`Pipeline ${of.name}`}>
      <header class="card-head">
        <h2>{of.name}</h2>
        <ConditionBadge of={of.condition} />
        <span class="spacer" />
        <button type="button" class="button small" onClick={ask('savepoint', `A savepoint of ${of.name} was asked for.`)}>
          <Icon name="save" size={13} /> Savepoint
        </button>
        <button type="button" class="button small" onClick={ask('restart-source', `The source of ${of.name} restarts.`)}>
          <Icon name="restart" size={13} /> Restart source
        </button>
      </header>
      <Facts
        of={[
          ['Checkpoint', `#${count(checkpoint.number)}`],
          ['Age', <Ago key="age" at={checkpoint.at} />],
          ['Took', duration(checkpoint.durationMs)],
          ['Size', bytes(checkpoint.bytes)],
          ['Every', duration(checkpoint.intervalMs)],
          [
            'Recovery',
            recovery === null || recovery.checkpoint === 0 ? 'first start' : `${duration(recovery.seconds * 1000)} from #${count(recovery.checkpoint)}`,
          ],
          ['Events', rate(of.eventsPerSecond)],
          ['Verdicts', rate(of.verdictsPerSecond)],
          ['Lag', lagText(of)],
          ['Watermark', <Time key="watermark" at={of.watermark} />],
          ['Series', `${count(series.known)} of ${count(series.limit)}`],
          ['In memory', count(series.hot)],
          ['Late', count(counts.late)],
          [
            'Dead letters',
            counts.deadLettersDropped === 0 ? count(counts.deadLetters) : `${count(counts.deadLetters)}, ${count(counts.deadLettersDropped)} dropped`,
          ],
          ['Notices about the past', count(of.backlogNotices)],
          ['Configuration', `${of.config.slice(0, 8)}, since #${count(of.epoch)}`],
          ['Workers', count(of.parallelism)],
          ['Running for', elapsed(of.startedAt, now.value)],
        ]}
      />
      <div class="halves">
        <div>
          <h3>Parts</h3>
          <Parts of={of} />
        </div>
        <div>
          <h3>Queues</h3>
          {of.queues.length === 0 && <p class="muted">None.</p>}
          <ul class="queues">
            {of.queues.map((queue) => (
              <Queue key={queue.name} {...queue} />
            ))}
          </ul>
          {of.report.length > 0 && (
            <>
              <h3>Format</h3>
              {of.report.map((line) => (
                <p key={line} class="muted">
                  {line}
                </p>
              ))}
            </>
          )}
        </div>
      </div>
    </section>
  );
}

function Audit(): JSX.Element {
  const { data, error, reload } = useResource('audit', (signal) => get<Page<AuditView>>('audit', { limit: 50 }, signal), EVERY);
  return (
    <section class="card" aria-labelledby="audit-title">
      <header class="card-head">
        <h2 id="audit-title">Audit</h2>
      </header>
      {data === undefined && error !== undefined && <Failed error={error} what="The audit" retry={reload} />}
      {data?.items.length === 0 && <p class="muted pad">Nobody has asked for anything yet.</p>}
      {data !== undefined && data.items.length > 0 && (
        <div class="table-scroll short">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">Detail</th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((entry, i) => (
                <tr key={`${entry.at} ${i}`}>
                  <td>
                    <Time at={entry.at} />
                  </td>
                  <td>{entry.by}</td>
                  <td>{entry.what}</td>
                  <td class="muted">{entry.detail}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

export function Health(): JSX.Element {
  const { data, error, reload } = useResource('health', (signal) => get<HealthView>('health', {}, signal), EVERY);
  const all = pipelines.value;
  return (
    <div class="page">
      <h1>Health</h1>
      {data === undefined && error !== undefined && <Failed error={error} what="Health" retry={reload} />}
      {data === undefined && error === undefined && <Loading label="health" />}
      {data !== undefined && (
        <>
          <Process health={data} />
          {all?.length === 0 && <FirstSteps />}
          {all?.map((pipeline) => (
            <Pipeline key={pipeline.name} of={pipeline} />
          ))}
          <DeadLetters />
          <Audit />
        </>
      )}
    </div>
  );
}
