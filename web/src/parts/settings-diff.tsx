/** A unified diff, coloured; signs say the same as the colours. */
import type { JSX } from 'preact';

const kindOf = (line: string): string => (line.startsWith('+') ? 'add' : line.startsWith('-') ? 'del' : line.startsWith('@') ? 'at' : '');

export function Diff({ text, label }: { text: string; label: string }): JSX.Element {
  const lines = text
    .replace(/\n$/, '')
    .split('\n')
    .filter((line) => !/^(---|\+\+\+) /.test(line));
  return (
    <pre class="diff" aria-label={label} tabIndex={0}>
      {lines.map((line, i) => (
        <span key={i} class={kindOf(line)}>
          {line === '' ? ' ' : line}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}
