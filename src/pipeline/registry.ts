/** Every component there is: the one place that knows all lists. */
import { sinks, sources } from '../connectors/index.ts';
import { detectors } from '../detectors/index.ts';
import { formats } from '../formats/index.ts';
import { actions } from '../healing/actions/index.ts';
import { notifiers } from '../incidents/notifiers/index.ts';
import { incidentOptions } from '../incidents/options.ts';
import { judgeOptions } from '../logs/judge/options.ts';
import { judges } from '../logs/judges/index.ts';
import { parseOptions } from '../logs/parse/options.ts';
import { rateOptions } from '../logs/rate/options.ts';
import { sessionOptions } from '../logs/sessions/options.ts';
import { thresholds } from '../thresholds/index.ts';
import type { Registry } from './config/index.ts';

/** Without the `server` section, whose options the server's room holds; whoever loads a file adds them. */
export const registry: Registry = {
  sources,
  formats,
  detectors,
  thresholds,
  judges,
  sinks,
  notifiers,
  actions,
  logs: { parse: parseOptions, rate: rateOptions, session: sessionOptions, judging: judgeOptions },
  incident: incidentOptions,
};
