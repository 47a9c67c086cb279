/** The table of docs/guides/connectors.md, cell by cell, with the tests that hold each: a cell that changes without its test, or a test that goes, is noticed here. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sinks, sources } from '../../src/connectors/index.ts';

type Cell = [text: string, file: string, test: string];
interface Row {
  name: string;
  /** Of the registered components, the one that it is about. */
  component: string;
  cells: [delivery: Cell, order: Cell, replay: Cell, crash: Cell];
}

const SOURCES = 'src/connectors/conformance.test.ts';
const SUITE = 'src/testing/source-suite.ts';
const ANY_CUT = 'reads on from any position, neither again nor skipped';
const SINKS = 'src/testing/sink-suite.ts';
const IN_ORDER = 'everything written is with the receiver after flush, in order';
const REPEAT = 'a repeat after a crash';
const KILL = 'test/backends/kill.test.ts';
const FIFTY = 'is killed 50 times within 1,000,000 events and ends as if it had not been';
const JOURNAL = 'src/testing/journal-suite.ts';
const APPENDS = 'hands over every append in order, with its offset and media type';
const JOURNAL_ON = 'reads on behind a position, neither again nor skipped';
const REDIS = 'test/backends/redis.test.ts';
const REDIS_KILL = 'test/backends/redis-kill.test.ts';
const REDIS_FAILURES = 'test/backends/redis-failures.test.ts';
const KAFKA = 'test/backends/kafka.test.ts';
const KAFKA_KILL = 'test/backends/kafka-kill.test.ts';
const MQTT = 'test/backends/mqtt.test.ts';
const MQTT_KILL = 'test/backends/mqtt-process.test.ts';
const PROMETHEUS = 'src/connectors/prometheus/prometheus.test.ts';

const once = (text: string, file: string, test: string): Cell => [text, file, test];

const TABLES: Record<string, Row[]> = {
  Sources: [
    {
      name: '`file`',
      component: 'file',
      cells: [
        once('every record once', KILL, FIFTY),
        once('as in the file', SUITE, ANY_CUT),
        once('from any position', SUITE, ANY_CUT),
        once('nothing', KILL, FIFTY),
      ],
    },
    {
      name: '`http` and everything pushed',
      component: 'http',
      cells: [
        once('once, with a key; what was acknowledged is on the disk', KILL, FIFTY),
        once('as it was acknowledged', JOURNAL, APPENDS),
        once('from the journal', JOURNAL, JOURNAL_ON),
        once(
          'nothing that was acknowledged; without a key, the last push of a sender that repeats it comes twice',
          JOURNAL,
          'recognises a key, also while its first append is not durable',
        ),
      ],
    },
    {
      name: '`redis` (Pub/Sub)',
      component: 'redis',
      cells: [
        once('what reaches the journal, once; the rest is a counted gap', REDIS_KILL, 'and all that is missing lies in a counted gap'),
        once('as the server sent it', REDIS_FAILURES, 'try the journal again until it takes what waits, and lose nothing'),
        once('from the journal', JOURNAL, JOURNAL_ON),
        once(
          'what is published until it is subscribed to again',
          REDIS_FAILURES,
          'count a gap from the last sign of life to the new subscription when the server is killed',
        ),
      ],
    },
    {
      name: '`redis-stream`',
      component: 'redis-stream',
      cells: [
        once('every entry that the server kept, once', REDIS_KILL, 'and it ends as if neither had been'),
        once('by id; claimed entries later', REDIS_FAILURES, 'hand over once what a dead consumer left behind'),
        once('from the position', SUITE, ANY_CUT),
        once('nothing; what a dead consumer had committed and not acknowledged comes twice', REDIS_FAILURES, 'and again only where that was not committed'),
      ],
    },
    {
      name: '`kafka`',
      component: 'kafka',
      cells: [
        once('every committed record once', KAFKA_KILL, 'and ends as if nothing had been'),
        once('by partition', KAFKA, 'hands over every record of several partitions once, from any cut on'),
        once('from the position in the ledger', SUITE, ANY_CUT),
        once('nothing', KAFKA_KILL, 'and ends as if nothing had been'),
      ],
    },
    {
      name: '`mqtt`, QoS 1',
      component: 'mqtt',
      cells: [
        once('once, with the key of its sender; else at least once', MQTT_KILL, 'loses nothing of QoS 1 and doubles nothing that has a key'),
        once('as the broker sends it', MQTT, 'gets what was published while it was away, also over a kill of the broker, and nothing that it had'),
        once('from the journal', JOURNAL, JOURNAL_ON),
        once(
          'nothing; without a key, messages whose acknowledgement was lost come twice',
          MQTT,
          'keeps a message that comes again over a new connection once, and nothing is lost',
        ),
      ],
    },
    {
      name: '`mqtt`, QoS 0',
      component: 'mqtt',
      cells: [
        once('at most once; the rest is a counted gap', MQTT_KILL, 'QoS 0 is a counted gap'),
        once('as the broker sends it', JOURNAL, APPENDS),
        once('from the journal', JOURNAL, JOURNAL_ON),
        once('what is published until it is connected again', MQTT, 'counts QoS 0 that was away as a gap, from before the broker was gone'),
      ],
    },
    {
      name: '`alertmanager`',
      component: 'alertmanager',
      cells: [
        once(
          'at least once; a repeat says the same state again',
          'test/backends/prometheus.test.ts',
          'opens and resolves an incident with an alert of another system',
        ),
        once('as it was acknowledged', JOURNAL, APPENDS),
        once('from the journal', JOURNAL, JOURNAL_ON),
        once('nothing: what was not answered is sent again', KILL, FIFTY),
      ],
    },
    {
      name: '`prometheus`',
      component: 'prometheus',
      cells: [
        once('each scrape once; a failed one is a counted gap', PROMETHEUS, 'counts failed scrapes as a gap, says up 0 for each, and when it is over'),
        once('by time of the scrape', JOURNAL, APPENDS),
        once('from the journal', JOURNAL, JOURNAL_ON),
        once('the scrapes that were due meanwhile', PROMETHEUS, 'counts what the journal does not take as a gap once it takes something again'),
      ],
    },
    {
      name: '`promql`',
      component: 'promql',
      cells: [
        once('every step once', 'test/backends/prometheus.test.ts', 'through a kill of both, as if nothing had been'),
        once('by time', PROMETHEUS, 'gives rows in order of time and of name, NaN as missing, to the end'),
        once('from any time that the server keeps', SUITE, ANY_CUT),
        once('nothing that the server keeps', SUITE, ANY_CUT),
      ],
    },
    {
      name: '`host`, `stdin`, `simulate` by the clock',
      component: 'host',
      cells: [
        once('once while the process lives', SOURCES, "name: 'stdin'"),
        once('as it comes', SOURCES, "name: 'host'"),
        once('no', SOURCES, 'readAgain: false'),
        once('what was read and not yet committed', SOURCES, 'readAgain: false'),
      ],
    },
  ],
  Sinks: [
    {
      component: 'file',
      name: '`file`',
      cells: [
        once('every verdict once', SINKS, REPEAT),
        once('as committed', SINKS, IN_ORDER),
        once('–', SOURCES, "repeats: 'once'"),
        once('nothing', 'src/connectors/file/sink.test.ts', 'keeps what other runs wrote, but not a line that a crash tore'),
      ],
    },
    {
      component: 'kafka',
      name: '`kafka`, transactional',
      cells: [
        once('every verdict once, for readers of committed records', SINKS, REPEAT),
        once('by series', SINKS, IN_ORDER),
        once('–', KAFKA, "'once'"),
        once('nothing', KAFKA_KILL, 'and ends as if nothing had been'),
      ],
    },
    {
      component: 'redis',
      name: '`redis`, a stream',
      cells: [
        once('every verdict once', SINKS, REPEAT),
        once('as committed', SINKS, IN_ORDER),
        once('–', REDIS, "'once'"),
        once('nothing', REDIS_FAILURES, 'leaves out what arrived before the connection broke'),
      ],
    },
    {
      component: 'kafka',
      name: '`kafka`, `mqtt`, `redis` channel, `webhook`, `stdout`',
      cells: [
        once('at least once, with the same id', SINKS, REPEAT),
        once('as committed, repeats behind', SINKS, IN_ORDER),
        once('–', MQTT, "'same ids'"),
        once('some verdicts come again', SINKS, REPEAT),
      ],
    },
  ],
};

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const guide = readFileSync(at('docs/guides/connectors.md'), 'utf8');

/** Rows of the table under a heading, without the marks of the layout. */
function tableUnder(heading: string): string[][] {
  const [, section] = guide.split(`## ${heading}\n`);
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  const end = section.split('\n').findIndex((line, i, all) => line === '' && all[i - 1]?.startsWith('|'));
  const rows = lines.filter((line) => section.split('\n').indexOf(line) < end || end < 0).slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe.each(Object.entries(TABLES))('what %s promise', (heading, rows) => {
  it('stands in the guide as it is held here', () => {
    expect(tableUnder(heading)).toEqual(rows.map(({ name, cells }) => [name, ...cells.map(([text]) => text)]));
  });

  it('is held by tests that exist', () => {
    for (const { name, cells } of rows) {
      for (const [text, file, test] of cells) {
        expect(existsSync(at(file)), `${name}, ${text}: ${file}`).toBe(true);
        expect(readFileSync(at(file), 'utf8'), `${name}, ${text}`).toContain(test);
      }
    }
  });
});

it('every source and sink is in the tables', () => {
  const named = (rows: Row[]): Set<string> =>
    new Set(rows.flatMap(({ component, name }) => [component, ...[...name.matchAll(/`(\w[\w-]*)`/g)].map(([, word]) => word)]));
  for (const { name } of sources) expect(named(TABLES['Sources']), name).toContain(name);
  for (const { name } of sinks) expect(named(TABLES['Sinks']), name).toContain(name);
});
