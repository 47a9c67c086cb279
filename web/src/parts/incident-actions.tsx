/** What a person can say about an incident: taken care of, or silent for a while. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { IncidentDetail } from '../../../src/core/api.ts';
import { post } from '../api/client.ts';
import { duration } from '../format.ts';
import { AnswerDialog } from './answer-dialog.tsx';
import { FormDialog } from './form-dialog.tsx';
import { Icon } from './icon.tsx';

const HOUR = 3_600_000;
const DURATIONS = [HOUR / 2, HOUR, 4 * HOUR, 24 * HOUR, 7 * 24 * HOUR];

interface FormProps {
  incident: IncidentDetail;
  close: () => void;
  done: () => void;
}

function AcknowledgeForm({ incident, close, done }: FormProps): JSX.Element {
  return (
    <FormDialog
      title="Acknowledge the incident"
      label="Acknowledge"
      told="Acknowledged."
      words={{ label: 'Comment', placeholder: 'What you found, or what you are doing', rows: 3, autofocus: true }}
      send={(comment) => post(`incidents/${encodeURIComponent(incident.id)}/acknowledge`, { comment })}
      close={close}
      done={done}
    >
      <p class="muted">It stays open; everybody sees that somebody takes care of it.</p>
    </FormDialog>
  );
}

function SilenceForm({ incident, close, done }: FormProps): JSX.Element {
  const matchers = Object.entries(incident.group);
  const silence = (comment: string, form: FormData): Promise<unknown> =>
    post('silences', { pipeline: incident.pipeline, matchers: incident.group, until: Date.now() + Number(form.get('duration')), comment });
  return (
    <FormDialog title="Silence" label="Silence" told="Silenced." words={{ label: 'Comment', placeholder: 'Why' }} send={silence} close={close} done={done}>
      <p class="muted">No notices for {incident.pipeline} where these labels match. Incidents still open and show here.</p>
      <p class="tags">
        {matchers.length === 0 ? (
          <span>every incident of {incident.pipeline}</span>
        ) : (
          matchers.map(([name, text]) => <span key={name}>{`${name}=${text}`}</span>)
        )}
      </p>
      <label>
        For
        <select name="duration">
          {DURATIONS.map((ms) => (
            <option key={ms} value={ms} selected={ms === HOUR}>
              {duration(ms)}
            </option>
          ))}
        </select>
      </label>
    </FormDialog>
  );
}

export function IncidentActions({ incident, done }: { incident: IncidentDetail; done: () => void }): JSX.Element {
  const [open, setOpen] = useState<'acknowledge' | 'silence' | 'answer' | null>(null);
  const isOpen = incident.endedAt === null;
  const close = (): void => setOpen(null);
  const about = incident.series.length === 1 ? `It counts for ${incident.series[0]}.` : `It counts for each of the ${incident.series.length} series.`;
  return (
    <div class="actions">
      {isOpen && incident.acknowledgedBy === null && (
        <button type="button" class="button primary" onClick={() => setOpen('acknowledge')}>
          <Icon name="check" size={13} /> Acknowledge
        </button>
      )}
      {isOpen && !incident.silenced && (
        <button type="button" class="button" onClick={() => setOpen('silence')}>
          <Icon name="mute" size={13} /> Silence
        </button>
      )}
      {incident.series.length > 0 && (
        <button type="button" class="button" onClick={() => setOpen('answer')}>
          <Icon name="cross" size={13} /> False alarm
        </button>
      )}
      {open === 'acknowledge' && <AcknowledgeForm incident={incident} close={close} done={done} />}
      {open === 'silence' && <SilenceForm incident={incident} close={close} done={done} />}
      {open === 'answer' && <AnswerDialog question={{ says: 'false-alarm', of: { incident: incident.id }, about }} close={close} done={done} />}
    </div>
  );
}
