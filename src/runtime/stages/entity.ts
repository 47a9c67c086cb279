/** Series that stand for an entity (a host, a machine) instead of something that was sent. */
import type { SeriesInfo } from '../../core/events.ts';

export function entityKey(label: string, name: string): string {
  return `${label}=${name}`;
}

/** True for a series as `align` names one: nothing but the label of the entity, and a key made of it. */
export function isEntity({ key, labels }: SeriesInfo): boolean {
  const all = Object.entries(labels);
  return all.length === 1 && key === entityKey(...all[0]);
}
