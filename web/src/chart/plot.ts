/** The two drawings of a stream on one time axis: values with their band above, scores with the threshold below. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Drawn } from './columns.ts';
import { installGestures } from './gestures.ts';
import { drawMarks, drawShade, palette, type Palette } from './paint.ts';

export interface PlotCallbacks {
  /** A window of time that a person chose. */
  look: (from: number, to: number) => void;
  /** Time under the pointer, null when it left. */
  point: (time: number | null) => void;
}

export interface PlotOptions {
  values: HTMLElement;
  scores: HTMLElement | null;
  unit: string;
  callbacks: PlotCallbacks;
  /** A period to shade: when an incident lasted. */
  shade: { from: number; to: number } | null;
}

const HEIGHT = { values: 300, scores: 110 };
const AXIS_WIDTH = 58;

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 4 });
const TIMES: uPlot.Axis.Values = [
  [86_400_000 * 28, '{YYYY}-{MM}', null, null, null, null, null, null, 1],
  [86_400_000, '{D} {MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [3_600_000, '{HH}:{mm}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
  [60_000, '{HH}:{mm}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
  [1000, '{HH}:{mm}:{ss}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}.{fff}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
];

export class Plot {
  readonly #options: PlotOptions;
  readonly #observer: ResizeObserver;
  #values!: uPlot;
  #scores: uPlot | null = null;
  #drawn: Drawn = { main: [[], [], [], [], [], [], []], strip: [[], [], []], marks: [] };
  #window = { from: 0, to: 1 };
  #removeGestures: () => void = () => undefined;

  constructor(options: PlotOptions) {
    this.#options = options;
    this.repaint();
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(options.values);
  }

  /** Draws anew in the colours now in force. */
  repaint(): void {
    this.#destroy();
    const colours = palette(this.#options.values);
    this.#values = new uPlot(this.#valueOptions(colours), this.#data(this.#drawn.main), this.#options.values);
    if (this.#options.scores !== null) this.#scores = new uPlot(this.#scoreOptions(colours), this.#data(this.#drawn.strip), this.#options.scores);
    this.#removeGestures = installGestures(this.#values.over, () => this.#window, this.#options.callbacks.look);
    this.#rescale();
  }

  update(drawn: Drawn, window: { from: number; to: number }): void {
    this.#drawn = drawn;
    this.#window = window;
    this.#values.setData(this.#data(drawn.main), false);
    this.#scores?.setData(this.#data(drawn.strip), false);
    this.#rescale();
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#destroy();
  }

  #destroy(): void {
    this.#removeGestures();
    this.#values?.destroy();
    this.#scores?.destroy();
    this.#scores = null;
  }

  #data(columns: (number | null | undefined)[][]): uPlot.AlignedData {
    return columns as uPlot.AlignedData;
  }

  #rescale(): void {
    const { from: min, to: max } = this.#window;
    for (const plot of [this.#values, this.#scores]) plot?.setScale('x', { min, max });
  }

  #resize(): void {
    const width = this.#options.values.clientWidth;
    if (width === 0) return;
    this.#values.setSize({ width, height: this.#values.height });
    this.#scores?.setSize({ width, height: this.#scores.height });
  }

  /** A score can be a million times its threshold: the strip then ends at ten times, where small scores can still be told apart. */
  #scoreTop(high: number): number {
    const threshold = this.#drawn.strip[2].findLast((cell) => typeof cell === 'number') ?? null;
    return Math.max(1, threshold === null ? high : Math.min(high, threshold * 10)) * 1.15;
  }

  #valueOptions(colours: Palette): uPlot.Options {
    const hidden: uPlot.Series = { stroke: 'transparent', width: 0, points: { show: false } };
    return {
      ...this.#common(colours, HEIGHT.values, this.#options.scores === null),
      series: [
        {},
        hidden,
        hidden,
        hidden,
        hidden,
        { stroke: colours.expected, width: 1, dash: [4, 4], points: { show: false } },
        { stroke: colours.line, width: 1.4, points: { show: false } },
      ],
      bands: [
        { series: [1, 2], fill: colours.band },
        { series: [3, 4], fill: colours.spread },
      ],
      hooks: {
        ...this.#hooks(),
        drawClear: [(plot) => drawShade(plot, this.#options.shade, colours)],
        draw: [(plot) => drawMarks(plot, this.#drawn.marks, colours)],
      },
    };
  }

  #scoreOptions(colours: Palette): uPlot.Options {
    return {
      ...this.#common(colours, HEIGHT.scores, true),
      series: [
        {},
        { stroke: colours.score, fill: colours.scoreFill, width: 1.2, points: { show: false } },
        { stroke: colours.anomaly, width: 1.2, dash: [6, 4], points: { show: false } },
      ],
      scales: { x: { time: true, auto: false }, y: { range: (_plot, low, high) => [Math.min(0, low ?? 0), this.#scoreTop(high ?? 1)] } },
      hooks: { ...this.#hooks(), drawClear: [(plot) => drawShade(plot, this.#options.shade, colours)] },
    };
  }

  #hooks(): uPlot.Hooks.Arrays {
    const { look, point } = this.#options.callbacks;
    return {
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          look(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        },
      ],
      setCursor: [
        (plot) => {
          const { left } = plot.cursor;
          point(left === undefined || left === null || left < 0 ? null : plot.posToVal(left, 'x'));
        },
      ],
    };
  }

  #common(colours: Palette, height: number, times: boolean): Omit<uPlot.Options, 'series'> {
    const font = `11px ${colours.font}`;
    const axis = { stroke: colours.text, font, grid: { stroke: colours.grid, width: 1 }, ticks: { show: false } };
    return {
      width: Math.max(200, this.#options.values.clientWidth),
      height: times ? height : height - 30,
      ms: 1,
      padding: [10, 28, times ? 0 : 8, 0],
      legend: { show: false },
      cursor: {
        sync: { key: `stream-${this.#options.unit}`, setSeries: false },
        drag: { x: true, y: false, setScale: false },
        points: { show: false },
        y: false,
      },
      scales: { x: { time: true, auto: false } },
      axes: [
        {
          ...axis,
          values: times ? TIMES : (_plot, ticks) => ticks.map(() => ''),
          size: times ? 38 : 0,
          space: this.#options.values.clientWidth < 500 ? 52 : 70,
          gap: 6,
        },
        { ...axis, size: AXIS_WIDTH, space: height > HEIGHT.scores ? 34 : 20, gap: 6, values: (_plot, ticks) => ticks.map((tick) => compact.format(tick)) },
      ],
    };
  }
}
