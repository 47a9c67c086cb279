/** Sends a test notice to a receiver and says how it was taken. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { ReceiverTest } from '../../../src/core/api.ts';
import { messageOf, post } from '../api/client.ts';
import { Icon } from './icon.tsx';

interface Outcome {
  ok: boolean;
  text: string;
}

/** What is said of a test: how long it took, what the receiver answered and what to do. */
function outcomeOf({ ok, ms, detail, mend }: ReceiverTest): Outcome {
  return { ok, text: ok ? `Taken in ${ms} ms (${detail}).` : `Not taken: ${detail}. ${mend}` };
}

export function TestNotice({ pipeline, target }: { pipeline: string; target: string }): JSX.Element {
  const busy = useSignal(false);
  const outcome = useSignal<Outcome | undefined>(undefined);
  const send = async (): Promise<void> => {
    busy.value = true;
    outcome.value = undefined;
    try {
      const route = `pipelines/${encodeURIComponent(pipeline)}/receivers/${encodeURIComponent(target)}/test`;
      outcome.value = outcomeOf(await post<ReceiverTest>(route));
    } catch (error) {
      outcome.value = { ok: false, text: messageOf(error) };
    } finally {
      busy.value = false;
    }
  };
  return (
    <>
      <button type="button" class="button small" disabled={busy.value} aria-label={`Send test notice to ${target}`} onClick={() => void send()}>
        <Icon name="bell" size={13} /> {busy.value ? 'Sending …' : 'Send test notice'}
      </button>
      <span role="status" class={`test-outcome ${outcome.value?.ok === false ? 'bad' : ''}`}>
        {outcome.value !== undefined && (
          <>
            <Icon name={outcome.value.ok ? 'check' : 'cross'} size={13} /> {outcome.value.text}
          </>
        )}
      </span>
    </>
  );
}
