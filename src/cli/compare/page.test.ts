import { describe, expect, it } from 'vitest';
import { comparePage, compareSvg, type PageSeries } from './page.ts';

const numbers = (...values: number[]): Float64Array => Float64Array.from(values);

/** Three rows: a value that rises, one that is missing, one at the top; the score is none, at its limit, and below 0. */
function series(): PageSeries {
  const none = numbers(NaN, NaN, NaN);
  return {
    rows: { key: 'a<b', unit: '', width: 1, time: numbers(0, 475, 949), values: numbers(0, NaN, 10) },
    labels: undefined,
    ways: [
      {
        name: 'ema',
        words: [],
        said: {
          score: numbers(NaN, 3, -1),
          limit: numbers(3, 3, 3),
          expected: none,
          lower: none,
          upper: none,
          onset: numbers(0, 1, 0),
          anomalous: Uint8Array.of(0, 1, 0),
          words: [],
          seconds: 0,
        },
      },
    ],
  };
}

/** The corners of a path of `M x y l dx dy …`, absolute. */
function corners(path: string): [number, number][] {
  const [, x, y, steps] = /^M(\S+) (\S+)l([^VZ]*)/.exec(path)!;
  const all = Array.from(steps.matchAll(/-?(?:\d+\.?\d*|\.\d+)/g), ([text]) => Number(text));
  const points: [number, number][] = [[Number(x), Number(y)]];
  for (let i = 0; i < all.length; i += 2) points.push([points.at(-1)![0] + all[i], points.at(-1)![1] + all[i + 1]]);
  return points;
}

describe('the picture of a comparison', () => {
  const svg = compareSvg(series());
  const path = (name: string): string => new RegExp(`class="${name}" d="([^"]*)"`).exec(svg)![1];

  it('breaks the words above a table at the width of the window, since only the table scrolls', () => {
    const page = comparePage({ title: 'a', note: '', tables: [{ caption: 'words', head: ['a'], rows: [['1']] }], series: [], unshown: 0 });
    expect(page).toMatch(/caption \{[^}]*max-width: calc\(100vw/);
  });

  it('draws the values from the least at the bottom to the most at the top, and nothing where one is missing', () => {
    expect(path('line')).toBe('M150 146l949-142');
  });

  it('draws the score as a share of twice its limit, warming up and less than 0 at the base', () => {
    const points = corners(path('area'));
    expect(points[0]).toEqual([150, 202]);
    expect(points.filter(([, y]) => y !== 202)).toEqual([[625, 180]]);
    expect(path('area')).toMatch(/V202Z$/);
  });

  it('names the detector beside its strip, options below it, cut where there is no room', () => {
    const named = compareSvg({ ...series(), ways: [{ ...series().ways[0], name: 'ema:span=30,min_spread=0.00001' }] });
    expect(svg).toContain('<text x="142" y="184" text-anchor="end">ema</text>');
    expect(named).toContain('<text x="142" y="177" text-anchor="end">ema</text><text x="142" y="191" text-anchor="end">span=30,min_spread=0.…</text>');
  });

  it('marks the alert and the anomalous row, and names are text', () => {
    expect(svg).toContain('<circle class="alert" cx="625" cy="162" r="4"/>');
    expect(svg).toContain('<rect class="odd" x="625" y="199" width="1" height="3"/>');
    expect(svg).toContain('aria-label="a&lt;b, and the score of ema below it"');
  });
});
