/** A small line without axes. Gaps (null) stay gaps. */
import type { JSX } from 'preact';

interface SparklineProps {
  values: readonly (number | null)[];
  /** Points of the full width: fewer values keep to the right. */
  points?: number;
  width?: number;
  height?: number;
  /** True draws the area down to zero. */
  fromZero?: boolean;
  /** Which values are anomalous. */
  marks?: readonly number[];
  label: string;
}

export function sparkPath(values: readonly (number | null)[], points: number, width: number, height: number, low: number, high: number): string {
  const step = width / Math.max(1, points - 1);
  const start = points - values.length;
  const range = high - low || 1;
  let pen = false;
  let path = '';
  values.forEach((value, i) => {
    if (value === null || !Number.isFinite(value)) {
      pen = false;
      return;
    }
    const y = height - ((value - low) / range) * height;
    path += `${pen ? 'L' : 'M'}${((start + i) * step).toFixed(1)} ${y.toFixed(1)}`;
    pen = true;
  });
  return path;
}

export function Sparkline({ values, points = values.length, width = 160, height = 36, fromZero = false, marks, label }: SparklineProps): JSX.Element {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const low = fromZero ? 0 : Math.min(...known);
  const high = Math.max(...known);
  const middle = high === low && !fromZero;
  const bottom = middle ? low - 1 : low;
  const top = middle ? high + 1 : high * (fromZero ? 1.15 : 1);
  const path = known.length === 0 ? '' : sparkPath(values, points, width, height, bottom, top);
  const first = ((points - values.length) * width) / Math.max(1, points - 1);
  return (
    <svg class="sparkline" viewBox={`0 -3 ${width} ${height + 6}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {fromZero && <path class="spark-base" d={`M0 ${height}H${width}`} />}
      {fromZero && path && <path class="spark-area" d={`${path}L${width} ${height}L${first.toFixed(1)} ${height}Z`} />}
      <path class="spark-line" d={path} />
      {marks && path && <path class="spark-marks" d={markPath(values, marks, points, width, height, bottom, top)} />}
    </svg>
  );
}

/** Zero-length strokes with round caps: dots that keep their shape when the picture is stretched. */
function markPath(
  values: readonly (number | null)[],
  marks: readonly number[],
  points: number,
  width: number,
  height: number,
  low: number,
  high: number,
): string {
  const step = width / Math.max(1, points - 1);
  return values
    .map((value, i) =>
      marks[i] && value !== null
        ? `M${((points - values.length + i) * step).toFixed(1)} ${(height - ((value - low) / (high - low || 1)) * height).toFixed(1)}h0`
        : '',
    )
    .join('');
}
