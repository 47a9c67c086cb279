/** A chart with axes, a readout that mouse and arrow keys move, and the same figures as a table. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { place, ticks, timeTicks, type Scale } from './scale.ts';

export interface Axis extends Scale {
  format: (x: number) => string;
  /** Round local times in place of round numbers. */
  time?: boolean;
}

export interface Area {
  width: number;
  height: number;
  x: (at: number) => number;
  y: (at: number) => number;
}

interface PlotProps {
  label: string;
  height: number;
  x: Axis;
  y: Axis;
  /** Where the readout can stand, ascending, and what it says there. */
  stops: readonly number[];
  readout: (i: number) => ComponentChildren;
  keys?: ComponentChildren;
  table: { head: readonly string[]; row: (i: number) => readonly string[] };
  children: (area: Area) => ComponentChildren;
}

const LEFT = 52;
const RIGHT = 14;
const TOP = 10;
const BOTTOM = 24;
/** Rows of the table; beyond it there is the download. */
const ROWS = 500;

function useWidth(): [ref: { current: HTMLDivElement | null }, width: number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = ref.current!;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** Index of the stop nearest to `at`. */
export function nearest(stops: readonly number[], at: number): number {
  let low = 0;
  let high = stops.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stops[middle] < at) low = middle + 1;
    else high = middle;
  }
  return low > 0 && at - stops[low - 1] < stops[low] - at ? low - 1 : low;
}

const KEYS: Record<string, (i: number, last: number) => number> = {
  ArrowLeft: (i) => i - 1,
  ArrowRight: (i) => i + 1,
  Home: () => 0,
  End: (_, last) => last,
};

function Axes({ x, y, area }: { x: Axis; y: Axis; area: Area }): JSX.Element {
  const across = x.time ? timeTicks(x, area.width / 90) : ticks(x, area.width / 70).map((at) => ({ at, text: x.format(at) }));
  return (
    <g class="plot-axes" aria-hidden="true">
      {ticks(y, area.height / 36).map((at) => (
        <g key={at}>
          <path class="plot-grid" d={`M${LEFT} ${area.y(at).toFixed(1)}H${LEFT + area.width}`} />
          <text x={LEFT - 7} y={area.y(at) + 4} text-anchor="end">
            {y.format(at)}
          </text>
        </g>
      ))}
      {across.map(({ at, text }) => (
        <text key={at} x={Math.min(area.x(at), LEFT + area.width - 8)} y={TOP + area.height + 17} text-anchor="middle">
          {text}
        </text>
      ))}
    </g>
  );
}

export function Plot({ label, height, x, y, stops, readout, keys, table, children }: PlotProps): JSX.Element {
  const [ref, whole] = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const width = Math.max(40, whole - LEFT - RIGHT);
  const inner = height - TOP - BOTTOM;
  const area: Area = { width, height: inner, x: (v) => LEFT + place(x, v) * width, y: (v) => TOP + (1 - place(y, v)) * inner };
  const current = at === null || stops.length === 0 ? null : Math.min(at, stops.length - 1);
  const onMove = (event: PointerEvent & { currentTarget: SVGElement }): void => {
    const share = (event.clientX - event.currentTarget.getBoundingClientRect().left - LEFT) / width;
    const time = x.log ? x.min * (x.max / x.min) ** share : x.min + share * (x.max - x.min);
    setAt(nearest(stops, time));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = KEYS[event.key];
    if (move === undefined || stops.length === 0) return;
    event.preventDefault();
    const last = stops.length - 1;
    setAt(Math.max(0, Math.min(last, move(current ?? (event.key === 'ArrowRight' ? -1 : last + 1), last))));
  };
  return (
    <figure class="plot">
      <figcaption class="plot-top">
        <span class="plot-readout" aria-live="polite">
          {current === null ? '' : readout(current)}
        </span>
        {keys !== undefined && <span class="legend">{keys}</span>}
      </figcaption>
      <div ref={ref} class="plot-body" style={{ height: `${height}px` }}>
        {whole > 0 && (
          <svg
            width={whole}
            height={height}
            role="img"
            aria-label={`${label}. Arrow keys read it out.`}
            tabIndex={0}
            onPointerMove={onMove}
            onPointerLeave={() => setAt(null)}
            onBlur={() => setAt(null)}
            onKeyDown={onKeyDown}
          >
            <Axes x={x} y={y} area={area} />
            {children(area)}
            {current !== null && <path class="plot-cursor" d={`M${area.x(stops[current]).toFixed(1)} ${TOP}v${inner}`} />}
          </svg>
        )}
      </div>
      <Figures label={label} rows={stops.length} table={table} />
    </figure>
  );
}

/** Built only once it is opened. */
function Figures({ label, rows, table }: { label: string; rows: number; table: PlotProps['table'] }): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <details class="plot-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {open && (
        <div class="table-scroll short" tabIndex={0} role="region" aria-label={label}>
          <table class="table">
            <thead>
              <tr>
                {table.head.map((name, i) => (
                  <th key={name} scope="col" class={i === 0 ? '' : 'number'}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: Math.min(rows, ROWS) }, (_, i) => (
                <tr key={i}>
                  {table.row(i).map((text, k) => (
                    <td key={table.head[k]} class={k === 0 ? '' : 'number'}>
                      {text}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

/** A line through the known points; gaps stay gaps. */
export function line(area: Area, xs: readonly number[], ys: readonly (number | null | undefined)[]): string {
  let pen = false;
  let path = '';
  xs.forEach((x, i) => {
    const y = ys[i];
    if (y === null || y === undefined || !Number.isFinite(y)) {
      pen = false;
      return;
    }
    // A point alone is drawn as a dot.
    path += `${pen ? 'L' : 'M'}${area.x(x).toFixed(1)} ${area.y(y).toFixed(1)}${pen ? '' : 'h0'}`;
    pen = true;
  });
  return path;
}

/** One bar a value, from `from[i]` to `to[i]`, down to the foot; bars of 0 are left out, small ones stay visible. */
export function bars(area: Area, from: readonly number[], to: readonly number[], values: readonly number[], foot: number): string {
  let path = '';
  const bottom = area.y(foot);
  values.forEach((value, i) => {
    if (!(value > 0)) return;
    const left = area.x(from[i]);
    const wide = area.x(to[i]) - left;
    const gap = wide > 5 ? 1 : 0;
    path += `M${(left + gap / 2).toFixed(1)} ${bottom.toFixed(1)}h${Math.max(0.8, wide - gap).toFixed(1)}V${Math.min(bottom - 1.5, area.y(value)).toFixed(1)}h${(-Math.max(0.8, wide - gap)).toFixed(1)}Z`;
  });
  return path;
}
