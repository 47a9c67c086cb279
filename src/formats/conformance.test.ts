/** Every format of the list keeps the promises of formats. */
import { describe, expect, it } from 'vitest';
import { formatChecks, type FormatCase } from '../testing/index.ts';
import { formats } from './index.ts';

const T = Date.UTC(2024, 9, 3, 22, 29, 3);

const csvCases: FormatCase[] = [
  {
    name: 'long with labels',
    text: '\ufeff# made by hand\r\ntime,sensor,value,site\r\n1727994543000,a,1.5,x\r\n1727994544000,"b ""2""",NA,"y,\nz"\r\n\r\n1727994545000,a,-,x\r\n1727994546000,a,7e-2,x',
    settles: 110,
    rows: [`a{site=x} ${T} 1.5`, `b "2"{site=y,\nz} ${T + 1000} NaN`, `a{site=x} ${T + 2000} NaN`, `a{site=x} ${T + 3000} 0.07`],
    endless: '1727994547000,a,1,"',
    good: '1727994548000,a,2,x',
  },
  {
    name: 'wide with broken rows',
    text: 'timestamp;cpu;memory\n2024-10-03 22:29:00;2;3\n2024-10-03 22:29:01;2;3\n2024-10-03 22:29:02;2;3\n2024-10-03 22:29:03;1,5;20\n2024-10-03 22:29:04;oops;21\nwhen?;1;2\n2024-10-03 22:29:05;3\n2024-10-03 22:29:06,5;2,25;22\n"2024-10-03 22:29:07;1;2\n2024-10-03 22:29:08;4;5\n',
    settles: 120,
    rows: [
      ...[3, 2, 1].flatMap((n) => [`cpu ${T - n * 1000} 2`, `memory ${T - n * 1000} 3`]),
      `cpu ${T} 1.5`,
      `memory ${T} 20`,
      `cpu ${T + 3500} 2.25`,
      `memory ${T + 3500} 22`,
      `cpu ${T + 5000} 4`,
      `memory ${T + 5000} 5`,
    ],
    refused: ['RECORD_MALFORMED', 'RECORD_NO_TIME', 'RECORD_MALFORMED', 'RECORD_MALFORMED'],
    endless: '2024-10-03 22:29:09;',
    good: '2024-10-03 22:29:10;4;5',
  },
  {
    name: 'columns together',
    options: { columns: ['b', 'a'], together: true },
    width: 2,
    text: 't,a,b,host\n1727994543,1,2,h\n1727994544,3,,h\n',
    settles: 30,
    rows: [`h ${T} 2 1`, `h ${T + 1000} NaN 3`],
    endless: '1727994545,"',
    good: '1727994545,4,5,h',
  },
  {
    name: 'no header, tabs, a step instead of a time',
    options: { step: 1000 },
    text: '3.5\t4\n4.5\t5\n\n6.5\t7\n',
    settles: 7,
    rows: ['column1 0 3.5', 'column2 0 4', 'column1 1000 4.5', 'column2 1000 5', 'column1 2000 6.5', 'column2 2000 7'],
  },
];

const objects = [
  `{"time":"2024-10-03T22:29:03Z","series":"a","value":1.5,"labels":{"site":"x"},"unit":"ms"}`,
  `{"ts":1727994544,"cpu":1,"memory":null,"host":"h{1}"}`,
  `{"time":1727994545000,"values":[1,"2"]}`,
  `{"time":1727994546000,"values":{"in":1,"out":2},"name":"eth0"}`,
];
const rows = [
  `a{site=x} ${T} 1.5`,
  `cpu{host=h{1}} ${T + 1000} 1`,
  `memory{host=h{1}} ${T + 1000} NaN`,
  `value_1 ${T + 2000} 1`,
  `value_2 ${T + 2000} 2`,
  `in{series=eth0} ${T + 3000} 1`,
  `out{series=eth0} ${T + 3000} 2`,
];

/** A time a minute after the last, and what the format makes of lines: one row a record, of the value 1. */
const traced = `${Array.from({ length: 40 }, (_, i) => `2024-10-03 22:29:${10 + i} INFO [main] a.b.Shop: sold ${i}\n`).join('')}2024-10-03 22:30:03 ERROR [main] a.b.Shop: lost\njava.lang.Error: oh\n\tat a.b.Shop(Shop.java:7)\n\n2024-10-03 22:30:02 INFO [main] a.b.Shop: late\r\n`;
const sold = Array.from({ length: 40 }, (_, i) => `lines ${T + (7 + i) * 1000} 1`);

const lineCases: FormatCase[] = [
  {
    name: 'headers and a stack trace',
    options: { max_line: 2048 },
    text: traced,
    rows: [...sold, `lines ${T + 60_000} 1`, `lines ${T + 60_000} 1`],
    monotone: true,
    endless: '2024-10-03 22:31:00 INFO [main] a.b.Shop: ',
    good: '2024-10-03 22:31:01 INFO [main] a.b.Shop: sold out',
  },
  { name: 'few lines', text: `\ufeff${objects[1]}\n\r\nOct  3 22:29:03 host a: b\n`, options: { layout: 'json' }, monotone: true },
  { name: 'no header', text: 'one\ntwo\n\nthree', rows: ['lines 0 1', 'lines 1 1', 'lines 2 1'], monotone: true },
  {
    name: 'lines not joined',
    options: { multiline: 'none' },
    text: traced,
    rows: [...sold, ...Array.from({ length: 4 }, () => `lines ${T + 60_000} 1`)],
    monotone: true,
  },
  { name: 'UTF-16', text: new Uint8Array(Buffer.from(`\ufeff${traced}€😀\n`, 'utf16le')), monotone: true },
  { name: 'Latin-1', options: { encoding: 'latin1' }, text: new Uint8Array(Buffer.from(`${traced}Grüße`, 'latin1')), monotone: true },
  { name: 'binary', text: Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) & 15), rows: [], refused: ['RECORD_MALFORMED'], monotone: true },
];

const cases: Record<string, FormatCase[]> = {
  line: lineCases,
  csv: csvCases,
  ndjson: [
    {
      name: 'objects and arrays of them, with broken lines',
      text: `${objects[0]}\r\n\n{"time":\n${objects[1]}\n7\n[${objects[2]},{"value":1},${objects[3]}]\n{"time":"x","value":1}\n{"time":1727994545,"value":"abc"}`,
      rows,
      refused: ['RECORD_MALFORMED', 'RECORD_MALFORMED', 'RECORD_NO_TIME', 'RECORD_NO_TIME', 'RECORD_MALFORMED'],
      endless: '{"note":"',
      good: '{"time":1727994545,"value":1}',
    },
  ],
  json: [
    { name: 'one array', text: `[ ${objects.join(' ,\n')}\n]`, rows, endless: ' {"note":"', good: '{"time":1727994545,"value":1}' },
    {
      name: 'values side by side',
      text: `${JSON.stringify(JSON.parse(objects[0]), null, 2)}${objects[1]}\n"text"\n[${objects[2]}]\n{"a":"broken\n${objects[3]}`,
      rows,
      refused: ['RECORD_MALFORMED', 'RECORD_MALFORMED'],
      endless: '{"note":[[["',
      good: '{"time":1727994545,"value":1}',
    },
    {
      name: 'lines that were cut off',
      text: `${objects[0]}\n{"time":1727994543000, bro\n${objects[1]}\n{"a": {"b":1}\n${objects[2]}\n{"a": "b"\r\n \n${objects[3]}\n{"time`,
      rows,
      refused: ['RECORD_MALFORMED', 'RECORD_MALFORMED', 'RECORD_MALFORMED', 'RECORD_MALFORMED'],
      endless: '{"note":[[["',
      good: '{"time":1727994545,"value":1}',
    },
    {
      name: 'fields together',
      options: { columns: ['a', 'b'], together: true },
      width: 2,
      text: '{"time":1727994543,"a":1,"b":2}{"time":1727994544,"a":1,"series":"s"}',
      rows: [`a+b ${T} 1 2`, `s ${T + 1000} 1 NaN`],
    },
  ],
  prometheus: [
    {
      name: 'samples with timestamps, comments and broken lines',
      text: `# HELP a_total How many.\n# TYPE a_total counter\na_total{b="x \\"y\\" \\\\ \\n",c="}"} 3 ${T}\r\n\nmemory_bytes 1.5e3 ${T + 1000}\nt NaN ${T}\nu{le="+Inf",} +Inf ${T}\nv 7\nw{ 1 ${T}\nx 1 2 3\n1y 1 ${T}\nz what ${T}\n{"a.b", "c d"="e"} -.5 ${T}`,
      rows: [`a_total{b=x "y" \\ \n,c=}} ${T} 3`, `memory_bytes ${T + 1000} 1500`, `t ${T} NaN`, `u{le=+Inf} ${T} NaN`, `a.b{c d=e} ${T} -0.5`],
      refused: ['RECORD_NO_TIME', 'RECORD_MALFORMED', 'RECORD_MALFORMED', 'RECORD_MALFORMED', 'RECORD_MALFORMED'],
      endless: 'a{b="',
      good: `a 1 ${T}`,
    },
    {
      name: 'OpenMetrics',
      options: { dialect: 'openmetrics', buckets: false },
      text: `# TYPE a counter\n# UNIT a seconds\na_seconds_total 1 ${T / 1000} # {trace_id="0 # 1"} 0.5 1\na_created 5 ${T / 1000}\nh_bucket{le="1"} 2 ${T / 1000}\nh_sum 4 ${T / 1000 + 0.5}\n# EOF\n`,
      rows: [`a_seconds_total ${T} 1`, `h_sum ${T + 500} 4`],
    },
  ],
  alertmanager: [
    {
      name: 'notices side by side, with broken ones',
      options: { time: 'alert' },
      text: `{"version":"4","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"Down","job":"a","severity":"page"},"startsAt":"2024-10-03T22:29:04Z","endsAt":"0001-01-01T00:00:00Z"},
{"status":"resolved","labels":{"alertname":"Slow","job":"b"},"startsAt":"2024-10-03T22:00:00Z","endsAt":"2024-10-03T22:29:03Z"},{"status":"odd"},{"status":"firing","labels":{},"startsAt":"when"}]}
{"alerts":7}\n{"broken\n[{"status":"firing","alerts":[]}]`,
      rows: [`Slow{job=b} ${T} 0`, `Down{job=a} ${T + 1000} 1`],
      refused: ['RECORD_MALFORMED', 'RECORD_NO_TIME', 'RECORD_MALFORMED', 'RECORD_MALFORMED'],
      endless: '{"alerts":"',
      good: '{"alerts":[{"status":"firing","labels":{"alertname":"Up"},"startsAt":"2024-10-03T22:29:04Z"}]}',
    },
  ],
  value: [
    {
      name: 'a stream, which says no time',
      text: '1\n\n 2.5\r\nNaN\nwhat?\n',
      refused: ['RECORD_NO_TIME', 'RECORD_NO_TIME', 'RECORD_NO_TIME', 'RECORD_MALFORMED'],
    },
  ],
  auto: [
    { name: 'csv', text: 'time,value\n1727994543,1\n1727994544,2\n', settles: 25, rows: [`value ${T} 1`, `value ${T + 1000} 2`] },
    { name: 'ndjson', text: `${objects.join('\n')}\n`, settles: 100, rows },
    { name: 'json', text: `[${objects.join(',')}]`, settles: 1, rows },
  ],
};

describe('formats', () => {
  for (const format of formats) {
    it(`${format.name} has streams to be tried on`, () => expect(cases[format.name]?.length).toBeGreaterThan(0));
    for (const check of formatChecks(format, cases[format.name] ?? [])) it(check.name, check.run);
  }
});
