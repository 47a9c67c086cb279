import { describe, expect, it } from 'vitest';
import { LEVELS } from '../../core/contracts.ts';
import { Header } from './header.ts';
import { readerOf } from './readers.ts';
import { recognise } from './recognise.ts';

const RULES = { offset: 0, year: 0, reference: Date.UTC(2024, 11, 1) };

/** First line of a stream, and what is found in it: time, level, component, message. */
const EXAMPLES: Record<string, { text: string; time: string; level?: string; component?: string; message: string }> = {
  'syslog of RFC 3164': {
    text: '<34>Oct 11 22:14:15 mymachine su[12]: failed for lonvick on /dev/pts/8\nOct 11 22:14:16 mymachine kernel: usb 1-1',
    time: '2024-10-11T22:14:15.000Z',
    level: 'fatal',
    component: 'su',
    message: 'failed for lonvick on /dev/pts/8',
  },
  'syslog of RFC 5424': {
    text: '<165>1 2003-10-11T22:14:15.003Z host.example.com evntslog - ID47 [a@32473 iut="3" b="]"] An application event\n<34>1 2003-10-11T22:14:16Z h su - - - failed',
    time: '2003-10-11T22:14:15.003Z',
    level: 'notice',
    component: 'evntslog',
    message: 'An application event',
  },
  'syslog with ISO times': {
    text: '2024-10-03T22:29:03.123456+02:00 web1 sshd[77]: Accepted key\n2024-10-03T22:29:04.123456+02:00 web1 kernel: usb 1-1',
    time: '2024-10-03T20:29:03.123Z',
    component: 'sshd',
    message: 'Accepted key',
  },
  log4j: {
    text: '2024-10-03 22:29:03,123 WARN [pool-1 t] org.a.B: it went\n2024-10-03 22:29:04,123 INFO [main] org.a.C: and went',
    time: '2024-10-03T22:29:03.123Z',
    level: 'warn',
    component: 'org.a.B',
    message: 'it went',
  },
  'Spring Boot': {
    text: '2024-10-03T22:29:03.123Z  INFO 4711 --- [           main] o.s.b.w.e.tomcat.TomcatWebServer  : Tomcat started on port 8080\n2024-10-03T22:29:04.123Z  WARN 4711 --- [nio-1] o.a.c.Catalina : slow',
    time: '2024-10-03T22:29:03.123Z',
    level: 'info',
    component: 'o.s.b.w.e.tomcat.TomcatWebServer',
    message: 'Tomcat started on port 8080',
  },
  'Python logging': {
    text: '2024-10-03 22:29:03,123 - my.module - ERROR - it broke\n2024-10-03 22:29:03,124 - other - INFO - it did not',
    time: '2024-10-03T22:29:03.123Z',
    level: 'error',
    component: 'my.module',
    message: 'it broke',
  },
  klog: {
    text: 'E1003 22:29:03.123456   12345 controller.go:114] Failed to sync\nI1003 22:29:03.223456   12345 main.go:1] started',
    time: '2024-10-03T22:29:03.123Z',
    level: 'error',
    component: 'controller.go:114',
    message: 'Failed to sync',
  },
  'an access log': {
    text: '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326\n::1 - - [10/Oct/2000:13:55:37 -0700] "GET / HTTP/1.0" 200 1',
    time: '2000-10-10T20:55:36.000Z',
    message: '"GET /a.gif HTTP/1.0" 200 2326',
  },
  'the error log of nginx': {
    text: '2024/10/03 22:29:03 [error] 31#0: *5 open() "/x" failed\n2024/10/03 22:29:04 [notice] 31#31: signal 17',
    time: '2024-10-03T22:29:03.000Z',
    level: 'error',
    message: 'open() "/x" failed',
  },
  'the error log of Apache': {
    text: '[Thu Oct 03 22:29:03.123456 2024] [core:error] [pid 3:tid 4] [client 1.2.3.4:5] AH00124: no\n[Thu Oct 03 22:29:04.123456 2024] [mpm:notice] [pid 3:tid 4] AH00489: yes',
    time: '2024-10-03T22:29:03.123Z',
    level: 'error',
    message: '[client 1.2.3.4:5] AH00124: no',
  },
  'JSON lines': {
    text: String.raw`{"level":50,"time":1727994543123,"name":"shop","msg":"say \"h\u00ef\" \ud83d\ude00\\n"}` + '\n{"level":30,"time":1727994544123,"msg":"b"}',
    time: '2024-10-03T22:29:03.123Z',
    level: 'error',
    component: 'shop',
    message: 'say "hï" 😀\\n',
  },
  'JSON lines with objects in them': {
    text: '{"a":{"message":"no","b":["]"]},"@timestamp":"2024-10-03T22:29:03.123Z","log.level":"WARN","message":"yes","log.logger":"a.B"}',
    time: '2024-10-03T22:29:03.123Z',
    level: 'warn',
    component: 'a.B',
    message: 'yes',
  },
  logfmt: {
    text: 'time=2024-10-03T22:29:03Z level=warning msg="a \\"b\\" c" component=api n=1\ntime=2024-10-03T22:29:04Z level=info msg=d',
    time: '2024-10-03T22:29:03.000Z',
    level: 'warn',
    component: 'api',
    message: 'a "b" c',
  },
  'glog-like with a date': {
    text: '[2024-10-03 22:29:03.123] [info] [net.cc:12] connected\n[2024-10-03 22:29:03.124] [error] [net.cc:13] lost',
    time: '2024-10-03T22:29:03.123Z',
    level: 'info',
    message: 'connected',
  },
  'logback without a date': {
    text: '22:29:03.123 [main] DEBUG com.a.Foo - it goes\n22:29:03.124 [main] INFO  com.a.Foo - it went',
    time: '2024-11-30T22:29:03.123Z',
    level: 'debug',
    component: 'com.a.Foo',
    message: 'it goes',
  },
  'java.util.logging in one line': {
    text: 'Oct 03, 2024 10:29:03 PM org.a.B run\nOct 03, 2024 10:29:04 PM org.a.B run',
    time: '2024-10-03T22:29:03.000Z',
    message: 'org.a.B run',
  },
  'Go and epoch seconds': {
    text: '1727994543.123456 INFO starting up\n1727994544.123456 WARN slow',
    time: '2024-10-03T22:29:03.123Z',
    level: 'info',
    message: 'starting up',
  },
  PostgreSQL: {
    text: '2024-10-03 22:29:03.123 UTC [77] LOG:  checkpoint starting: time\n2024-10-03 22:29:04.123 UTC [77] ERROR:  relation "x"',
    time: '2024-10-03T22:29:03.123Z',
    level: 'info',
    message: 'checkpoint starting: time',
  },
  'day before month': {
    text: '03.10.2024 22:29:03 INFO a.B: it\n13.10.2024 22:29:03 INFO a.B: it',
    time: '2024-10-03T22:29:03.000Z',
    level: 'info',
    component: 'a.B',
    message: 'it',
  },
  'levels only': { text: 'WARNING: disk is low\nINFO: disk is fine', time: '', level: 'warn', message: 'disk is low' },
  'a journal': {
    text: '__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1727994543123456\nPRIORITY=3\nSYSLOG_IDENTIFIER=sshd\nMESSAGE=it failed\n_PID=7\n',
    time: '2024-10-03T22:29:03.123Z',
    level: 'error',
    component: 'sshd',
    message: 'it failed',
  },
};

describe('layouts found by themselves', () => {
  for (const [name, want] of Object.entries(EXAMPLES)) {
    it(name, () => {
      const bytes = Buffer.from(want.text);
      const found = recognise(bytes, 0, bytes.length, RULES);
      const reader = readerOf(found.layouts[0], RULES);
      const header = new Header();
      const newline = bytes.indexOf(10);
      expect(reader.read(bytes, 0, reader.whole || newline < 0 ? bytes.length : newline, header), found.words.join()).toBe(true);
      const message =
        header.text === undefined ? bytes.subarray(header.message, header.messageEnd) : header.text.subarray(0, header.messageEnd - header.message);
      expect(
        {
          time: Number.isNaN(header.time) ? '' : new Date(header.time).toISOString(),
          level: LEVELS[header.level],
          component: bytes.toString('utf8', header.component, header.componentEnd),
          message: Buffer.from(message).toString('utf8'),
        },
        found.words.join(),
      ).toEqual({ level: '', component: '', ...want, text: undefined });
      expect(found.words[0]).toContain(`in ${want.text.trimEnd().split('\n').length > 2 && reader.whole ? 1 : want.text.trimEnd().split('\n').length} of`);
    });
  }

  it('are plain where lines have no header', () => {
    for (const text of ['hello\nworld', 'It was 2024-10-03\nor so\nI think', '1 2 3\n4 5 6', '{"a":1}\n{"a":2}', '']) {
      const bytes = Buffer.from(text);
      expect(recognise(bytes, 0, bytes.length, RULES).layouts, text).toEqual(['plain']);
    }
  });

  it('take a word of a message for no part of the header', () => {
    const text = Array.from({ length: 20 }, (_, i) => `2024-10-03 22:29:${10 + i} Found child ${6700 + i} in slot ${i}`).join('\n');
    expect(recognise(Buffer.from(text), 0, text.length, RULES).layouts).toEqual(['{time:ymd} {message}']);
  });

  it('learn no year from a line that does not fit', () => {
    const reader = readerOf('{time:mon-d} {level} {message}', RULES);
    const header = new Header();
    const fits = (text: string): boolean => reader.read(Buffer.from(text), 0, text.length, header);
    expect(fits('Nov 30 10:00:00 INFO a')).toBe(true);
    const before = reader.state();
    expect(fits('Jan  1 10:00:00 nothing')).toBe(false);
    expect(reader.state()).toBe(before);
    expect(fits('Jan  1 10:00:00 INFO b')).toBe(true);
    expect(new Date(header.time).toISOString()).toBe('2025-01-01T10:00:00.000Z');
  });
});
