import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { barsSvg } from './bars.ts';
import { machine } from './machine.ts';
import { sectionsOf, writeSection } from './results.ts';
import { decimal, markdownOf, percentage, rate, share, withInterval } from './table.ts';

const folder = mkdtempSync(join(tmpdir(), 'homeostat-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('results', () => {
  it('keep the sections of others, in their order', () => {
    const path = join(folder, 'RESULTS.md');
    writeSection(path, 'speed', '## Speed\n\n1 row\n');
    writeSection(path, 'accuracy', '## Accuracy');
    writeSection(path, 'speed', '## Speed\n\n2 rows');
    const text = readFileSync(path, 'utf8');
    expect([...sectionsOf(text)]).toEqual([
      ['speed', '## Speed\n\n2 rows'],
      ['accuracy', '## Accuracy'],
    ]);
    expect(text.startsWith('# Results\n')).toBe(true);
    const before = text;
    writeSection(path, 'accuracy', '## Accuracy');
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('name the machine', () => expect(machine()).toMatch(/^\d+ cores .+ GiB, Node v\d/));
});

describe('tables', () => {
  it('are Markdown', () => {
    expect(markdownOf({ title: 'T', note: 'n', head: ['a', 'b'], rows: [['x|y', '1']] })).toBe('### T\n\nn\n\n| a | b |\n| --- | --- |\n| x\\|y | 1 |\n');
    expect(markdownOf({ title: 'T', note: '', head: ['a'], rows: [] })).toBe('### T\n\n| a |\n| --- |\n');
  });

  it('write figures as the field does', () => {
    expect([share(0.8314), share(1), share(-0.02), share(NaN)]).toEqual(['.831', '1.000', '-.020', '–']);
    expect(withInterval({ value: 0.5, low: 0.4, high: 0.6 })).toBe('.500 (.400 to .600)');
    expect(withInterval({ value: 0.5, low: NaN, high: NaN })).toBe('.500');
    expect([percentage(0.956), percentage(NaN), decimal(1.26), decimal(1.267, 2), decimal(NaN)]).toEqual(['96%', '–', '1.3', '1.27', '–']);
    expect([rate(24_470_000), rate(1_234), rate(12.34), rate(NaN)]).toEqual(['24.5 M', '1.23 k', '12.3', '–']);
  });
});

describe('bars', () => {
  it('are as long as their values, with the interval where there is one', () => {
    const svg = barsSvg('AP & more', [
      {
        title: 'set',
        bars: [
          { name: 'a<b', value: 0.5, low: 0.25, high: 0.75, kind: 0 },
          { name: 'c', value: 0.25, low: NaN, high: NaN, kind: 2 },
        ],
      },
    ]);
    expect(svg).toContain('AP &amp; more');
    expect(svg).toContain('a&lt;b');
    expect(svg).toContain('<rect class="k0" x="170" y="54" width="265.0" height="13"/>');
    expect(svg).toContain('<rect class="k2" x="170" y="71" width="132.5" height="13"/>');
    expect(svg.match(/class="w"/g)).toHaveLength(1);
    expect(svg).toContain('x1="302.5" x2="567.5"');
    expect(svg).toContain('prefers-color-scheme: dark');
  });
});
