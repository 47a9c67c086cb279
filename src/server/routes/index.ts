/** Every resource under /api/v1. */
import type { App, Context } from '../app.ts';
import { answers } from './answers.ts';
import { audit } from './audit.ts';
import { deadLetters } from './dead-letters.ts';
import { detect } from './detect.ts';
import { detectors } from './detectors.ts';
import { events } from './events.ts';
import { health } from './health.ts';
import { incidents } from './incidents.ts';
import { logJobs } from './log-jobs.ts';
import { logs } from './logs.ts';
import { notify } from './notify.ts';
import { pipelines } from './pipelines.ts';
import { series } from './series.ts';
import { session } from './session.ts';
import { settings } from './settings.ts';
import { silences } from './silences.ts';
import { stream } from './stream.ts';
import { verdicts } from './verdicts.ts';

export const resources: readonly ((app: App, context: Context) => void)[] = [
  pipelines,
  notify,
  series,
  verdicts,
  events,
  detect,
  detectors,
  incidents,
  silences,
  settings,
  answers,
  logs,
  logJobs,
  deadLetters,
  audit,
  health,
  stream,
  session,
];
