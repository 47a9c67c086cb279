/** Decodes what the stages of a log pipeline keep, by the stages themselves. */
import type { LogModel, LogScores } from '../../core/api.ts';
import type { JsonValue, Operator } from '../../core/contracts.ts';
import { SeriesDictionary } from '../../core/events.ts';
import { SnapshotReader } from '../../core/snapshot.ts';
import type { Answers } from '../../logs/judge/answers.ts';
import { pairsOfName } from '../../logs/judge/answers.ts';
import type { Patterns } from '../../logs/judge/patterns.ts';
import type { Progress } from '../../logs/judge/progress.ts';
import { logModels } from '../../logs/judge/read.ts';
import { JudgeStage, KEYS, type Model } from '../../logs/judge/stage.ts';
import { hashOfPairs } from '../../logs/judges/vectors.ts';
import type { Head } from '../../logs/sessions/head.ts';
import { readTemplates } from '../../logs/parse/read.ts';
import { HEAD } from '../../logs/sessions/states.ts';
import { snapshotOf } from '../../runtime/states.ts';
import type { CommittedProgress, LiveStateReader, StateReader } from '../../stores/sqlite/state-reader.ts';
import { definitionOf, type PipelineConfig } from '../config/index.ts';
import { registry } from '../registry.ts';
import { stagesOf } from '../stages.ts';
import type { Committed, KnownPattern, KnownSessions } from './committed.ts';

export const NO_SCORES: LogScores = { edges: [], counts: [], thresholds: [], time: [], sessions: [], flagged: [], limits: [] };

export function committedOf(pipeline: PipelineConfig, states: StateReader | LiveStateReader, progress: CommittedProgress): Committed {
  const together = <T>(work: () => T): T => ('together' in states ? states.together(work) : work());
  const stages = stagesOf(pipeline, registry, new SeriesDictionary(4), '');
  /** State of a stage; undefined where there is none, or where it was under other options. */
  const bytesOf = (name: string, key: number): Uint8Array | undefined => {
    const stage = stages.find(({ operator }) => operator.name === name);
    const found = stage && states.state(pipeline.name, name, key);
    return stage !== undefined && found?.shape === stage.shape ? snapshotOf(found.data) : undefined;
  };
  const stateOf = (name: string, key: number): unknown => {
    const bytes = bytesOf(name, key);
    if (bytes === undefined) return undefined;
    const operator = stages.find(({ operator: each }) => each.name === name)!.operator as Operator<unknown>;
    return operator.restore(new SnapshotReader(bytes, operator.version), key);
  };
  const judge = stages.map(({ operator }) => operator as unknown).find((operator) => operator instanceof JudgeStage);
  const own = <T>(make: () => T): (() => T) => once(() => together(make));
  return {
    progress,
    templates: own(() => readTemplates((key) => bytesOf('parse', key))),
    sessions: own(() => sessionsOf(stateOf('session', HEAD) as Head | undefined)),
    answers: own(() => (stateOf('judge', KEYS.answers) as Answers | undefined)?.shown() ?? []),
    scores: own(() => (judge === undefined ? NO_SCORES : scoresOf(pipeline, judge.inForce, stateOf('judge', KEYS.progress) as Progress | undefined))),
    models: own(() => modelsOf(pipeline, stateOf('judge', KEYS.model) as Model | undefined)),
    pattern: (name) =>
      together(() => patternOf(name, stateOf('judge', KEYS.model) as Model | undefined, stateOf('judge', KEYS.patterns) as Patterns | undefined)),
  };
}

/** The same answer to every question. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function sessionsOf(head: Head | undefined): KnownSessions {
  if (head?.grouping === undefined) return { by: 'none yet', evidence: [], open: 0 };
  const { by } = head.grouping;
  return { by: by === 'pattern' ? 'identifier' : by, evidence: head.evidence, open: head.opened - head.closed };
}

function scoresOf({ logs }: PipelineConfig, inForce: 'static' | 'dynamic', progress: Progress | undefined): LogScores {
  return progress?.compared.shown({ dynamic: logs?.threshold.name ?? 'dynamic', static: 'static' }, inForce) ?? NO_SCORES;
}

function modelsOf({ logs }: PipelineConfig, model: Model | undefined): LogModel[] {
  return model === undefined || logs === undefined ? [] : logModels(definitionOf(registry, 'judge', logs.judge.name)!, model);
}

function patternOf(name: string, model: Model | undefined, patterns: Patterns | undefined): KnownPattern {
  const pairs = pairsOfName(name);
  if (pairs === undefined || model === undefined || patterns === undefined) return { judged: 0, alerts: 0 };
  return patterns.history(hashOfPairs(model.known.reduced(pairs)));
}

/** What the format chose, in words. */
export function layoutOf({ format }: PipelineConfig, state: JsonValue): string[] {
  if (format === undefined || state === null) return [];
  return definitionOf(registry, 'format', format.name)?.create(format.options, new SeriesDictionary(1), state).report() ?? [];
}
