/** The commands that help to choose how to detect, as a person runs them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectors } from '../../src/detectors/index.ts';
import { thresholds } from '../../src/thresholds/index.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'homeostat-choosing-'));
const BEGIN = Date.UTC(2026, 0, 1);
const SPIKES = [900, 1300, 1700];

function homeostat(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: folder, env: { ...process.env, NO_COLOR: '1' }, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

beforeAll(() => {
  const time = (i: number): string => new Date(BEGIN + i * 300_000).toISOString();
  const value = (i: number): string => (50 + Math.sin(i * 12.9898) + Math.sin(i * 78.233) + (SPIKES.includes(i) ? 30 : 0)).toFixed(4);
  const rows = Array.from({ length: 2000 }, (_, i) => `${time(i)},${value(i)},${(100 - Number(value(i))).toFixed(4)},${SPIKES.includes(i) ? 1 : 0}`);
  writeFileSync(join(folder, 'data.csv'), `time,load,idle,broken\n${rows.join('\n')}\n`);
  writeFileSync(join(folder, 'labels.csv'), `from,to\n${SPIKES.map((i) => `${time(i - 2)},${time(i + 2)}`).join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('homeostat detectors', () => {
  it('lists every detector and threshold', () => {
    const { code, out } = homeostat('detectors');
    expect(code).toBe(0);
    for (const { name } of [...detectors, ...thresholds]) expect(out).toMatch(new RegExp(`^${name} `, 'm'));
    const listed = JSON.parse(homeostat('detectors', '--json').out) as { detectors: { name: string; finds: string }[]; thresholds: unknown[] };
    expect([listed.detectors.length, listed.thresholds.length]).toEqual([detectors.length, thresholds.length]);
  });

  it.each(detectors.map(({ name }) => name))('explains %s, and draws it at work', (name) => {
    const { code, out, err } = homeostat('detectors', name);
    expect([code, err]).toEqual([0, '']);
    for (const head of ['finds', 'use it', 'warm-up', 'memory', 'threshold', 'source']) expect(out).toMatch(new RegExp(`^${head} +\\S`, 'm'));
    expect(out.replaceAll('\n', ' ')).toMatch(/With the default options: \d+ alerts?\./);
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(out).toMatch(/score {2}[\d,]+ rows/);
  });

  it('says what was probably meant', () => {
    const { code, err } = homeostat('detectors', 'emma');
    expect(code).toBe(2);
    expect(err).toContain('did you mean "ema"?');
  });
});

describe('homeostat compare', () => {
  it('says where detectors alert and agree, and what they cost', () => {
    const { code, out } = homeostat('compare', 'data.csv', '-c', 'load', '-d', 'ema:span=50', '-d', 'sma:window=50', '-k', '8');
    expect(code).toBe(0);
    expect(out).toMatch(/^ema:span=50 +3 /m);
    expect(out).toMatch(/^ema:span=50 +· +100%/m);
    expect(out).toContain('●');
  });

  it('measures against labels, of a file or of a column', () => {
    for (const labels of ['labels.csv', 'broken']) {
      const { code, out } = homeostat('compare', 'data.csv', '-c', 'load', '-d', 'ema:span=50', '-k', '8', '--labels', labels, '--json');
      expect(code).toBe(0);
      const [{ againstLabels }] = (JSON.parse(out) as { total: { againstLabels: object }[] }).total;
      expect(againstLabels).toMatchObject({ stretches: 3, found: 3, precision: 1, recall: 1, falseAlarmsADay: 0 });
    }
  });

  it('writes a page that needs nothing but itself', () => {
    const { code, err } = homeostat('compare', 'data.csv', '--columns', 'load,idle', '-d', 'ema', '--html', 'page.html');
    expect(code).toBe(0);
    expect(err).toContain('page.html');
    const page = readFileSync(join(folder, 'page.html'), 'utf8');
    expect(page).toContain("default-src 'none'");
    expect(page).toContain('class="alert"');
    expect(page).not.toMatch(/(src|href)=/);
  });

  it.each(['compare', 'tune'])('%s says why a file without a number cannot be judged, and which labels are not there', (command) => {
    writeFileSync(join(folder, 'words.csv'), 'a,b\nx,y\nz,w\n');
    const { code, err } = homeostat(command, 'words.csv');
    expect(code).toBe(1);
    expect(err).toContain('none of its 2 rows fits; line 2: no column of numbers among a, b');
    expect(homeostat(command, 'data.csv', '--columns', 'load', '--html', 'nowhere/page.html').err).toContain('its folder is not there');
    if (command === 'compare')
      expect(homeostat('compare', 'data.csv', '--labels', 'gone.csv').err).toContain('there is no file gone.csv, and data.csv has no column "gone.csv"');
  });

  it('says what is wrong: labels without a time, a detector that takes one column', () => {
    writeFileSync(join(folder, 'bad.csv'), '2026-01-01\nsoon\n');
    expect(homeostat('compare', 'data.csv', '--labels', 'bad.csv').err).toContain('line 2 (soon) is no time');
    const one = detectors.find(({ columns }) => columns === 'one');
    if (one !== undefined) expect(homeostat('compare', 'data.csv', '--columns', 'load,idle', '-d', one.name)).toMatchObject({ code: 2 });
  });
});

describe('homeostat tune', () => {
  it('proposes a configuration for a budget of alerts, and says what it would have alerted on', () => {
    const { code, out } = homeostat('tune', 'data.csv', '--columns', 'load', '--budget', '3/week', '--json');
    expect(code).toBe(0);
    const [{ proposed, alerts, candidates }] = JSON.parse(out) as {
      proposed: string;
      alerts: { time: string }[];
      candidates: { name: string; score: number }[];
    }[];
    expect(proposed).toMatch(/^detect:\n {2}detector: /);
    expect(proposed).toMatch(/threshold:\n {4}budget:\n {6}alerts: 3\n {6}per: 7d/);
    expect(alerts.length).toBeGreaterThan(0);
    expect(candidates.length).toBeGreaterThan(1);
  });

  it('refuses a budget that is none', () => {
    const { code, err } = homeostat('tune', 'data.csv', '--budget', 'few');
    expect(code).toBe(2);
    expect(err).toContain('2/week');
  });
});
