/** Rows of several series that can never come, because no series is one that `align` takes. */
import type { PartHealth, PipelineStatus, SeriesStatus } from '../core/api.ts';
import { columnIn } from '../runtime/stages/align.ts';
import type { PipelineConfig } from './config/index.ts';

/** Names that a reason lists. */
const LISTED = 5;

/** Says why `align` takes none of the series; undefined where it takes one, or where there is none yet. */
export function unaligned({ align }: PipelineConfig, { startedAt }: PipelineStatus, all: readonly SeriesStatus[]): PartHealth | undefined {
  if (align === undefined || all.length === 0) return undefined;
  const { by, columns, columnLabel } = align;
  let labelled = 0;
  const names = new Set<string>();
  for (const { key, labels } of all) {
    if (labels[by] === undefined) continue;
    labelled++;
    const name = columnIn(key, labels, columnLabel);
    if (columns.includes(name)) return undefined;
    if (names.size < LISTED) names.add(name);
  }
  const which = `${all.length} series`;
  const reason =
    labelled === 0
      ? `none of ${which} has the label "${by}" (align.by), so there are no rows: name a label that they have, or add it with labels`
      : `none of ${which} is one of the columns ${columns.join(', ')} (align.columns), so there are no rows: there are ${[...names].join(', ')}`;
  return { part: 'align', condition: 'degraded', reason, since: startedAt };
}
