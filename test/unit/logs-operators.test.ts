/** The stages of logs keep what every operator promises, over lines of a simulated log and while people talk. */
import { describe, it } from 'vitest';
import { PARSED_WIDTH, type Operator, type StageControl, type StageOutput } from '../../src/core/contracts.ts';
import { EventBuilder, SeriesDictionary, type EventBatch } from '../../src/core/events.ts';
import { emptyVerdicts } from '../../src/core/verdicts.ts';
import { parseConfig } from '../../src/pipeline/load.ts';
import { decoders } from '../../src/pipeline/logs/run.ts';
import { registry } from '../../src/pipeline/registry.ts';
import { stagesOf } from '../../src/pipeline/stages.ts';
import { memoryStates } from '../../src/testing/memory-states.ts';
import { operatorChecks } from '../../src/testing/operator-suite.ts';
import { hdfsLog } from '../support/log-file.ts';
import { logYaml, MAX_LINE } from '../support/log-scenario.ts';

const LINES = 260;

/** Bounds so small that each of them is reached by a few hundred lines. */
const [pipeline] = parseConfig(
  logYaml()
    .replace('max_templates: 32, forget_after: 1500', 'max_templates: 16, forget_after: 40')
    .replace('every: 10s, max_templates: 8', 'every: 1s, max_templates: 3')
    .replace('idle: 30s, close_after: 90s, max_sequence: 12, max_open: 60', 'idle: 2s, close_after: 6s, max_sequence: 5, max_open: 8')
    .replace('confirm_after: 30s, warm_up: 60, max_waiting: 10', 'confirm_after: 2s, warm_up: 10, max_waiting: 10')
    .replace('rollup: 10s', 'rollup: 3s'),
  'homeostat.yaml',
  {},
).pipelines;

function stage(name: string, dictionary: SeriesDictionary): Operator<unknown> {
  const { operator } = stagesOf(pipeline, registry, dictionary, 'cafe').find((plan) => plan.operator.name === name)!;
  return operator;
}

/** The series that the stages know by then. */
function named(keys: readonly string[] = ['lines']): SeriesDictionary {
  const dictionary = new SeriesDictionary();
  for (const key of keys) dictionary.intern(key);
  return dictionary;
}

/** What a stage puts out of the whole input. */
function outOf(name: string, input: EventBatch, width: number): EventBuilder {
  const dictionary = named();
  const operator = stage(name, dictionary);
  const states = memoryStates(operator);
  const out: StageOutput = { events: new EventBuilder(dictionary, width), verdicts: emptyVerdicts(1, 1), rollups: [] };
  operator.process(input, states, out);
  operator.advance(input.time[input.length - 1] - 1, states, out);
  return out.events as EventBuilder;
}

const log = await hdfsLog({ count: LINES, seed: 5, maxLine: MAX_LINE });
const lines = new EventBuilder(named(), 1, LINES, true);
decoders(pipeline, lines.dictionary)().decode({ kind: 'bytes', partition: 0, offset: 0, bytes: log, begins: true, ends: true, name: 'made' }, lines);
const parsed = outOf('parse', lines, PARSED_WIDTH);
const looks = outOf('session', parsed, 1);

const edit = (row: number, made: Extract<StageControl, { type: 'template' }>['edit']): { row: number; control: StageControl } => ({
  row,
  control: { type: 'template', edit: made, by: 'eva', at: 0 },
});
const answer = (row: number, id: string, pattern: string, says: 'normal' | 'anomalous'): { row: number; control: StageControl } => ({
  row,
  control: { type: 'log-answer', at: 0, answer: { id, pattern, says, reason: '', by: 'eva', session: '' } },
});

describe.each([
  { name: 'parse', input: lines, width: PARSED_WIDTH, controls: [] },
  {
    name: 'parse',
    input: lines,
    width: PARSED_WIDTH,
    controls: [
      edit(60, { do: 'merge', templates: [2], into: 3 }),
      edit(90, { do: 'pin', template: 1, pinned: true }),
      edit(120, { do: 'split', template: 1, word: 0, values: ['Receiving', 'BLOCK*'] }),
      edit(150, { do: 'ignore', template: 3, ignored: true }),
    ],
  },
  { name: 'rate', input: parsed, width: 1, controls: [] },
  { name: 'session', input: parsed, width: 1, controls: [] },
  {
    name: 'judge',
    input: looks,
    width: 1,
    controls: [
      answer(12, 'a1', '1:1', 'anomalous'),
      answer(18, 'a2', '1:1', 'normal'),
      { row: 24, control: { type: 'undo-log-answer', id: 'a1', by: 'eva', at: 0 } as const },
    ],
  },
])('$name over a simulated log, $controls.length things said', ({ name, input, width, controls }) => {
  const keys = input.dictionary.all.map(({ key }) => key);
  const checks = operatorChecks<unknown>({ name, make: (dictionary) => stage(name, dictionary), dictionary: () => named(keys), input, width, controls });
  for (const check of checks) it(check.name, { timeout: 60_000 }, check.run);
});
