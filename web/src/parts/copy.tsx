import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Text to be copied, with a button that says whether it worked. */
export function CopyBlock({ text, label }: { text: string; label: string }): JSX.Element {
  const [said, say] = useState('');
  const onClick = async (): Promise<void> => {
    say((await copy(text)) ? 'Copied' : 'Select and copy by hand');
    setTimeout(() => say(''), 2000);
  };
  return (
    <div class="copy">
      <pre tabIndex={0}>{text}</pre>
      <button type="button" class="button small" aria-label={label} onClick={() => void onClick()}>
        <Icon name={said === 'Copied' ? 'check' : 'copy'} size={13} />
        <span aria-live="polite">{said || 'Copy'}</span>
      </button>
    </div>
  );
}
