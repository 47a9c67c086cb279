/** How templates, levels and scores are written. */
import type { JSX } from 'preact';
import { plural, score } from '../format.ts';
import { Badge } from '../parts/badges.tsx';
import { downloadLink, type Source } from './source.ts';

const TONES: Record<string, 'bad' | 'warn' | 'quiet'> = { fatal: 'bad', error: 'bad', warn: 'warn' };

export const Level = ({ of }: { of: string }): JSX.Element => (of === '' ? <span class="muted">–</span> : <Badge tone={TONES[of] ?? 'quiet'}>{of}</Badge>);

/** Text with the places of parameters set apart. */
export function Marked({ text }: { text: string }): JSX.Element {
  return (
    <>
      {text.split(/(<\*>)/).map((part, i) =>
        part === '<*>' ? (
          <code key={i} class="wildcard">
            {part}
          </code>
        ) : (
          part
        ),
      )}
    </>
  );
}

export const TemplateText = ({ of }: { of: string }): JSX.Element => (
  <code class="template-text">
    <Marked text={of} />
  </code>
);

/** A score beside its limit, which stands in the middle of the bar. */
export function ScoreMeter({ of: value, limit, anomalous }: { of: number | null; limit: number | null; anomalous: boolean }): JSX.Element {
  const share = value === null || limit === null || limit <= 0 ? 0 : Math.max(0, Math.min(1, value / limit / 2));
  return (
    <span class="log-score" title={limit === null ? undefined : `limit ${score(limit)}`}>
      {value === null ? <span class="muted">none yet</span> : score(value)}
      <span class={anomalous ? 'meter anomalous' : 'meter'} aria-hidden="true">
        <span style={{ width: `${(share * 100).toFixed(0)}%` }} />
      </span>
    </span>
  );
}

export function Downloads({ source, what, of }: { source: Source; what: 'templates' | 'sessions' | 'answers'; of?: number }): JSX.Element {
  return (
    <span class="downloads">
      <span class="muted">{of === undefined ? `Download ${what}` : `Download ${plural(of, what.slice(0, -1))}`}</span>
      {(['csv', 'ndjson'] as const).map((format) => (
        <a key={format} class="button small" href={downloadLink(source, what, format)} download aria-label={`Download ${what} as ${format.toUpperCase()}`}>
          {format === 'csv' ? 'CSV' : 'NDJSON'}
        </a>
      ))}
    </span>
  );
}
