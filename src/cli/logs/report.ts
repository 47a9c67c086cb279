/** What was found out about logs, as the page, the terminal and JSON show it. */
import type { SessionDetail } from '../../core/contracts/logs.ts';
import type { LogModel, LogOverview, LogScores, LogSessionDetail, LogTemplates } from '../../core/log-api.ts';
import type { Verdict } from '../../core/verdicts.ts';
import type { Committed } from '../../pipeline/logs/committed.ts';
import type { LogRun } from '../../pipeline/logs/run.ts';
import { besides, Texts } from '../../pipeline/logs/session-view.ts';
import { isoOf, templateOf } from '../../pipeline/logs/results.ts';
import type { Anomalies } from './anomalies.ts';
import { LineReader, type LogInput } from './input.ts';

export interface LogReport {
  title: string;
  overview: LogOverview;
  templates: LogTemplates;
  /** Anomalous ones, the strongest first, as many as are kept; `overview.anomalous` counts all. */
  sessions: LogSessionDetail[];
  /** Where a rate of lines became unusual: how often, and the strongest. */
  rates: { alerts: number; strongest: RateAlert[] };
  scores: LogScores;
  models: readonly LogModel[];
  /** Name of the judge; null where sessions were only counted. */
  judge: string | null;
  seconds: number;
  /** Largest resident memory, bytes. */
  memory: number;
}

/** Lines of a template or a level in an interval. */
export interface RateAlert {
  time: string;
  /** The level, or the template's text. */
  of: string;
  lines: number | null;
  expected: number | null;
  score: number | null;
}

/** The threshold in force of a set of scores. */
export function inForce({ thresholds }: LogScores): number {
  return Math.max(
    0,
    thresholds.findIndex((one) => one.inForce),
  );
}

/** Bins from the first to the last that holds a session or a limit. */
export function usedBins({ edges, counts, thresholds }: LogScores): { from: number; to: number } {
  const bins = thresholds.flatMap(({ limit }) => (limit === null ? [] : [edges.findLastIndex((edge) => edge <= limit)]));
  const most = counts.length - 1;
  const from = Math.min(
    counts.findIndex((n) => n > 0),
    ...bins,
  );
  const to = Math.max(
    counts.findLastIndex((n) => n > 0),
    ...bins,
  );
  return { from: Math.max(0, Math.min(most, from)), to: Math.max(0, Math.min(most, to)) };
}

/** What the reading brought beside the run. */
export interface ReadFigures {
  title: string;
  bytes: number;
  layout: string[];
  seconds: number;
  memory: number;
  inputs: readonly Pick<LogInput, 'path' | 'seekable'>[];
}

/** After the end of a run. */
export async function reportOf(run: LogRun, anomalies: Anomalies, { title, bytes, layout, seconds, memory, inputs }: ReadFigures): Promise<LogReport> {
  const known = run.known();
  const scores = known.scores();
  const { by, evidence, open } = known.sessions();
  const templates = templatesOf(known.templates());
  const overview: LogOverview = {
    layout,
    sessions: { by, evidence },
    lines: run.lines,
    bytes,
    templates: templates.total,
    sessionsJudged: run.sessions - open,
    sessionsOpen: open,
    anomalous: run.anomalous,
    first: isoOf(run.first),
    last: isoOf(run.last),
    deadLetters: run.refused,
  };
  const texts = new Texts(known);
  const sessions = await sessionsOf(anomalies.kept(), texts, inputs);
  const rates = { alerts: anomalies.rates.alerts, strongest: anomalies.rates.strongest.map((verdict) => rateAlert(verdict, texts)) };
  return {
    title,
    overview,
    templates,
    sessions,
    rates,
    scores,
    models: known.models(),
    judge: run.judges ? run.pipeline.logs!.judge.name : null,
    seconds,
    memory,
  };
}

/** The most frequent first. */
export function templatesOf({ templates, bucket, from }: ReturnType<Committed['templates']>): LogTemplates {
  const ordered = templates.toSorted((a, b) => b.count - a.count || a.id - b.id).map(templateOf);
  return { templates: ordered, total: ordered.length, bucket: Number.isFinite(bucket) ? bucket : 0, from: isoOf(from) };
}

function rateAlert({ time, labels, values, expected, score }: Verdict, texts: Texts): RateAlert {
  const { template, level } = labels;
  return { time, of: template === undefined ? `level ${level}` : texts.textOf(Number(template)), lines: values[0], expected, score };
}

async function sessionsOf(verdicts: readonly Verdict[], texts: Texts, inputs: ReadFigures['inputs']): Promise<LogSessionDetail[]> {
  const readers = inputs.map(({ path, seekable }) => (seekable && path !== undefined ? new LineReader(path) : undefined));
  const sessions: LogSessionDetail[] = [];
  for (const verdict of verdicts) sessions.push(await sessionOf(verdict, texts, readers[verdict.cause.partition]));
  for (const reader of readers) await reader?.close();
  return sessions;
}

/** A verdict with its lines, read again where that can be. */
async function sessionOf(verdict: Verdict, texts: Texts, reader: LineReader | undefined): Promise<LogSessionDetail> {
  const { reasons, first, last, lines, sequence, offsets, nearest, pattern, patternSeen, patternFirst } = verdict.detail as unknown as SessionDetail;
  const marked = new Set(reasons.flatMap(({ templates }) => templates));
  const places = new Set(reasons.flatMap((reason) => reason.places ?? []));
  const lineList: LogSessionDetail['lineList'] = [];
  for (const [i, template] of sequence.entries()) {
    const text = reader === undefined ? null : await reader.line(offsets[i]);
    const highlighted = marked.has(template) || places.has(i);
    lineList.push({ offset: offsets[i], time: null, level: texts.levelOf(template), template, templateText: texts.textOf(template), text, highlighted });
  }
  return {
    session: verdict.subject ?? '',
    verdict: verdict.id,
    time: verdict.time,
    first: isoOf(first) ?? verdict.time,
    last: isoOf(last) ?? verdict.time,
    lines,
    score: verdict.score,
    threshold: verdict.threshold,
    anomalous: verdict.anomalous,
    reasons: reasons.map(({ judge, text }) => ({ judge, text: texts.filled(text) })),
    pattern,
    patternSeen,
    patternFirst: isoOf(patternFirst),
    answered: null,
    lineList,
    nearest: nearest === null ? null : besides(sequence, nearest, texts),
  };
}
