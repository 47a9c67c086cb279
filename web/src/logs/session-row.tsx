/** One session in a list. */
import type { JSX } from 'preact';
import type { LogSession } from '../../../src/core/api.ts';
import { count, time } from '../format.ts';
import { Badge } from '../parts/badges.tsx';
import { Icon } from '../parts/icon.tsx';
import { ms, sessionLink, type Source } from './source.ts';
import { ScoreMeter } from './words.tsx';

/** `tabIndex` -1 where a list moves by keys of its own. */
export function SessionRow({ of, source, tabIndex }: { of: LogSession; source: Source; tabIndex?: number }): JSX.Element {
  const [first] = of.reasons;
  const state = of.anomalous ? 'Anomalous' : of.score === null ? 'Not judged yet' : 'Normal';
  return (
    <a class="session-row" href={sessionLink(source, of.session)} tabIndex={tabIndex}>
      <span role={tabIndex === undefined ? undefined : 'gridcell'} class={`stream-state ${of.anomalous ? 'bad' : 'quiet'}`} title={state}>
        <Icon name={of.anomalous ? 'incidents' : of.score === null ? 'dots' : 'check'} size={14} />
        <span class="hidden">{state}</span>
      </span>
      <span role={tabIndex === undefined ? undefined : 'gridcell'} class="session-name">
        <span class="session-id">
          <b>{of.session}</b>
          {of.answered !== null && <Badge tone={of.answered === 'normal' ? 'good' : 'bad'}>{`answered ${of.answered}`}</Badge>}
        </span>
        <small>{first === undefined ? (of.pattern ?? '') : `${first.text}${of.reasons.length > 1 ? ` · and ${count(of.reasons.length - 1)} more` : ''}`}</small>
      </span>
      <span role={tabIndex === undefined ? undefined : 'gridcell'} class="session-seen muted" title="How often sessions of this pattern were met before">
        {of.patternSeen === 0 ? 'new' : `seen ${count(of.patternSeen)} ×`}
      </span>
      <span role={tabIndex === undefined ? undefined : 'gridcell'} class="session-lines">
        {count(of.lines)} <small class="muted">{of.lines === 1 ? 'line' : 'lines'}</small>
      </span>
      <span role={tabIndex === undefined ? undefined : 'gridcell'}>
        <ScoreMeter of={of.score} limit={of.threshold} anomalous={of.anomalous} />
      </span>
      <span role={tabIndex === undefined ? undefined : 'gridcell'} class="session-time muted">
        {time(ms(of.time))}
      </span>
    </a>
  );
}
