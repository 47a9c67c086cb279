import { describe, expect, test } from 'vitest';
import type { KeyedStates, StageOutput } from '../../core/contracts.ts';
import { FIRST_SEEN, LEVELS, PARSED_WIDTH, TEMPLATE, type TemplateEdit } from '../../core/contracts/logs.ts';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { emptyVerdicts } from '../../core/verdicts.ts';
import { memoryStates, type MemoryStates, type SavedStates } from '../../testing/memory-states.ts';
import { mixedLines, wordOf } from '../miner/miner.fixture.ts';
import { readTemplates, type ParsedTemplates } from './read.ts';
import { ParseStage } from './stage.ts';

type States = ReturnType<ParseStage['create']>;
const DEFAULTS = { max_templates: 20_000, forget_after: 1_000_000 };
const encoder = new TextEncoder();
const START = Date.UTC(2026, 0, 5);

/** Rows a second apart whose message is behind a header; every seventh is an error. */
function batchOf(lines: readonly string[], from = 0, step = 1000): EventBuilder {
  const batch = new EventBuilder(new SeriesDictionary(), 0, 16, true);
  const series = batch.dictionary.intern('log');
  lines.forEach((line, i) => {
    const n = from + i;
    const at = batch.row(series, START + n * step, 0, n * 100, 0);
    const start = batch.lines!.append(encoder.encode(`host: ${line}`));
    const end = start + encoder.encode(line).length + 6;
    const level = LEVELS.indexOf(n % 7 === 0 ? 'error' : 'info');
    batch.lines!.row(at, { start, end, message: start + 6, messageEnd: end, component: start, componentEnd: start + 4, level, stated: NaN });
  });
  return batch;
}

class Run {
  stage = new ParseStage(DEFAULTS);
  states: MemoryStates<States>;
  readonly rows: number[][] = [];
  readonly texts: string[] = [];
  readonly options: typeof DEFAULTS;
  #row = 0;

  constructor(options = DEFAULTS) {
    this.options = options;
    this.stage = new ParseStage(options);
    this.states = memoryStates<States>(this.stage);
  }

  feed(lines: readonly string[], step?: number): void {
    const batch = batchOf(lines, this.#row, step);
    const out: StageOutput = { events: new EventBuilder(batch.dictionary, PARSED_WIDTH), verdicts: emptyVerdicts(1, 1), rollups: [] };
    this.stage.process(batch, this.states, out);
    this.#row += lines.length;
    const { events } = out;
    for (let i = 0; i < events.length; i++) {
      this.rows.push([events.time[i], events.offset[i], events.values[i * PARSED_WIDTH + TEMPLATE], events.values[i * PARSED_WIDTH + FIRST_SEEN]]);
      const { bytes, message, messageEnd } = events.lines!;
      this.texts.push(Buffer.from(bytes.subarray(message[i], messageEnd[i])).toString());
    }
  }

  say(edit: TemplateEdit): void {
    this.stage.control({ type: 'template', edit, by: 'tester', at: 0 }, this.states);
  }

  saved(): SavedStates {
    return this.states.save();
  }

  restart(): void {
    const saved = this.saved();
    this.stage = new ParseStage(this.options);
    this.states = memoryStates<States>(this.stage, saved);
  }

  shown(): ParsedTemplates {
    const { states } = this.saved();
    return readTemplates((key) => states.get(key));
  }
}

describe('the stage parse', () => {
  const lines = mixedLines(600, 3);

  test('puts out a row a line, with its template and its text', () => {
    const run = new Run();
    run.feed(lines);
    expect(run.rows).toHaveLength(lines.length);
    expect(run.texts).toEqual(lines);
    expect(run.rows[0]).toEqual([START, 0, 1, 1]);
    const firsts = run.rows.filter((row) => row[3] === 1).map((row) => row[2]);
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  test.each([1, 7, 50])('says the same in batches of %i, with a restart before each', (size) => {
    const options = { max_templates: 30, forget_after: 50 };
    const whole = new Run(options);
    whole.feed(lines);
    const cut = new Run(options);
    for (let i = 0; i < lines.length; i += size) {
      cut.restart();
      cut.feed(lines.slice(i, i + size));
    }
    expect(cut.rows).toEqual(whole.rows);
    expect(cut.shown().templates).toEqual(whole.shown().templates);
  });

  test('writes only the pages whose templates had lines or changed', () => {
    const run = new Run();
    run.feed(Array.from({ length: 400 }, (_, i) => `${wordOf(i)} ${wordOf(i)} ${wordOf(i)}`));
    const marked: number[] = [];
    const watched: KeyedStates<States> = {
      ...run.states,
      get: (key) => {
        marked.push(key);
        return run.states.get(key);
      },
    };
    const out: StageOutput = { events: new EventBuilder(new SeriesDictionary(), PARSED_WIDTH), verdicts: emptyVerdicts(1, 1), rollups: [] };
    run.stage.process(batchOf([`${wordOf(100)} ${wordOf(100)} ${wordOf(100)}`], 400), watched, out);
    // The template of line 100 is in slot 101: page 1.
    expect(new Set(marked)).toEqual(new Set([0, 4]));
  });

  test('goes on when the host dropped cold states', () => {
    const whole = new Run();
    whole.feed(lines);
    const run = new Run();
    run.feed(lines.slice(0, 300));
    // The root is dropped and read back while its pages are still at hand, then a page while the root is.
    for (const key of [0, 2]) {
      const saved = memoryStates<States>(run.stage, run.saved());
      const before = run.states;
      const fresh = new Map<number, States | undefined>();
      const pick = (at: number, mark: boolean): States | undefined => {
        if (at !== key) return mark ? before.get(at) : before.peek(at);
        if (!fresh.has(at)) fresh.set(at, saved.peek(at));
        return fresh.get(at);
      };
      run.states = { ...before, get: (at) => pick(at, true)!, peek: (at) => pick(at, false) };
      run.feed(lines.slice(key === 0 ? 300 : 450, key === 0 ? 450 : 600));
    }
    expect(run.rows).toEqual(whole.rows);
  });

  test('lines of ignored templates are counted and left out; the text of the others stays with them', () => {
    const run = new Run();
    run.feed(['beat 1', 'work 1']);
    run.say({ do: 'ignore', template: 1, ignored: true });
    run.restart();
    run.feed(['beat 2', 'work 2', 'beat 3', 'rest 3', 'beat 4']);
    expect(run.texts).toEqual(['beat 1', 'work 1', 'work 2', 'rest 3']);
    expect(run.rows.map((row) => row[2])).toEqual([1, 2, 2, 3]);
    expect(run.shown().templates[0]).toMatchObject({ id: 1, ignored: true, count: 4 });
    run.say({ do: 'ignore', template: 1, ignored: false });
    run.feed(['beat 5']);
    expect(run.texts.at(-1)).toBe('beat 5');
  });

  test('blames the row whose batch holds no text', () => {
    const stage = new ParseStage(DEFAULTS);
    const batch = new EventBuilder(new SeriesDictionary(), 0);
    batch.row(0, START, 0, 0, 0);
    const out: StageOutput = { events: new EventBuilder(batch.dictionary, PARSED_WIDTH), verdicts: emptyVerdicts(1, 1), rollups: [] };
    expect(() => stage.process(batch, memoryStates<States>(stage), out)).toThrow('no log lines');
  });
});

describe('what is shown of templates', () => {
  test('counts, times, levels, an example and parameters with types', () => {
    const run = new Run();
    run.feed(Array.from({ length: 20 }, (_, i) => `job ${i} of 10.0.0.${i} took ${i}.5 s`));
    run.feed(['stopped']);
    run.say({ do: 'name', template: 2, name: 'the end' });
    const shown = run.shown();
    expect(shown.lines).toBe(21);
    expect([shown.first, shown.last]).toEqual([START, START + 20_000]);
    expect(shown.templates).toEqual([
      {
        id: 1,
        text: 'job <*> of <*> took <*>',
        name: null,
        level: 'info',
        count: 20,
        first: START,
        last: START + 19_000,
        pinned: false,
        ignored: false,
        example: 'job 0 of 10.0.0.0 took 0.5 s',
        parameters: [
          { type: 'integer', examples: ['0', '1', '3', '7'] },
          { type: 'ip', examples: ['10.0.0.0', '10.0.0.1', '10.0.0.3', '10.0.0.7'] },
          { type: 'text', examples: ['0.5 s', '1.5 s', '3.5 s', '7.5 s'] },
        ],
        trend: [...Array.from({ length: 20 }, () => 1), 0],
      },
      expect.objectContaining({ id: 2, text: 'stopped', name: 'the end', count: 1, parameters: [] }),
    ]);
  });

  test('a trend has at most 60 buckets, which double in width and lose no line', () => {
    const run = new Run();
    for (let i = 0; i < 50; i++) {
      run.feed(
        Array.from({ length: 20 }, (_, k) => `tick ${k}`),
        7000,
      );
      run.restart();
    }
    const { templates, bucket, from } = run.shown();
    expect(from).toBe(START);
    expect(bucket).toBe(128_000);
    expect(templates[0].trend.length).toBeLessThanOrEqual(60);
    expect(templates[0].trend.reduce((a, b) => a + b)).toBe(1000);
    expect(templates[0].trend[0]).toBe(Math.ceil(128 / 7));
  });

  test('what was counted follows merges by the miner and by people', () => {
    const run = new Run();
    run.feed(['red', 'green', 'blue', 'black', 'white', 'pink'].map((colour) => `the ${colour} lamp is on`));
    run.feed(['off', 'off']);
    expect(run.shown().templates.map(({ id, count, first }) => [id, count, first])).toEqual([
      [1, 6, START],
      [5, 2, START + 6000],
    ]);
    run.say({ do: 'merge', templates: [5], into: 1 });
    const shown = run.shown();
    expect(shown.templates.map(({ id, count, last }) => [id, count, last])).toEqual([[1, 8, START + 7000]]);
    expect([2, 5].map(shown.resolve)).toEqual([1, 1]);
  });

  test('nothing committed is shown as nothing', () => {
    expect(readTemplates(() => undefined)).toMatchObject({ templates: [], lines: 0, bucket: NaN, from: NaN, first: NaN });
  });
});
