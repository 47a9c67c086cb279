/** A drawing of horizontal bars in groups, readable on light and on dark ground. */

export interface Bar {
  name: string;
  value: number;
  /** 95% interval; NaN for none. */
  low: number;
  high: number;
  /** 0: ours, the one that is chosen when nothing is named; 1: others of ours; 2: peers. */
  kind: 0 | 1 | 2;
}

export interface BarGroup {
  title: string;
  bars: readonly Bar[];
}

const WIDTH = 760;
const LABELS = 170;
const ROW = 17;
const GAP = 34;
const SCALE = WIDTH - LABELS - 60;

const STYLE = `text { font: 12px system-ui, sans-serif; fill: #24292f } .t { font-weight: 600 } .k0 { fill: #0b7a75 } .k1 { fill: #7fb7b4 } .k2 { fill: #b9b4ab }
.w { stroke: #24292f; stroke-width: 1 } .g { stroke: #8884; stroke-width: 1 }
@media (prefers-color-scheme: dark) { text { fill: #d5dbe1 } .k0 { fill: #2fb8b0 } .k1 { fill: #3c7a78 } .k2 { fill: #6d6a65 } .w { stroke: #d5dbe1 } }`;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function drawn({ name, value, low, high, kind }: Bar, y: number, most: number): string {
  const x = (of: number): string => (LABELS + (SCALE * Math.min(of, most)) / most).toFixed(1);
  const middle = y + ROW / 2;
  const whisker = Number.isNaN(low) ? '' : `<line class="w" x1="${x(low)}" x2="${x(high)}" y1="${middle}" y2="${middle}"/>`;
  const width = ((SCALE * value) / most).toFixed(1);
  return `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text><rect class="k${kind}" x="${LABELS}" y="${y + 2}" width="${width}" height="${ROW - 4}"/>${whisker}<text x="${WIDTH - 4}" y="${middle + 4}" text-anchor="end">${value.toFixed(2)}</text>`;
}

/** Bars from 0 to `most` with their figures at the right; the thin line is the 95% interval. */
export function barsSvg(title: string, groups: readonly BarGroup[], most = 1): string {
  const parts: string[] = [];
  let y = 44;
  for (const group of groups) {
    parts.push(`<text class="t" x="4" y="${y}">${escaped(group.title)}</text>`);
    const top = y + 8;
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      const x = LABELS + SCALE * share;
      parts.push(`<line class="g" x1="${x}" x2="${x}" y1="${top}" y2="${top + group.bars.length * ROW}"/>`);
    }
    group.bars.forEach((bar, i) => parts.push(drawn(bar, top + i * ROW, most)));
    y = top + group.bars.length * ROW + GAP;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y - 10}" width="${WIDTH}" role="img" aria-label="${escaped(title)}"><style>${STYLE}</style><text class="t" x="4" y="18">${escaped(title)}</text>
${parts.join('\n')}
</svg>
`;
}
