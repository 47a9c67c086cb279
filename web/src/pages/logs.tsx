/** Logs: upload a file or look at a live pipeline, and read what was found in the lines. Loaded when it is opened. */
import type { JSX } from 'preact';
import { route } from '../routing.ts';
import { JobResults, PipelineResults } from '../logs/results.tsx';
import { Start } from '../logs/start.tsx';
import '../style/logs.css';
import '../style/log-lists.css';

export function Logs(): JSX.Element {
  const [, kind, id, part, session] = route.value.path;
  const subject = part === 'session' ? session : undefined;
  if (kind === 'job' && id !== undefined) return <JobResults key={id} id={id} session={subject} />;
  if (kind === 'pipeline' && id !== undefined) return <PipelineResults key={id} id={id} session={subject} />;
  return <Start />;
}
