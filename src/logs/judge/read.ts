/** What people are shown of a judge: read from the states of its stage, as committed. */
import type { LogAnswerPreview, LogAnswerShown, LogModel, LogScores } from '../../core/log-api.ts';
import { SnapshotReader } from '../../core/snapshot.ts';
import { hashOfPairs } from '../judges/vectors.ts';
import { Answers, fateOf, pairsOfName } from './answers.ts';
import type { JudgePlan } from './options.ts';
import { PATTERN_DAYS, Patterns } from './patterns.ts';
import { Progress } from './progress.ts';
import { JudgeStage, KEYS, Model, type JudgeState } from './stage.ts';

export interface JudgeReport {
  sessionsJudged: number;
  anomalous: number;
  /** Sessions that wait to be confirmed, or for the warm-up. */
  waiting: number;
  /** False while it trains or warms up. */
  isReady: boolean;
  scores: LogScores;
  models: LogModel[];
  answers: LogAnswerShown[];
}

/** Reads the snapshots of the stage `judge`: `state` gives the bytes of a key, as the ledger holds them, or undefined. */
export function readJudge(plan: JudgePlan, state: (key: number) => Uint8Array | undefined): JudgeReport {
  const stage = new JudgeStage(plan);
  const read = reader(stage, state);
  const progress = read(KEYS.progress) as Progress;
  const { judged, anomalous, compared } = progress;
  const answers = read(KEYS.answers) as Answers;
  return {
    sessionsJudged: judged,
    anomalous,
    waiting: (read(KEYS.waiting) as { size: number }).size,
    isReady: progress.isReady,
    scores: compared.shown({ dynamic: plan.threshold.name, static: 'static' }, stage.inForce),
    models: modelsOf(plan, read(KEYS.model) as Model),
    answers: answers.shown(),
  };
}

/** Cards of the judge and of those that it combines. */
function modelsOf({ judge: definition }: JudgePlan, { known, judge }: Model): LogModel[] {
  const described = (judge.describe?.() ?? []).map((line): [string, string] => {
    const at = line.indexOf(': ');
    return at < 0 ? ['learnt', line] : [line.slice(0, at), line.slice(at + 2)];
  });
  const own = judge.card?.();
  const card: [string, string][] = [
    ['what it finds', definition.about.finds],
    ['sessions learnt', String(known.learnt)],
    ['different counts of events', String(known.vectors)],
    ['events that do not count', known.free.length === 0 ? 'none' : known.free.map((event) => `{t:${event}}`).join(', ')],
    ...described,
    ...(own?.card ?? []),
  ];
  return [{ judge: definition.name, card, loss: own?.loss ?? [] }, ...(judge.cards?.() ?? [])];
}

/**
 * What an answer would have changed over the last days of event time: silenced alerts of its pattern, or sessions of it that would have
 * been alerts. Throws nothing; a pattern that was never met changes nothing.
 */
export function previewAnswer(
  plan: JudgePlan,
  state: (key: number) => Uint8Array | undefined,
  pattern: string,
  says: 'normal' | 'anomalous',
): LogAnswerPreview {
  const read = reader(new JudgeStage(plan), state);
  const { normal, anomalous } = (read(KEYS.answers) as Answers).votes(pattern);
  const { known } = read(KEYS.model) as Model;
  const pairs = pairsOfName(pattern);
  const history = pairs === undefined ? { judged: 0, alerts: 0 } : (read(KEYS.patterns) as Patterns).history(hashOfPairs(known.reduced(pairs)));
  const then = fateOf(normal + (says === 'normal' ? 1 : 0), anomalous + (says === 'anomalous' ? 1 : 0));
  return {
    pattern,
    days: PATTERN_DAYS,
    alerts: history.alerts,
    silenced: then === 'silenced' ? history.alerts : 0,
    added: then === 'flagged' ? history.judged - history.alerts : 0,
    normal,
    anomalous,
    then,
  };
}

function reader(stage: JudgeStage, state: (key: number) => Uint8Array | undefined): (key: number) => JudgeState {
  return (key) => {
    const bytes = state(key);
    return bytes === undefined ? stage.create(key) : stage.restore(new SnapshotReader(bytes, stage.version), key);
  };
}
