/** Every component there is: the one place that knows all lists. */
import { sinks, sources } from '../connectors/index.ts';
import { detectors } from '../detectors/index.ts';
import { formats } from '../formats/index.ts';
import { actions } from '../healing/actions/index.ts';
import { notifiers } from '../incidents/notifiers/index.ts';
import { incidentOptions } from '../incidents/options.ts';
import { thresholds } from '../thresholds/index.ts';
import { Type } from '../core/schema.ts';
import type { Registry } from './config/index.ts';

/** Without the `server` section, whose options the server's room holds; whoever loads a file adds them. */
const section = Type.Object({}, { additionalProperties: false });
export const registry: Registry = {
  sources,
  formats,
  detectors,
  thresholds,
  judges: [],
  sinks,
  notifiers,
  actions,
  logs: { parse: section, rate: section, session: section, judging: section },
  incident: incidentOptions,
};
