/** What a page shows instead of data: nothing yet, loading, failed. */
import type { ComponentChildren, JSX } from 'preact';
import { ApiError, messageOf } from '../api/client.ts';
import { CopyBlock } from './copy.tsx';
import { Icon, type IconName } from './icon.tsx';

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} size={22} />
      </span>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Failed({ error, retry, what }: { error: unknown; retry?: () => void; what: string }): JSX.Element {
  return (
    <div class="empty" role="alert">
      <span class="empty-icon bad">
        <Icon name="warn" size={22} />
      </span>
      <h2>{what} cannot be shown</h2>
      <p>{messageOf(error)}</p>
      {error instanceof ApiError && error.code && (
        <p>
          <code>{error.code}</code>
        </p>
      )}
      {retry && (
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Grey bars where rows will be. */
export function Loading({ rows = 4, label }: { rows?: number; label: string }): JSX.Element {
  return (
    <div class="loading" role="status" aria-label={`Loading ${label}`}>
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} class="bar" />
      ))}
    </div>
  );
}

const here = (): string => location.href.replace(/[#?].*$/, '').replace(/\/$/, '');

/** One line that pushes three events into a pipeline that takes them. */
export function PushExample({ pipeline }: { pipeline: string }): JSX.Element {
  const start = Date.now() - 3000;
  const body = [200.9, 201.4, 208.3]
    .map((reading, i) => `{"time":"${new Date(start + i * 1000).toISOString()}","series":"demo","value":${reading}}`)
    .join('\n');
  return (
    <CopyBlock
      text={`curl ${here()}/api/v1/pipelines/${pipeline}/events \\\n  -H 'content-type: application/x-ndjson' \\\n  --data-binary '${body}'`}
      label="Copy the command that pushes events"
    />
  );
}

export function FirstSteps(): JSX.Element {
  return (
    <Empty icon="overview" title="No pipeline runs yet">
      <p>A pipeline reads a source, scores each event and opens incidents. Start with the demonstration, or write one of your own:</p>
      <CopyBlock text="npx homeostat demo" label="Copy the command that runs the demonstration" />
      <CopyBlock text={'npx homeostat init\nnpx homeostat run homeostat.yaml'} label="Copy the commands that make and run a pipeline" />
      <p>Or ask about a few numbers right away, without any pipeline:</p>
      <CopyBlock
        text={`curl ${here()}/api/v1/detect \\\n  -H 'content-type: application/json' \\\n  -d '{"values":[10,11,10,12,11,10,11,12,10,11,10,12,11,10,11,12,10,11,10,12,11,58]}'`}
        label="Copy the command that scores a few numbers"
      />
    </Empty>
  );
}
