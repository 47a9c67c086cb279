/** What a person can say about an incident: taken care of, or silent for a while. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { IncidentDetail } from '../../../src/core/api.ts';
import { post } from '../api/client.ts';
import { duration } from '../format.ts';
import { attempt } from '../state/toasts.ts';
import { AnswerDialog } from './answer-dialog.tsx';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';

const HOUR = 3_600_000;
const DURATIONS = [HOUR / 2, HOUR, 4 * HOUR, 24 * HOUR, 7 * 24 * HOUR];

interface FormProps {
  incident: IncidentDetail;
  close: () => void;
  done: () => void;
}

function AcknowledgeForm({ incident, close, done }: FormProps): JSX.Element {
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const comment = String(new FormData(event.currentTarget as HTMLFormElement).get('comment') ?? '');
    const worked = await attempt(() => post(`incidents/${encodeURIComponent(incident.id)}/acknowledge`, { comment }), 'Acknowledged.');
    if (!worked) return;
    close();
    done();
  };
  return (
    <Dialog title="Acknowledge the incident" close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <p class="muted">It stays open; everybody sees that somebody takes care of it.</p>
        <label>
          Comment
          <textarea name="comment" rows={3} maxLength={2000} placeholder="What you found, or what you are doing" autofocus />
        </label>
        <footer>
          <button type="button" class="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="button primary">
            Acknowledge
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function SilenceForm({ incident, close, done }: FormProps): JSX.Element {
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const until = Date.now() + Number(form.get('duration'));
    const body = { pipeline: incident.pipeline, matchers: incident.group, until, comment: String(form.get('comment') ?? '') };
    const worked = await attempt(() => post('silences', body), 'Silenced.');
    if (!worked) return;
    close();
    done();
  };
  const matchers = Object.entries(incident.group);
  return (
    <Dialog title="Silence" close={close}>
      <form onSubmit={(event) => void submit(event)}>
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
        <label>
          Comment
          <textarea name="comment" rows={2} maxLength={2000} placeholder="Why" />
        </label>
        <footer>
          <button type="button" class="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="button primary">
            Silence
          </button>
        </footer>
      </form>
    </Dialog>
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
