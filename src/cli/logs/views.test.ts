import fc from 'fast-check';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { visibleLength } from '../terminal.ts';
import { logsPage } from './page.ts';
import { progressLine } from './progress.ts';
import { SAMPLE } from './sample.fixture.ts';
import { distribution, levels } from './svg.ts';
import { blocks, scoresText, sessionsText, templatesText } from './text.ts';

const plain = pc.createColors(false);

describe('the page', () => {
  const page = logsPage(SAMPLE);

  it('loads nothing and runs nothing', () => {
    expect(page).toContain("default-src 'none'; style-src 'unsafe-inline'");
    expect(page).not.toMatch(/<script|src=|href=|url\(|\son\w+=/);
  });

  it('shows text of the log as text', () => {
    expect(page).toContain('hdfs.log &amp; more');
    expect(page).toContain('is &lt;b&gt;wrong&lt;/b&gt;');
    expect(page).toContain('Receiving blk_&lt;1&gt;');
  });

  it('marks the lines that made a session odd, with the template where the line is gone', () => {
    expect(page).toContain('<div class="marked">Checksum of &lt;*&gt; is wrong</div>');
    expect(page).toContain('<div>Receiving blk_&lt;1&gt;</div>');
  });

  it('names both thresholds with what they flag, and the one in force', () => {
    expect(page).toContain('quantile: limit 2, flags 2, in force');
    expect(page).toContain('static: limit 0.5, flags 100<');
  });

  it('shows counts that differ from the nearest normal session, and only those', () => {
    expect(page).toContain('<tr><td class="number">1</td><td class="number">3</td><td><code>Receiving');
    expect(page).not.toContain('<td class="number">2</td><td class="number">2</td>');
  });

  it('draws the loss of a model, and is whole without anything', () => {
    expect(page).toContain('aria-label="loss by epoch"');
    const none = { edges: [], counts: [], thresholds: [], time: [], sessions: [], flagged: [], limits: [] };
    const empty = { ...SAMPLE, sessions: [], models: [], scores: none, overview: { ...SAMPLE.overview, anomalous: 0, first: null, last: null } };
    expect(logsPage({ ...empty, templates: { ...SAMPLE.templates, templates: [], total: 0 } })).toContain('<p>None.</p>');
  });
});

describe('charts', () => {
  it('draw at a few round levels', () => {
    expect(levels(7)).toEqual([0, 2, 4, 6]);
    expect(levels(1000)).toEqual([0, 500, 1000]);
  });

  it('put a limit where it lies between the scores', () => {
    const svg = distribution('d', [1, 10, 100], [5, 5], [{ style: 'static', at: 10 }]);
    expect(svg).toContain('<line class="static" x1="526" x2="526"');
  });

  it('hold no number that is none', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 30 }), (counts) => {
        const edges = Array.from({ length: counts.length + 1 }, (_, i) => 0.01 * 1.5 ** i);
        expect(distribution('d', edges, counts, [{ style: 'static', at: 1e9 }])).not.toMatch(/NaN|Infinity/);
      }),
    );
  });
});

describe('the terminal', () => {
  const { templates, sessions, scores } = SAMPLE;

  it('lists templates with count, trend and level', () => {
    expect(templatesText(templates, 80, plain).split('\n')).toEqual([
      'id  lines  trend         level  template',
      ' 1  9,000  ▁▁▁ █         info   Receiving <*>',
      ' 2  3,000  ▁▁▁ █         info   stored: pinned Stored <*>',
      ' 9      1  ▃▆█ ▃         error  ignored Checksum of <*> is <b>wrong</b>',
      '',
    ]);
  });

  it('says of each session why', () => {
    expect(sessionsText(sessions, 62, plain).split('\n').slice(0, 5)).toEqual([
      '2026-01-01 00:01:00  blk_<1>  4.25 of 2  3 lines, new pattern',
      '    new-event: "Checksum of <*> is wrong" was never seen in a',
      '    session',
      '2026-01-01 00:01:00  blk_2  2.50 of 2',
      '    3 lines, pattern met 3 times before',
    ]);
    const [one] = sessions;
    const long = { ...one, reasons: [{ judge: 'new-event', text: 'word '.repeat(200) }] };
    const lines = sessionsText([long], 80, plain).trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines.at(-1)).toMatch(/…$/);
    for (const line of lines) expect(visibleLength(line)).toBeLessThanOrEqual(80);
  });

  it('draws the distribution with both limits in it, and what each flags', () => {
    const text = scoresText(scores, 100, plain);
    expect(text).toContain('      0.1 │████');
    expect(text).toMatch(/ 0\.3 │ +◀ static 0\.5/);
    expect(text).toMatch(/ 1 │█+ 98 +◀ quantile 2/);
    expect(text).toMatch(/● quantile +dynamic, in force +2 +2 +0\.2%/);
  });

  it('is never wider than it is, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 60, max: 200 }), (text, width) => {
        const [one] = templates.templates;
        const shown = templatesText({ ...templates, templates: [{ ...one, text }], total: 1 }, width, plain);
        expect(shown.split('\n')).toHaveLength(3);
        for (const line of shown.split('\n')) expect(visibleLength(line)).toBeLessThanOrEqual(width);
        expect(shown).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
      }),
    );
  });

  it('draws what a trend is about in a few blocks', () => {
    expect(blocks([0, 1, 8], 12)).toBe(' ▂█');
    expect(blocks([8, 8, 0, 0, 4, 4], 3)).toBe('█ ▅');
    expect(blocks([], 3)).toBe('');
  });
});

describe('progress', () => {
  it('says speed, memory and time left', () => {
    const half = progressLine({ read: 50, lines: 3000, more: '2 anomalous' }, 100, 2, 64 * 1024 * 1024, plain);
    expect(half).toBe('████████████░░░░░░░░░░░░  50%  1,500 lines/s  64 MiB  2 s left  2 anomalous');
    expect(progressLine({ read: 2048, lines: 10, more: '' }, undefined, 1, 1024, plain)).toBe('10 lines  2.0 KiB  10 lines/s  1.0 KiB');
  });

  it('draws the rate over time of each threshold in one line, however narrow and however often nothing is flagged', () => {
    const stretches = Array.from({ length: 200 }, (_, i) => i);
    const scores = {
      ...SAMPLE.scores,
      time: stretches.map((i) => new Date(Date.UTC(2026, 0, 1, i)).toISOString()),
      sessions: stretches.map(() => 50),
      flagged: stretches.map((i) => [i % 3 === 0 ? 1 : 0, i > 150 ? 5 : 0]),
    };
    for (const width of [80, 100, 160]) {
      const text = scoresText(scores, width, plain);
      const table = text.slice(text.indexOf('threshold')).trimEnd().split('\n');
      expect(table).toHaveLength(4);
      for (const line of table) expect(visibleLength(line)).toBeLessThanOrEqual(width);
    }
  });
});
