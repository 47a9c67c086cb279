import { appendFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SessionDetail } from '../../core/contracts/logs.ts';
import type { LogScores, LogTemplate } from '../../core/log-api.ts';
import type { Verdict } from '../../core/verdicts.ts';
import { within } from '../../testing/index.ts';
import { detectLogs, thresholds } from './logs-detect.ts';
import { parse } from './logs-parse.ts';

let folder: string;
let out: string;
let err: string;

beforeEach(async () => {
  vi.stubEnv('NO_COLOR', '1');
  folder = await mkdtemp(join(tmpdir(), 'homeostat-logs-'));
  out = err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** Requests that begin, ask and end, three seconds apart; the odd ones fail between. */
function requests(n: number, odd: readonly number[] = [], from = 0): string[] {
  return Array.from({ length: n }, (_, k) => {
    const i = from + k;
    const at = (ms: number): string => new Date(Date.UTC(2026, 0, 1) + i * 3000 + ms).toISOString();
    return [
      `${at(0)} INFO web: request req-${1000 + i} begins from 10.0.0.${i % 20}`,
      `${at(10)} INFO db: query of req-${1000 + i} took ${i % 7} ms`,
      ...(odd.includes(i) ? [`${at(20)} ERROR db: query of req-${1000 + i} lost its connection, giving up`] : []),
      `${at(30)} INFO web: request req-${1000 + i} ends with status 200`,
    ];
  }).flat();
}

const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
const verdicts = (): Verdict[] =>
  out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Verdict);
const OPTIONS = { session: 'req-\\d+', judge: 'auto', quiet: true };

describe('logs parse', () => {
  const OPTION = { limit: 40 };

  it('writes a row a line, in order, with the template that each has in the end', async () => {
    const path = await file('app.log', text([...requests(50), '', 'no header at all', ...requests(2)]));
    expect(await parse([path], { ...OPTION, out: join(folder, 'rows.csv') })).toBe(0);
    const rows = (await readFile(join(folder, 'rows.csv'), 'utf8')).trimEnd().split('\n');
    expect(rows[0]).toBe('line,time,level,component,event_id,template,parameters');
    expect(rows).toHaveLength(1 + 150 + 1 + 6);
    expect(rows[1]).toMatch(/^1,2026-01-01T00:00:00\.000Z,info,web,\d+,request <\*> begins from <\*>,"\[""req-1000"",""10\.0\.0\.0""\]"$/);
    // The empty line is counted, and is no row.
    expect(rows[151]).toMatch(/^152,,,,\d+,no header at all,\[\]$/);
    expect(rows[152]).toMatch(/^153,/);
    expect(out).toMatch(/52 .*request <\*> begins from <\*>/);
    expect((await readdir(folder)).sort()).toEqual(['app.log', 'rows.csv']);
  });

  it('gives templates that merge one id, also to the lines before', async () => {
    const names = ['alice', 'bob', 'carol', 'dave', 'eve', 'frank', 'grace', 'heidi', 'ivan', 'judy', 'mallory', 'niaj'];
    const path = await file('app.log', text(names.map((name) => `2026-01-01T00:00:00Z INFO auth: session of ${name} was closed after a while`)));
    await parse([path], { ...OPTION, out: join(folder, 'rows.ndjson'), quiet: true });
    const rows = (await readFile(join(folder, 'rows.ndjson'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event_id: number; template: string; parameters: object[] });
    expect(new Set(rows.map(({ event_id }) => event_id)).size).toBe(1);
    expect(rows[0]).toMatchObject({ template: 'session of <*> was closed after a while', parameters: [{ type: 'text', value: 'alice' }] });
  });

  it('reads files one after another, packed ones too, and lists templates as JSON', async () => {
    const files = [await file('a.log.gz', gzipSync(text(requests(30)))), await file('b.log', text(requests(10, [], 30)))];
    await parse(files, { ...OPTION, json: true });
    const all = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LogTemplate);
    expect(all.map(({ text: words, count }) => [words, count])).toEqual(expect.arrayContaining([['request <*> begins from <*>', 40]]));
    expect(err).toContain('120 lines, 3 templates');
  });

  it('leaves nothing behind where a row cannot be written, and refuses a file of no known kind', async () => {
    const path = await file('app.log', text(requests(5)));
    await expect(parse([path], { ...OPTION, out: join(folder, 'rows.xml') })).rejects.toThrow('ends in neither .csv nor .ndjson');
    await expect(parse([path], { ...OPTION, out: join(folder, 'none', 'rows.csv') })).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    await expect(parse([await file('empty.log', '')], OPTION)).rejects.toMatchObject({ code: 'INPUT_EMPTY' });
    expect(await readdir(folder)).not.toContain('rows.xml');
  });
});

describe('logs detect', () => {
  it('says which session is odd and why, with the text of templates', async () => {
    const path = await file('app.log', text(requests(1500, [1200])));
    expect(await detectLogs([path], OPTIONS)).toBe(0);
    const [verdict] = verdicts().filter(({ anomalous }) => anomalous);
    expect(verdict).toMatchObject({ kind: 'session', subject: 'req-2200', member: 'new-event' });
    expect((verdict.detail as unknown as SessionDetail).reasons[0].text).toContain('query of <*> lost its connection, giving up');
    expect(out).not.toContain('{t:');
  });

  it('tells the same of many files merged by time, packed or not, as of one', async () => {
    const lines = requests(1500, [700, 1200]);
    await detectLogs([await file('all.log', text(lines))], OPTIONS);
    const whole = verdicts().map(({ subject, score, anomalous }) => ({ subject, score, anomalous }));
    out = '';
    const parts = [0, 1].map((part) => text(lines.filter((_, i) => i % 2 === part)));
    await detectLogs([await file('a.log', parts[0]), await file('b.log.gz', gzipSync(parts[1]))], OPTIONS);
    expect(verdicts().map(({ subject, score, anomalous }) => ({ subject, score, anomalous }))).toEqual(whole);
    expect(whole.length).toBeGreaterThan(0);
  });

  it('learns from a log of a normal time what is normal', async () => {
    const train = await file('train.log', text(requests(400)));
    const path = await file('app.log', text(requests(20, [403], 400)));
    const code = await detectLogs([path], { ...OPTIONS, train, failOnAnomaly: true, quiet: false });
    expect(new Set(verdicts().map(({ subject }) => subject))).toEqual(new Set(['req-1403']));
    expect(err).toContain('learnt from 1,200 lines');
    expect(code).toBe(3);
  });

  it('ends with 3 when asked to and a session is anomalous', async () => {
    const path = await file('app.log', text(requests(1500, [1200])));
    expect(await detectLogs([path], { ...OPTIONS, failOnAnomaly: true })).toBe(3);
    expect(await detectLogs([await file('calm.log', text(requests(1500)))], { ...OPTIONS, failOnAnomaly: true })).toBe(0);
  });

  it('writes a page with the lines of the session, marked', async () => {
    const path = await file('app.log', text(requests(1500, [1200])));
    await detectLogs([path], { ...OPTIONS, html: join(folder, 'report.html') });
    const page = await readFile(join(folder, 'report.html'), 'utf8');
    expect(page).toContain('<b>req-2200</b>');
    expect(page).toMatch(/<div class="marked">2026-01-01T01:00:00\.020Z ERROR db: query of req-2200 lost its connection, giving up<\/div>/);
  });

  it('counts sessions without a judge, and finds out what they are by itself', async () => {
    const path = await file('app.log', text(requests(1500)));
    await detectLogs([path], { session: 'auto', judge: 'none' });
    expect(err).toContain('4,500 lines, 3 templates');
    expect(err).toContain('req-1000');
    // Rates are not watched either.
    expect(verdicts()).toEqual([]);
  });

  it('says what is wrong with options and files', async () => {
    const path = await file('app.log', text(requests(5)));
    await expect(detectLogs([path], { ...OPTIONS, session: '(' })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    await expect(detectLogs([path], { ...OPTIONS, judge: 'autto' })).rejects.toThrow('"autto"');
    await expect(detectLogs([path], { ...OPTIONS, format: 'csv' })).rejects.toThrow('log lines are read by line');
    await expect(detectLogs([path], { ...OPTIONS, judge: 'none', train: path })).rejects.toThrow('--train teaches a judge');
    await expect(detectLogs([join(folder, 'none.log')], OPTIONS)).rejects.toMatchObject({ code: 'INPUT_UNREADABLE' });
  });

  it('follows a file until a signal, and tells what comes in time', async () => {
    const path = await file('app.log', text(requests(1500)));
    const ended = detectLogs([path], { ...OPTIONS, follow: true });
    await appendFile(path, text([...requests(1, [1500], 1500), ...requests(600, [], 1501)]));
    const told = async (): Promise<void> => {
      while (!out.includes('"subject":"req-2500"')) await new Promise((resolve) => setImmediate(resolve));
    };
    await within(told(), 'the verdict on what was appended', 20_000);
    process.emit('SIGINT');
    expect(await within(ended, 'the end', 20_000)).toBe(0);
  });
});

describe('logs thresholds', () => {
  it('gives the scores with what both thresholds flag', async () => {
    const path = await file('app.log', text(requests(1500, [700, 1200])));
    await thresholds([path], { ...OPTIONS, json: true });
    const scores = JSON.parse(out) as LogScores;
    expect(scores.thresholds.map(({ kind }) => kind)).toEqual(['dynamic', 'static']);
    expect(scores.counts.reduce((a, b) => a + b, 0)).toBeGreaterThan(500);
    await expect(thresholds([path], { ...OPTIONS, judge: 'none' })).rejects.toThrow('there are no scores');
  });
});
