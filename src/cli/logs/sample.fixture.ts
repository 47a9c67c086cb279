/** A report with some of everything, for tests of what shows it. */
import type { LogReport } from './report.ts';

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const template = (id: number, text: string, count: number, more: object = {}) => ({
  id,
  text,
  name: null,
  level: 'info',
  count,
  first: at(0),
  last: at(59),
  pinned: false,
  ignored: false,
  example: text.replaceAll('<*>', '7'),
  parameters: [],
  trend: [1, 2, 3, 0, count],
  ...more,
});

const session = {
  session: 'blk_<1>',
  verdict: '00ff',
  time: at(30),
  first: at(1),
  last: at(2),
  lines: 3,
  score: 4.25,
  threshold: 2,
  anomalous: true,
  reasons: [{ judge: 'new-event', text: '"Checksum of <*> is wrong" was never seen in a session' }],
  pattern: 'ab12',
  patternSeen: 0,
  patternFirst: null,
  answered: null,
  lineList: [
    { offset: 0, time: at(1), level: 'info', template: 1, templateText: 'Receiving <*>', text: 'Receiving blk_<1>', highlighted: false },
    { offset: 40, time: at(2), level: 'error', template: 9, templateText: 'Checksum of <*> is wrong', text: null, highlighted: true },
  ],
  nearest: [
    { template: 1, templateText: 'Receiving <*>', here: 1, there: 3 },
    { template: 2, templateText: 'Stored <*>', here: 2, there: 2 },
  ],
};

export const SAMPLE: LogReport = {
  title: 'hdfs.log & more',
  overview: {
    layout: ['header: time level component'],
    sessions: { by: 'identifier', evidence: ['blk_ in 100% of the lines'] },
    lines: 12_345,
    bytes: 2_000_000,
    templates: 3,
    sessionsJudged: 1000,
    sessionsOpen: 7,
    anomalous: 2,
    first: at(0),
    last: at(59),
    deadLetters: 1,
  },
  templates: {
    templates: [
      template(1, 'Receiving <*>', 9000),
      template(2, 'Stored <*>', 3000, { name: 'stored', pinned: true }),
      template(9, 'Checksum of <*> is <b>wrong</b>', 1, { level: 'error', ignored: true }),
    ],
    total: 3,
    bucket: 60_000,
    from: at(0),
  },
  sessions: [session, { ...session, session: 'blk_2', patternSeen: 3, patternFirst: at(1), score: 2.5 }],
  rates: { alerts: 3, strongest: [{ time: at(20), of: 'Stored <*>', lines: 420, expected: 50, score: 9.5 }] },
  scores: {
    edges: [0.1, 0.3, 1, 3, 10],
    counts: [900, 0, 98, 2],
    thresholds: [
      { name: 'quantile', kind: 'dynamic', limit: 2, flagged: 2, inForce: true },
      { name: 'static', kind: 'static', limit: 0.5, flagged: 100, inForce: false },
    ],
    time: [at(0), at(20), at(40)],
    sessions: [300, 0, 700],
    flagged: [
      [0, 10],
      [0, 0],
      [2, 90],
    ],
    limits: [
      [null, 0.5],
      [null, 0.5],
      [2, 0.5],
    ],
  },
  models: [
    {
      judge: 'lstm-autoencoder',
      card: [['hidden', '32']],
      loss: [
        { epoch: 1, training: 2, validation: 2.2 },
        { epoch: 2, training: 1, validation: 1.3 },
      ],
    },
  ],
  judge: 'auto',
  seconds: 1.5,
  memory: 150_000_000,
};
