/** What every page shows: pipelines with their recent rates, and the open incidents. Kept up to date by the live connection. */
import { computed, effect, signal } from '@preact/signals';
import type { Page, PipelineStatus } from '../../../src/core/api.ts';
import type { IncidentRecord } from '../../../src/core/contracts.ts';
import { get, signedOut } from '../api/client.ts';
import { generation, on } from '../api/connection.ts';

/** Points of a rate's sparkline, one a second. */
export const RATE_POINTS = 90;

/** How often pipelines change in view, ms. */
const MERGE = 250;

export const pipelines = signal<PipelineStatus[] | null>(null);
export const loadError = signal<unknown>(null);
export const openIncidents = signal<IncidentRecord[]>([]);
/** Total of open incidents; more than are listed when there are very many. */
export const openCount = signal(0);
/** Grows with each incident event; lists fetch anew. */
export const incidentEvents = signal(0);
/** The last incident that began to alert, for the live region. */
export const announced = signal<IncidentRecord | null>(null);
/** Wall clock, once a second; ages on the page count with it. */
export const now = signal(Date.now());
/** Event rates by pipeline, newest last. */
export const rates = signal<ReadonlyMap<string, readonly number[]>>(new Map());

export const totalRate = computed(() => (pipelines.value ?? []).reduce((sum, pipeline) => sum + pipeline.eventsPerSecond, 0));
export const worstLag = computed(() => {
  const lags = (pipelines.value ?? []).map(({ lagMs }) => lagMs).filter((lag) => lag !== null);
  return lags.length === 0 ? null : Math.max(...lags);
});

const arrived = new Map<string, PipelineStatus>();
let merging: ReturnType<typeof setTimeout> | undefined;

const isOpen = (incident: IncidentRecord): boolean => incident.state !== 'Normal' && incident.endedAt === null;

export async function loadLive(): Promise<void> {
  try {
    const [list, incidents] = await Promise.all([
      get<Page<PipelineStatus> | PipelineStatus[]>('pipelines'),
      get<Page<IncidentRecord>>('incidents', { open: true, limit: 100 }),
    ]);
    pipelines.value = Array.isArray(list) ? list : list.items;
    openIncidents.value = incidents.items;
    openCount.value = incidents.total ?? incidents.items.length;
    loadError.value = null;
  } catch (error) {
    loadError.value = error;
  }
}

function sample(): void {
  now.value = Date.now();
  const next = new Map<string, readonly number[]>();
  for (const pipeline of pipelines.peek() ?? []) {
    const before = rates.peek().get(pipeline.name) ?? [];
    next.set(pipeline.name, [...before.slice(1 - RATE_POINTS), pipeline.eventsPerSecond]);
  }
  rates.value = next;
}

/** Puts what came since the last time into the list; each event tells of some pipelines only, many times a second. */
function merge(): void {
  merging = undefined;
  const known = pipelines.peek() ?? [];
  const names = new Set(known.map(({ name }) => name));
  pipelines.value = [...known.map((status) => arrived.get(status.name) ?? status), ...[...arrived.values()].filter(({ name }) => !names.has(name))];
  arrived.clear();
  loadError.value = null;
}

function take(incident: IncidentRecord, alerts: boolean): void {
  const rest = openIncidents.peek().filter((other) => other.id !== incident.id);
  const change = (isOpen(incident) ? 1 : 0) - (openIncidents.peek().length - rest.length);
  openIncidents.value = isOpen(incident) ? [incident, ...rest] : rest;
  openCount.value = Math.max(openIncidents.value.length, openCount.peek() + change);
  incidentEvents.value++;
  if (alerts && !incident.silenced) announced.value = incident;
}

/** Fetches at the start, after every reconnect and after signing in; listens in between. */
export function startLive(): void {
  on('status', (event) => {
    for (const status of event.pipelines) arrived.set(status.name, status);
    // Before the list was fetched a part of it would look like all.
    if (pipelines.peek() !== null) merging ??= setTimeout(merge, MERGE);
  });
  on('incident', (event) => take(event.incident, event.transition.to === 'Alerting' && event.transition.from !== 'Recovering'));
  effect(() => {
    void generation.value;
    if (!signedOut.value) void loadLive();
  });
  setInterval(sample, 1000);
}
