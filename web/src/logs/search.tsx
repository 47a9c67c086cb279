import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../parts/icon.tsx';
import { searchAsked } from '../state/keys.ts';

/** The search of a list, reached by `/`; down or Enter goes on to the list. */
export function Search({
  label,
  placeholder,
  value,
  change,
}: {
  label: string;
  placeholder: string;
  value: string;
  change: (text: string) => void;
}): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const asked = searchAsked.value;
  useEffect(() => {
    if (asked > 0) input.current?.focus();
  }, [asked]);
  useEffect(() => () => void (searchAsked.value = 0), []);
  return (
    <label class="search">
      <Icon name="search" />
      <span class="hidden">{label}</span>
      <input
        ref={input}
        id="search"
        type="search"
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        value={value}
        onInput={(event) => change(event.currentTarget.value)}
        onKeyDown={(event) => (event.key === 'ArrowDown' || event.key === 'Enter') && document.querySelector<HTMLElement>('.virtual')?.focus()}
      />
      <kbd>/</kbd>
    </label>
  );
}
