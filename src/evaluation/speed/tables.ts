/** The figures of the speed benchmark as tables. */
import { NONE, decimal, rate, type Table } from '../report/table.ts';
import { SHAPES, type DetectorSpeed, type Figure, type SpeedBenchmark } from './speed.ts';

/** Rows a second asked for on one core, by detector and shape. */
const SPEED_ASKED: readonly { names: readonly string[]; shape: string; least: number }[] = [
  { names: ['sma', 'ema', 'cusum'], shape: '1 column', least: 20e6 },
  { names: ['robust', 'quantile', 'seasonal', 'envelope'], shape: '1 column', least: 1.5e6 },
  { names: ['auto'], shape: '1 column', least: 150e3 },
  { names: ['auto'], shape: '8 columns', least: 100e3 },
  { names: ['auto'], shape: '38 columns', least: 60e3 },
];
const RATIO_ASKED: Readonly<Record<string, number>> = { 'half-space-trees': 10, 'random-cut-forest': 2, 'isolation-forest': 2 };
const BYTES_ASKED: readonly { name: string; width: number; most: number }[] = [
  { name: 'ema', width: 1, most: 200 },
  { name: 'auto', width: 1, most: 32_768 },
  { name: 'auto', width: 8, most: 65_536 },
];

const known = <F>(figure: Figure<F> | undefined): F | undefined =>
  figure === undefined || (typeof figure === 'object' && figure !== null && 'why' in figure) ? undefined : figure;

export function bytesText(bytes: number): string {
  if (!Number.isFinite(bytes)) return NONE;
  return bytes < 10_000 ? `${Math.round(bytes)} B` : `${(bytes / 1024).toFixed(1)} KiB`;
}

const speedText = (one: DetectorSpeed, shape: string): string => {
  const figure = one.speed[shape];
  return 'why' in figure ? figure.why : rate(figure.rowsPerSecond);
};

function targets({ detectors, peers }: SpeedBenchmark): Table[] {
  const rows: string[][] = [];
  const row = (what: string, asked: string, reached: string, met: boolean): void => void rows.push([what, asked, reached, met ? 'yes' : 'no']);
  for (const { names, shape, least } of SPEED_ASKED) {
    for (const one of detectors.filter(({ name }) => names.includes(name))) {
      row(`${one.name}, ${shape}, rows/s`, `>= ${rate(least)}`, speedText(one, shape), (known(one.speed[shape])?.rowsPerSecond ?? 0) >= least);
    }
  }
  for (const { peer, of, width, rowsPerSecond } of peers) {
    const ours = known(detectors.find(({ name }) => name === of)?.speed[`${width} column${width === 1 ? '' : 's'}`])?.rowsPerSecond ?? NaN;
    const ratio = ours / (known(rowsPerSecond) ?? NaN);
    const least = RATIO_ASKED[of];
    if (least !== undefined) row(`${of} by ${peer}, ${width} columns`, `>= ${least} times`, `${decimal(ratio)} times`, ratio >= least);
  }
  for (const { name, width, most } of BYTES_ASKED) {
    const bytes = known(detectors.find((one) => one.name === name)?.memory[width])?.bytes;
    if (bytes !== undefined)
      row(`${name}, bytes a series of ${width} column${width === 1 ? '' : 's'}`, `<= ${bytesText(most)}`, bytesText(bytes), bytes <= most);
  }
  return rows.length === 0 ? [] : [{ title: 'What speed and memory are asked to reach', note: '', head: ['figure', 'asked for', 'reached', ''], rows }];
}

function speeds({ detectors }: SpeedBenchmark): Table {
  const shapes = Object.keys(SHAPES);
  return {
    title: 'Detectors: rows a second',
    note: 'Score and learn, default options, one process each, seconds of work on a processor (not of the clock on the wall, since others use the machine as well), the fastest of five stretches, behind up to 3,000 rows of warm-up. Several series come in turn, of one column.',
    head: ['detector', ...shapes],
    rows: detectors.map((one) => [one.name, ...shapes.map((shape) => speedText(one, shape))]),
  };
}

function memories({ detectors }: SpeedBenchmark): Table {
  const cells = (one: DetectorSpeed, width: number): string[] => {
    const figures = known(one.memory[width]);
    if (figures === undefined) return [NONE, NONE, NONE];
    const { bytes, snapshotBytes, writeMicroseconds, readMicroseconds } = figures;
    return [bytesText(bytes), bytesText(snapshotBytes), `${decimal(writeMicroseconds)} / ${decimal(readMicroseconds)}`];
  };
  return {
    title: 'Detectors: memory and snapshots of one series',
    note: 'Bytes in use per series behind 3,000 rows, mean over many series of one process; size of a snapshot; microseconds to write it / to restore from it, median.',
    head: ['detector', '1 column', 'snapshot', 'µs', '8 columns', 'snapshot', 'µs'],
    rows: detectors.map((one) => [one.name, ...cells(one, 1), ...cells(one, 8)]),
  };
}

function lengths({ detectors }: SpeedBenchmark): Table[] {
  const rows = detectors.flatMap((one) =>
    one.lengths.length === 0
      ? []
      : [
          [
            one.name,
            one.lengths[0].option,
            ...one.lengths.map(({ value, speed }) => `${rate(known(speed)?.rowsPerSecond ?? NaN)} (${value})`),
            speedText(one, '1 column'),
          ],
        ],
  );
  return rows.length === 0
    ? []
    : [
        {
          title: 'Detectors: rows a second by how much they look back at',
          note: 'One column.',
          head: ['detector', 'option', 'a quarter', 'four times', 'default'],
          rows,
        },
      ];
}

function thresholdTable({ thresholds }: SpeedBenchmark): Table {
  return {
    title: 'Thresholds',
    note: 'Options of their samples.',
    head: ['threshold', 'scores/s', 'bytes a series', 'snapshot'],
    rows: thresholds.map(({ name, figures }) => {
      const figure = known(figures);
      return [name, rate(figure?.perSecond ?? NaN), bytesText(figure?.bytes ?? NaN), bytesText(figure?.snapshotBytes ?? NaN)];
    }),
  };
}

function peerTable({ detectors, peers }: SpeedBenchmark): Table[] {
  if (peers.length === 0) return [];
  return [
    {
      title: 'Peers, on the same rows',
      note: 'Half-space trees: 25 trees, depth 15; forests: 50 trees of 256 rows. Seconds of work of scoring and learning alone; the fastest of several runs over the same rows.',
      head: ['peer', 'columns', 'rows/s', 'ours', 'rows/s', 'ours is'],
      rows: peers.map(({ peer, of, width, rowsPerSecond, version }) => {
        const ours = known(detectors.find(({ name }) => name === of)?.speed[`${width} column${width === 1 ? '' : 's'}`])?.rowsPerSecond ?? NaN;
        const theirs = known(rowsPerSecond);
        const name = version === '' ? peer : `${peer} (${version})`;
        return [
          name,
          String(width),
          theirs === undefined ? (rowsPerSecond as { why: string }).why : rate(theirs),
          of,
          rate(ours),
          theirs === undefined ? NONE : `${decimal(ours / theirs)} times`,
        ];
      }),
    },
  ];
}

export function speedTables(figures: SpeedBenchmark): Table[] {
  return [...targets(figures), speeds(figures), ...lengths(figures), memories(figures), thresholdTable(figures), ...peerTable(figures)];
}
