/** What an answer would do to its series, and what it would have changed of the verdicts that are stored. */
import type { AnswerPreview, AnswerView, ChangedVerdict, Standing } from '../core/api.ts';
import type { AnswerInForce, AnswerPart, IncidentRecord } from '../core/contracts.ts';
import { HomeostatError } from '../core/errors.ts';
import type { AnswerQuery, JudgedRow, Reader } from '../core/live.ts';
import { answerAt, countsAt, factorsFor, movedLimit, movedOnset, type Judged } from '../detectors/answers.ts';
import { STRONG_ONSET } from './compare.ts';

/** Verdicts that are looked at in one question, and changed ones that are listed. */
const VERDICTS = 20_000;
const LISTED = 10;
/** Answers of a series that are looked at, the newest. */
const ANSWERS = 500;

/** How the pipeline says it. */
export interface AnswerGround {
  reader: Pick<Reader, 'incident' | 'judged' | 'span' | 'answers'>;
  /** Index of a series key, or -1. */
  indexOf(key: string): number;
  /** Whether the detector gives onsets of its own. */
  onsets: boolean;
  /** Whether every verdict is stored. */
  complete: boolean;
}

/** An answer that was or is in force for a series, from `since` (excluded) to `ended`, both event time. */
interface Held extends AnswerInForce {
  since: number;
  ended: number;
}

/** Rejects with NOT_FOUND for what is not there, REQUEST_INVALID for what cannot be answered, HISTORY_UNREACHABLE. */
export async function previewAnswer(query: AnswerQuery, ground: AnswerGround): Promise<AnswerPreview> {
  const targets = targetsOf(query, ground);
  const share = Math.floor(VERDICTS / targets.length);
  const preview: AnswerPreview = {
    parts: [],
    from: Infinity,
    to: -Infinity,
    verdicts: 0,
    complete: ground.complete,
    enough: true,
    anomalous: { without: 0, with: 0 },
    alerts: { without: 0, with: 0 },
    changed: 0,
    first: [],
  };
  let says = false;
  for (const target of targets) {
    const index = ground.indexOf(target.series);
    if (index < 0) throw new HomeostatError('NOT_FOUND', { what: `series of ${query.pipeline}`, name: target.series });
    const held = heldOf(query.pipeline, target.series, ground);
    const told = await ground.reader.judged(query.pipeline, index, target.from, target.to, share);
    const factors = factorsFor(
      query.says,
      told.map((row) => bare(row, held)),
    );
    // Of an incident, a series of which nothing is stored any more is left out.
    if (Number.isNaN(factors.limitFactor)) continue;
    const part = { ...target, ...factors };
    // To say that an earlier answer was wrong there needs no factor of its own.
    says ||= factors.limitFactor !== 1 || factors.onsetFactor !== 1 || told.some(({ time }) => answerThen(held, time) !== undefined);
    preview.parts.push(part);
    if (!isRight(query, told, part, held, ground)) preview.enough = false;
    weigh(part, query, await past(query, index, share, ground), held, ground, preview);
  }
  if (preview.parts.length === 0) throw new HomeostatError('REQUEST_INVALID', { detail: nothingSaid(query, ground) });
  if (!says) {
    const detail = query.says === 'missed' ? 'it was an alert, so it was not missed' : 'nothing was anomalous there, so there was no false alarm';
    throw new HomeostatError('REQUEST_INVALID', { detail });
  }
  preview.first = preview.first.toSorted((a, b) => a.time - b.time).slice(0, LISTED);
  return preview;
}

function nothingSaid({ says, of }: AnswerQuery, { complete }: AnswerGround): string {
  const where = 'incident' in of ? `the incident ${of.incident}` : `${of.series} at that time`;
  const why = complete || says === 'false-alarm' ? '' : '; this pipeline stores anomalous verdicts only (store: anomalies), so what was normal has no score';
  return `no verdict with a score and a limit is stored of ${where}${why}`;
}

function targetsOf({ pipeline, says, of }: AnswerQuery, { reader }: AnswerGround): { series: string; from: number; to: number }[] {
  if (!('incident' in of)) return [of];
  const incident: IncidentRecord | undefined = reader.incident(of.incident);
  if (incident === undefined || incident.pipeline !== pipeline) throw new HomeostatError('NOT_FOUND', { what: 'incident', name: of.incident });
  if (says === 'missed') throw new HomeostatError('REQUEST_INVALID', { detail: 'an incident was not missed; name a series and a time' });
  if (incident.series.length === 0) throw new HomeostatError('REQUEST_INVALID', { detail: 'the incident is about the pipeline, not about a series' });
  const to = incident.endedAt ?? incident.updatedAt;
  return incident.series.map((series) => ({ series, from: incident.startedAt, to }));
}

/** Answers of a series, the newest last. */
function heldOf(pipeline: string, series: string, { reader }: AnswerGround): Held[] {
  const { items } = reader.answers({ pipeline, series, limit: ANSWERS });
  return items
    .toReversed()
    .flatMap(({ when, until, since, parts }: AnswerView) =>
      parts
        .filter((part) => part.series === series)
        .map((part) => ({ ...part, when, until: until ?? Infinity, since: since ?? -Infinity, ended: part.ended ?? Infinity })),
    );
}

/** The answer that was in force for what was judged at an event time. */
function answerThen(held: readonly Held[], time: number): AnswerInForce | undefined {
  if (held.length === 0) return undefined;
  const then = held.filter(({ since, ended }) => time > since && time <= ended);
  return answerAt(then, time);
}

/** The row without the answer that was in force when it was judged. */
function bare(row: JudgedRow, held: readonly Held[]): Judged {
  const { time, score, limit, onset } = row;
  const then = answerThen(held, time);
  if (then === undefined) return { score, limit, onset };
  return { score, limit: movedLimit(limit, 1 / then.limitFactor), onset: movedOnset(onset, 1 / then.onsetFactor) };
}

/** The newest rows of the time asked for. */
async function past({ pipeline, back }: AnswerQuery, series: number, most: number, { reader }: AnswerGround): Promise<JudgedRow[]> {
  const span = await reader.span(pipeline, series);
  return span === null ? [] : reader.judged(pipeline, series, Math.max(span.from, span.to - back), span.to, most);
}

/** Adds to the preview how the rows were judged, and how they would have been. */
function weigh(part: AnswerPart, { when }: AnswerQuery, rows: readonly JudgedRow[], held: readonly Held[], ground: AnswerGround, preview: AnswerPreview): void {
  const answer: AnswerInForce = { ...part, when, until: Infinity };
  const first: ChangedVerdict[] = [];
  let lasted = false;
  for (const row of rows) {
    const now = countsAt(answer, row.time) ? moved(bare(row, held), part) : row;
    const anomalous = now.score > now.limit;
    // Without all rows it is not known what lay between two anomalous ones, but where they began is.
    if (!ground.complete && row.onset === 1) lasted = false;
    const isAlert = ground.onsets ? now.onset > STRONG_ONSET : anomalous && !lasted;
    if (!Number.isNaN(row.score)) lasted = anomalous;
    const wasAlert = row.onset > STRONG_ONSET;
    count(preview.anomalous, row.anomalous, anomalous);
    count(preview.alerts, wasAlert, isAlert);
    if (row.anomalous === anomalous && wasAlert === isAlert) continue;
    preview.changed++;
    const standing = { was: standingOf(row.anomalous, wasAlert), becomes: standingOf(anomalous, isAlert) };
    if (first.length < LISTED) first.push({ series: part.series, time: row.time, score: row.score, limit: row.limit, limitWith: now.limit, ...standing });
  }
  preview.first.push(...first);
  if (rows.length === 0) return;
  preview.from = Math.min(preview.from, rows[0].time);
  preview.to = Math.max(preview.to, rows.at(-1)!.time);
  preview.verdicts += rows.length;
}

/** Whether nothing that was called a false alarm would be one, or something that was missed would be found. */
function isRight({ says }: AnswerQuery, rows: readonly JudgedRow[], part: AnswerPart, held: readonly Held[], { onsets }: AnswerGround): boolean {
  const isFound = rows.some((row) => {
    const { score, limit, onset } = moved(bare(row, held), part);
    return score > limit || (onsets && onset > STRONG_ONSET);
  });
  return isFound === (says === 'missed');
}

function moved({ score, limit, onset }: Judged, { limitFactor, onsetFactor }: AnswerPart): Judged {
  return { score, limit: movedLimit(limit, limitFactor), onset: movedOnset(onset, onsetFactor) };
}

function count(total: { without: number; with: number }, was: boolean, is: boolean): void {
  if (was) total.without++;
  if (is) total.with++;
}

function standingOf(anomalous: boolean, isAlert: boolean): Standing {
  return isAlert ? 'alert' : anomalous ? 'anomalous' : 'normal';
}
