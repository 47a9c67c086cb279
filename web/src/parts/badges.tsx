/** States as a shape, a word and a colour: never colour alone. */
import type { JSX } from 'preact';
import type { Condition } from '../../../src/core/api.ts';
import type { IncidentRecord, IncidentState, Severity } from '../../../src/core/contracts.ts';
import { Icon, type IconName } from './icon.tsx';

type Tone = 'good' | 'warn' | 'bad' | 'quiet' | 'accent';

const CONDITIONS: Record<Condition, [Tone, IconName, string]> = {
  ok: ['good', 'check', 'Ok'],
  starting: ['quiet', 'dots', 'Starting'],
  degraded: ['warn', 'warn', 'Degraded'],
  failed: ['bad', 'cross', 'Failed'],
  finished: ['quiet', 'square', 'Finished'],
  stopped: ['quiet', 'square', 'Stopped'],
};

const STATES: Record<IncidentState, [Tone, IconName]> = {
  Normal: ['good', 'check'],
  Pending: ['quiet', 'dots'],
  Alerting: ['bad', 'warn'],
  Recovering: ['accent', 'restart'],
  NoData: ['warn', 'minus'],
  Error: ['bad', 'cross'],
};

const SEVERITIES: Record<Severity, Tone> = { info: 'quiet', warning: 'warn', critical: 'bad' };

export function Badge({ tone, icon, children }: { tone: Tone; icon?: IconName; children: string }): JSX.Element {
  return (
    <span class={`badge ${tone}`}>
      {icon && <Icon name={icon} size={12} />}
      {children}
    </span>
  );
}

export function ConditionBadge({ of }: { of: Condition }): JSX.Element {
  const [tone, icon, text] = CONDITIONS[of] ?? ['quiet', 'dots', of];
  return (
    <Badge tone={tone} icon={icon}>
      {text}
    </Badge>
  );
}

/** Closed incidents read `Resolved`. */
export function IncidentBadge({ of }: { of: Pick<IncidentRecord, 'state' | 'endedAt'> }): JSX.Element {
  const [tone, icon] = STATES[of.state] ?? ['quiet', 'dots'];
  return (
    <Badge tone={tone} icon={icon}>
      {of.state === 'Normal' ? 'Resolved' : of.state}
    </Badge>
  );
}

export function SeverityBadge({ of }: { of: Severity }): JSX.Element {
  return <Badge tone={SEVERITIES[of] ?? 'quiet'}>{of}</Badge>;
}

/** Round mark of a state, for timelines. */
export function StateMark({ of }: { of: IncidentState }): JSX.Element {
  const [tone, icon] = STATES[of] ?? ['quiet', 'dots'];
  return (
    <span class={`mark ${tone}`}>
      <Icon name={icon} size={12} />
    </span>
  );
}
