/** The figures of logs as tables. */
import { decimal, NONE, percentage, share, type Table } from '../report/table.ts';
import type { LogFigures, LogSpeeds, NamedQuality } from './bench.ts';
import type { DriftFigure } from './drift.ts';

type Row = readonly string[];

export function logTables({ grouping, sessions, drift, speed }: LogFigures): Table[] {
  return [
    ...(grouping === undefined ? [] : groupingTables(grouping)),
    ...(sessions === undefined ? [] : sessionTables(sessions)),
    ...(drift === undefined ? [] : [driftTable(drift)]),
    ...(speed === undefined ? [] : speedTables(speed)),
  ];
}

function groupingTables({ systems, mean, csv, drain3 }: NonNullable<LogFigures['grouping']>): Table[] {
  const peer = (system: string): string => ('why' in drain3 ? NONE : share(drain3.find((one) => one.system === system)?.grouping.accuracy ?? NaN));
  const peerMean = 'why' in drain3 ? NONE : share(drain3.reduce((sum, one) => sum + one.grouping.accuracy, 0) / drain3.length);
  const csvMean = csv.reduce((sum, { accuracy }) => sum + accuracy, 0) / csv.length;
  const rows: Row[] = systems.map(({ system, final, arrival, templateAccuracy }) => [
    system,
    share(final.accuracy),
    share(final.f1),
    share(arrival.accuracy),
    share(templateAccuracy),
    share(csv.find((one) => one.system === system)?.accuracy ?? NaN),
    `${final.groups} of ${final.trueGroups}`,
    peer(system),
  ]);
  return [
    {
      title: 'Templates: grouping of lines',
      note: `loghub, 2,000 lines of each system, corrected truth, one configuration for all. Accuracy: share of lines whose group holds exactly the lines of the true one; at arrival: by the ids that lines were given as they came; by logs parse: of the CSV that it writes of the raw file, headers found by itself. Rules were written while looking at these systems. Drain3 with its usual three masks${'why' in drain3 ? ` (${drain3.why})` : ''}.`,
      head: ['system', 'accuracy', 'F1 of groups', 'at arrival', 'template', 'by logs parse', 'groups', 'Drain3'],
      rows: [...rows, ['mean', share(mean.accuracy), share(mean.f1), share(mean.arrival), share(mean.templateAccuracy), share(csvMean), '', peerMean]],
    },
    {
      title: 'What grouping is asked to reach',
      note: '',
      head: ['figure', 'asked for', 'reached', ''],
      rows: (
        [
          ['mean accuracy', 0.985, mean.accuracy],
          ['mean F1 of groups', 0.97, mean.f1],
          ['mean accuracy at arrival', 0.98, mean.arrival],
        ] as const
      ).map(([what, asked, reached]) => [what, `>= ${share(asked)}`, share(reached), reached >= asked ? 'yes' : 'no']),
    },
  ];
}

const QUALITY_HEAD = ['judge', 'precision', 'recall', 'F1', 'flagged', 'truly anomalous'];

function qualityRow({ name, quality: { precision, recall, f1, flagged, anomalous } }: NamedQuality): Row {
  return [name, share(precision), share(recall), share(f1), `${(flagged * 100).toFixed(1)}%`, `${(anomalous * 100).toFixed(1)}%`];
}

function sessionTables({ chronological, neighbours, deeplog, first100k }: NonNullable<LogFigures['sessions']>): Table[] {
  const around = `${neighbours.runs} settings around the default: median F1 ${share(neighbours.median)}, lowest ${share(neighbours.lowest)}.`;
  return [
    {
      title: 'Sessions in order of time, without labels',
      note: `hdfs_2pct: every block is judged by what came before it; the last verdict counts. The defaults were chosen on this log. ${around}`,
      head: QUALITY_HEAD,
      rows: chronological.map(qualityRow),
    },
    {
      title: 'Sessions of HDFS, the split of DeepLog',
      note: 'hdfs_sequences: 4,855 normal sessions learnt, 285,242 judged; limits from the training alone.',
      head: QUALITY_HEAD,
      rows: deeplog.map(qualityRow),
    },
    {
      title: 'Sessions of the first 100,000 lines of HDFS',
      note: 'hdfs_100k_sessions: sessions in the order of their first line, a second apart, each judged by what came before it; or with a period known to be normal.',
      head: QUALITY_HEAD,
      rows: first100k.map(qualityRow),
    },
  ];
}

function driftTable(figures: readonly DriftFigure[]): Table {
  return {
    title: 'Drift: a static and a dynamic threshold on the same scores',
    note: 'hdfs_2pct in order of time: the judge learns the first lines and nothing afterwards. Ratio: flagged share over the true one.',
    head: ['judge', 'lines learnt', 'threshold', 'flagged', 'truly anomalous', 'ratio', 'F1'],
    rows: figures.flatMap(({ judge, training, lines }) =>
      lines.map(({ name, quality, ratio }) => [
        judge,
        String(training),
        name,
        percentage(quality.flagged),
        `${(quality.anomalous * 100).toFixed(1)}%`,
        decimal(ratio, 2),
        share(quality.f1),
      ]),
    ),
  };
}

function speedTables({ lines, bytes, ours, drain3 }: LogSpeeds): Table[] {
  const perSecond = (ending: string): number => {
    const speed = ours.findLast(({ name }) => name.endsWith(ending))?.speed;
    return speed !== undefined && 'worked' in speed ? speed.lines / speed.worked : NaN;
  };
  return [
    {
      title: 'Logs: speed and memory',
      note: `HDFS lines, ${decimal(lines / 1e6, 0)} M of them ${decimal(bytes / 2 ** 30, 2)} GiB: hdfs_2pct over and over, blocks renamed, times later in each pass. A process each. Up to the counts of sessions no rates are watched; judged rows watch them.`,
      head: ['what', 'lines', 'seconds', 'seconds of a processor', 'lines/s', 'largest resident set', 'verdicts'],
      rows: ours.map(({ name, lines: count, speed }) =>
        'why' in speed
          ? [name, millions(count), NONE, NONE, NONE, speed.why, NONE]
          : [
              name,
              millions(count),
              decimal(speed.seconds),
              decimal(speed.worked),
              `${Math.round(count / speed.seconds / 1000)} k`,
              `${Math.round(speed.resident / 2 ** 20)} MiB`,
              String(speed.verdicts),
            ],
      ),
    },
    {
      title: 'Lines to templates: Drain3 on the same log',
      note: 'Seconds of a processor. Drain3 goes from the line, header included, to its cluster; ours from the raw file to the template, and on to the counts of sessions.',
      head: ['masks', 'lines', 'lines/s', 'ours to templates, times as fast', 'to counts of sessions'],
      rows: drain3.map(({ masks, lines: count, run }) =>
        'why' in run
          ? [masks, millions(count), run.why, NONE, NONE]
          : [
              masks,
              millions(count),
              `${Math.round(run.lines / run.seconds / 1000)} k`,
              ...['templates', 'sessions'].map((ending) => decimal(perSecond(ending) / (run.lines / run.seconds))),
            ],
      ),
    },
  ];
}

function millions(count: number): string {
  return `${decimal(count / 1e6, count % 1e6 === 0 ? 0 : 1)} M`;
}
