/** Colours of the charts, read from the page's own variables, and what is drawn over and under the lines. */
import type uPlot from 'uplot';
import type { Mark } from './columns.ts';

export interface Palette {
  text: string;
  grid: string;
  line: string;
  expected: string;
  band: string;
  spread: string;
  score: string;
  scoreFill: string;
  anomaly: string;
  late: string;
  surface: string;
  shade: string;
  font: string;
}

export function palette(element: Element): Palette {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    text: read('muted'),
    grid: read('chart-grid'),
    line: read('chart-line'),
    expected: read('accent'),
    band: read('chart-band'),
    spread: read('chart-spread'),
    score: read('chart-score'),
    scoreFill: read('chart-score-fill'),
    anomaly: read('bad'),
    late: read('warn'),
    surface: read('surface'),
    shade: read('chart-shade'),
    font: style.fontFamily,
  };
}

/** From so many marks on they are drawn smaller, so that the line stays visible. */
const DENSE = 80;

/** Anomalies are filled circles, late events hollow diamonds: told apart without colour. */
export function drawMarks(plot: uPlot, marks: readonly Mark[], colours: Palette): void {
  const { ctx, bbox } = plot;
  const unit = devicePixelRatio;
  const radius = marks.length > DENSE ? 2.2 : 3.6;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top - 6 * unit, bbox.width, bbox.height + 12 * unit);
  ctx.clip();
  ctx.lineWidth = (marks.length > DENSE ? 0.8 : 1.6) * unit;
  const shown: { x: number; y: number; late: boolean }[] = [];
  for (const { time, value, late } of marks) {
    const x = plot.valToPos(time, 'x', true);
    if (x >= bbox.left && x <= bbox.left + bbox.width) shown.push({ x, y: plot.valToPos(value, 'y', true), late });
  }
  // All rims before the first filling: a rim would bleach the circles that stand close by, and a dense phase would look pale.
  for (const rim of [true, false]) {
    ctx.fillStyle = ctx.strokeStyle = rim ? colours.surface : colours.anomaly;
    for (const { x, y, late } of shown) {
      if (late) continue;
      ctx.beginPath();
      ctx.arc(x, y, radius * unit, 0, Math.PI * 2);
      if (rim) ctx.stroke();
      else ctx.fill();
    }
  }
  ctx.fillStyle = colours.surface;
  ctx.strokeStyle = colours.late;
  for (const { x, y, late } of shown) {
    if (!late) continue;
    ctx.beginPath();
    diamond(ctx, x, y, 4.5 * unit);
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}

function diamond(ctx: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  ctx.moveTo(x, y - size);
  ctx.lineTo(x + size, y);
  ctx.lineTo(x, y + size);
  ctx.lineTo(x - size, y);
  ctx.closePath();
}

export function drawShade(plot: uPlot, shade: { from: number; to: number } | null, colours: Palette): void {
  if (shade === null) return;
  const { ctx, bbox } = plot;
  const left = Math.max(bbox.left, plot.valToPos(shade.from, 'x', true));
  const right = Math.min(bbox.left + bbox.width, plot.valToPos(shade.to, 'x', true));
  if (right <= left) return;
  ctx.save();
  ctx.fillStyle = colours.shade;
  ctx.fillRect(left, bbox.top, right - left, bbox.height);
  ctx.fillStyle = colours.anomaly;
  ctx.fillRect(left, bbox.top, right - left, 3 * devicePixelRatio);
  ctx.restore();
}
