/** The drift experiment as a drawing: the flagged share over time under each threshold beside the true one; readable on light and on dark ground. */
import type { DriftFigure } from './drift.ts';

const WIDTH = 760;
const HEIGHT = 280;
const LEFT = 48;
const RIGHT = 16;
const TOP = 40;
const BOTTOM = 76;
/** Of an entry of the legend, two of which stand in a row. */
const ENTRY = 340;
const ROW = 20;

const STYLE = `text { font: 12px system-ui, sans-serif; fill: #24292f } .h { font-weight: 600 } polyline { fill: none; stroke-width: 2 }
.truth { stroke: #24292f; stroke-dasharray: 4 3 } .l0 { stroke: #c2410c } .l1 { stroke: #0b7a75 } .l2 { stroke: #7c5cc4 } .g { stroke: #8884; stroke-width: 1 }
@media (prefers-color-scheme: dark) { text { fill: #d5dbe1 } .truth { stroke: #d5dbe1 } .l0 { stroke: #fb923c } .l1 { stroke: #2fb8b0 } .l2 { stroke: #a78bfa } }`;

const x = (i: number, of: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * (i + 0.5)) / of;
const y = (share: number): number => TOP + (HEIGHT - TOP - BOTTOM) * (1 - share);

function line(shares: readonly number[], name: string): string {
  const points = shares.flatMap((share, i) => (Number.isNaN(share) ? [] : [`${x(i, shares.length).toFixed(1)},${y(share).toFixed(1)}`]));
  return `<polyline class="${name}" points="${points.join(' ')}"/>`;
}

export function driftSvg({ judge, training, time, truth, lines }: DriftFigure): string {
  const title = `Flagged share of sessions over time: ${judge}, the first ${training.toLocaleString('en')} lines learnt and nothing afterwards`;
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<line class="g" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(share)}" y2="${y(share)}"/><text x="${LEFT - 6}" y="${y(share) + 4}" text-anchor="end">${share * 100}%</text>`,
  );
  const hours = time.map((at) => (at - time[0]) / 3_600_000);
  const ticks = hours.flatMap((hour, i) =>
    i % 8 === 0 ? [`<text x="${x(i, time.length)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${hour.toFixed(0)} h</text>`] : [],
  );
  const named = [
    ['truth', 'truly anomalous'] as const,
    ...lines.map(({ name, ratio }, i) => [`l${i}`, `${name} (${ratio.toFixed(1)} times the true rate)`] as const),
  ];
  const legend = named.map(([style, name], i) => {
    const left = LEFT + (i % 2) * ENTRY;
    const middle = HEIGHT - 14 - ROW + Math.floor(i / 2) * ROW;
    return `<polyline class="${style}" points="${left},${middle} ${left + 18},${middle}"/><text x="${left + 24}" y="${middle + 4}">${name}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" role="img" aria-label="${title}"><style>${STYLE}</style><text class="h" x="4" y="18">${title}</text>
${[...grid, ...ticks, ...lines.map(({ share }, i) => line(share, `l${i}`)), line(truth, 'truth'), ...legend].join('\n')}
</svg>
`;
}
