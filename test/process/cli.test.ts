import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'homeostat-cli-'));
const running = new Set<ChildProcess>();

function start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, env: { ...process.env, NO_COLOR: '1', ...env } });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the program to its end; `input` goes to its standard input. */
async function homeostat(args: readonly string[], input?: string | Uint8Array, env?: Record<string, string>): Promise<Ended> {
  const child = start(args, env);
  let out = '';
  let err = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin!.on('error', () => {}).end(input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

/** What a stream says, line by line; each `until` looks on from where the last one ended. */
function lines(stream: NodeJS.ReadableStream): { until(pattern: RegExp): Promise<RegExpExecArray> } {
  let text = '';
  let at = 0;
  let wake: () => void = () => {};
  stream.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    wake();
  });
  return {
    async until(pattern) {
      for (;;) {
        const match = pattern.exec(text.slice(at));
        if (match) {
          at += match.index + match[0].length;
          return match;
        }
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** One value a minute, alternating 10 and 11, with a spike at row 80. */
const spike = `time,value\n${Array.from({ length: 100 }, (_, i) => `${new Date(Date.UTC(2024, 0, 1, 0, i)).toISOString()},${i === 80 ? 50 : 10 + (i % 2)}`).join('\n')}\n`;

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

describe('homeostat detect', () => {
  const path = file('spike.csv', spike);

  it('prints anomalies as one JSON object a line in a pipe, messages beside', async () => {
    const { code, out, err } = await homeostat(['detect', path, '-d', 'ema']);
    expect(code).toBe(0);
    const verdicts = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]).toMatchObject({
      time: '2024-01-01T01:20:00.000Z',
      series: 'value',
      values: [50],
      anomalous: true,
      onset: 1,
      detector: 'ema',
      late: false,
      revises: null,
      threshold: 3,
    });
    expect(err).toContain('100 events in 1 series, 1 anomaly (1%), 1 alert; ema span 20, sigma k 3');
  });

  it('gives a verdict for every row, in order, with --all; no score while warming up', async () => {
    const { out } = await homeostat(['detect', path, '--all', '--json', '-q', '-d', 'sma:window=10']);
    const verdicts = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { time: string; score: number | null });
    expect(verdicts.map(({ time }) => time)).toEqual(Array.from({ length: 100 }, (_, i) => new Date(Date.UTC(2024, 0, 1, 0, i)).toISOString()));
    expect(verdicts.findIndex(({ score }) => score !== null)).toBe(10);
  });

  it('needs no choice: says what was found out of the series, and alerts once on a spike', async () => {
    const { out, err } = await homeostat(['detect', path]);
    const verdicts = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { time: string; onset: number; detector: string });
    expect(verdicts[0]).toMatchObject({ time: '2024-01-01T01:20:00.000Z', detector: 'auto' });
    expect(verdicts.filter(({ onset }) => onset > 0.5)).toHaveLength(1);
    expect(err).toContain('1 alert; auto');
    expect(err).toContain('series: a value every 60 s, 100 seen');
  });

  it('gives score, expected, lower and upper for every row with --all', async () => {
    const { out } = await homeostat(['detect', path, '--all', '--csv', '-q']);
    const rows = out
      .trim()
      .split('\n')
      .slice(1)
      .map((row) => row.split(','));
    expect(rows).toHaveLength(100);
    for (const row of rows.slice(20)) for (const at of [3, 7, 8, 9]) expect(Number.isFinite(Number.parseFloat(row[at])), row.join()).toBe(true);
  });

  it('writes CSV that a spreadsheet reads', async () => {
    const { out } = await homeostat(['detect', path, '--csv', '-q', '-d', 'sma:window=10', '-k', '5']);
    expect(out).toBe(
      'time,series,value,score,threshold,anomalous,onset,expected,lower,upper,late\n' +
        '2024-01-01T01:20:00.000Z,value,50,74.94598054599058,5,true,1,10.5,7.864768616526351,13.135231383473648,false\n',
    );
  });

  it('reads standard input, gzip, and NDJSON', async () => {
    const csv = await homeostat(['detect', '-', '-q', '-d', 'ema'], spike);
    const gzip = await homeostat(['detect', '-', '-q', '-d', 'ema'], gzipSync(spike));
    const ndjson = await homeostat(
      ['detect', '-', '-q', '-d', 'ema'],
      Array.from({ length: 50 }, (_, i) => `{"time":${1_700_000_000 + i},"series":"a","value":${i === 40 ? 99 : i % 2}}\n`).join(''),
    );
    expect(csv.out.split('\n')).toHaveLength(2);
    expect(gzip.out).toBe(csv.out);
    expect(JSON.parse(ndjson.out)).toMatchObject({ series: 'a', values: [99] });
  });

  it('scores the columns that were asked for as one series', async () => {
    const wide = file(
      'wide.csv',
      `time,a,b,c\n${Array.from({ length: 60 }, (_, i) => `2024-01-01T00:00:${String(i).padStart(2, '0')}Z,${i % 2},${i === 50 ? 9 : i % 3},${i % 5}`).join('\n')}\n`,
    );
    const { out, code } = await homeostat(['detect', wide, '--columns', 'a,b', '--csv', '-q', '-d', 'ema']);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toBe('time,series,a,b,score,threshold,anomalous,onset,expected,lower,upper,late');
    expect(out.split('\n')[1]).toMatch(/^2024-01-01T00:00:50\.000Z,a\+b,0,9,/);
  });

  it('counts broken rows, shows the first with their lines, and goes on', async () => {
    const broken = file('broken.csv', spike.replace(/(.*\n){20}/, (head) => `${head}not a time,3\n`) + '2024-01-01T09:00:00Z,many\n');
    const { code, out, err } = await homeostat(['detect', broken, '-d', 'ema']);
    expect(code).toBe(0);
    expect(out.trim().split('\n')).toHaveLength(1);
    expect(err).toContain(`2 broken rows left out of ${broken}:\n  line 21: `);
    expect(err).toContain('\n  line 103: ');
  });

  it('draws the series and its anomalies, as wide as the terminal', async () => {
    const { out } = await homeostat(['detect', path, '--plot', '-q', '-d', 'ema']);
    expect(out).toContain('value  100 rows, 1 anomaly (1%)');
    expect(out.match(/●/g)).toHaveLength(1);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(out).toContain('2024-01-01 01:20:00     50');
  });

  it('writes a page that needs nothing but itself', async () => {
    const page = join(folder, 'chart.html');
    const { code } = await homeostat(['detect', path, '--html', page, '-q']);
    const text = readFileSync(page, 'utf8');
    expect(code).toBe(0);
    expect(text).toContain("default-src 'none'");
    expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
  });

  it.each([
    ['an empty file', () => file('empty.csv', ''), [], 1, 'INPUT_EMPTY'],
    ['a file without rows', () => file('header.csv', 'time,value\n'), [], 1, 'INPUT_EMPTY'],
    ['a missing file', () => 'none.csv', [], 1, 'there is no such file'],
    ['a missing column', () => path, ['-c', 'valeu'], 1, 'has no column "valeu"; did you mean "value"?'],
    ['gzip that ends early', () => file('cut.gz', gzipSync(spike).subarray(0, 100)), [], 1, 'its gzip data ends early'],
    [
      'data that is no text',
      () => file('picture.png', new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13])),
      [],
      1,
      'it holds no text but other data',
    ],
    ['an unknown detector', () => path, ['-d', 'emma'], 2, 'did you mean "ema"?'],
    ['an unknown option', () => path, ['--plott'], 2, '(Did you mean --plot?)'],
  ])('says what is wrong with %s', async (_what, make, args, code, message) => {
    const ended = await homeostat(['detect', make(), ...args]);
    expect(ended.err).toContain(message);
    expect(ended.code).toBe(code);
    expect(ended.out).toBe('');
  });

  it('leaves with 3 for an anomaly when asked to, and goes on after a file that fails', async () => {
    expect((await homeostat(['detect', path, '--fail-on-anomaly'])).code).toBe(3);
    expect((await homeostat(['detect', path, '--fail-on-anomaly', '-k', '1000'])).code).toBe(0);
    const both = await homeostat(['detect', 'none.csv', path, '-d', 'ema']);
    expect(both.code).toBe(1);
    expect(JSON.parse(both.out)).toMatchObject({ labels: { file: path } });
  });

  it('ends quietly when the reader of its pipe has seen enough', async () => {
    const child = start(['detect', path, path, path, '--all', '-q']);
    child.stdin!.end();
    let err = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdout!.destroy();
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(0);
    expect(err).toBe('');
  });

  it('needs no more memory for a file ten times as large', async () => {
    const large = join(folder, 'large.csv');
    const stream = createWriteStream(large);
    stream.write('time,series,value\n');
    for (let i = 0; i < 60; i++) {
      const rows = Array.from({ length: 20_000 }, (_, k) => `${1_700_000_000_000 + 10 * (20_000 * i + k)},s${k % 50},${k % 7}\n`);
      if (!stream.write(rows.join(''))) await once(stream, 'drain');
    }
    await new Promise<void>((resolve) => void stream.end(resolve));
    const { code } = await homeostat(['detect', large, '-q', '--plot'], undefined, { NODE_OPTIONS: '--max-old-space-size=48' });
    expect(code).toBe(0);
  });
});

describe('homeostat init, validate, run', () => {
  it('writes a file that is valid, never over another one', async () => {
    for (const scenario of ['host', 'response-time', 'csv', 'push']) {
      const path = join(folder, `${scenario}.yaml`);
      expect((await homeostat(['init', path, '--scenario', scenario])).code).toBe(0);
      expect(await homeostat(['validate', path])).toMatchObject({ code: 0 });
      const before = readFileSync(path, 'utf8');
      const again = await homeostat(['init', path, '--scenario', scenario]);
      expect(again).toMatchObject({ code: 1 });
      expect(again.err).toContain('FILE_EXISTS');
      expect(readFileSync(path, 'utf8')).toBe(before);
    }
  });

  it('leaves with 78 for a wrong file and says everything that is wrong', async () => {
    const path = file('wrong.yaml', 'pipelines:\n  a:\n    sorce: { host: {} }\n    rollup: 7\n');
    const { code, err, out } = await homeostat(['validate', path]);
    expect(code).toBe(78);
    expect(out).toBe('');
    expect(err).toContain(`${path}:3:5: unknown key "sorce" in pipelines.a; did you mean "source"?`);
    expect(err).toContain(`${path}:4:13: pipelines.a.rollup is 7, not a duration`);
    const json = await homeostat(['run', path, '--json']).catch(() => undefined);
    expect(json?.code).toBe(2);
  });

  it('prints the plan, and the file with every default', async () => {
    const path = join(folder, 'response-time.yaml');
    expect((await homeostat(['validate', path, '--plan'])).out).toMatch(/detect +by series: ema \(span 60, min_spread 0\)/);
    const printed = await homeostat(['validate', path, '--print']);
    const again = file('printed.yaml', printed.out);
    expect((await homeostat(['validate', again])).code).toBe(0);
  });

  it('runs a finite file to its end with --once, and finds what detect finds', async () => {
    file('once.csv', spike);
    const path = file(
      'once.yaml',
      'data: ./once\npipelines:\n  a:\n    source: { file: { path: once.csv } }\n    detect: { detector: ema }\n    sinks: [ { file: { path: once.ndjson, only: anomalies } } ]\n',
    );
    const ended = await homeostat(['run', path, '--once', '--no-server']);
    expect(ended).toMatchObject({ code: 0 });
    const verdict = JSON.parse(readFileSync(join(folder, 'once.ndjson'), 'utf8')) as { score: number };
    const detected = JSON.parse((await homeostat(['detect', 'once.csv', '-d', 'ema', '-q'])).out) as { score: number };
    expect(verdict.score).toBe(detected.score);
    const info = await homeostat(['ledger', 'info', '--data', 'once', '--json']);
    expect(JSON.parse(info.out)).toMatchObject({ pipelines: [{ name: 'a' }], openIncidents: 0 });
    expect((await homeostat(['ledger', 'check', '--data', 'once'])).code).toBe(0);
  });

  it('writes a last commit on SIGTERM and leaves with 0', async () => {
    const path = file('term.yaml', 'data: ./term\nserver: { port: 0 }\npipelines: { a: { source: { simulate: { rate: 200/s } } } }\n');
    const child = start(['run', path]);
    const [, url] = await lines(child.stderr!).until(/listening on (http:\/\/\S+)/);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    // Nobody reads its messages any more, which is no reason to end.
    child.stderr!.destroy();
    await expect.poll(async () => (await fetch(`${url}/livez`)).status).toBe(200);
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    const info = await homeostat(['ledger', 'info', '--data', 'term', '--json']);
    expect((JSON.parse(info.out) as { pipelines: { checkpoint: number }[] }).pipelines[0].checkpoint).toBeGreaterThan(0);
  });

  it('reads the file again on SIGHUP: what can change live does, and a wrong file changes nothing', async () => {
    const text =
      'data: ./hup\nserver: { port: 0 }\npipelines: { a: { source: { simulate: { rate: 50/s } }, detect: { detector: ema, threshold: { sigma: { k: 3 } } } } }\n';
    const path = file('hup.yaml', text);
    const child = start(['run', path]);
    const log = lines(child.stderr!);
    const [, url] = await log.until(/listening on (http:\/\/\S+)/);
    const hash = async (): Promise<string> => ((await (await fetch(`${url}/api/v1/pipelines/a`)).json()) as { config: string }).config;
    const before = await hash();
    writeFileSync(path, text.replace('k: 3', 'k: 3x'));
    child.kill('SIGHUP');
    await log.until(/stays as it was: .*k is "3x", not a number/);
    writeFileSync(path, text.replace('./hup', './other'));
    child.kill('SIGHUP');
    await log.until(/stays as it was: only a restart can change data/);
    expect(await hash()).toBe(before);
    writeFileSync(path, text.replace('k: 3', 'k: 4'));
    child.kill('SIGHUP');
    await log.until(/takes force at the next commit/);
    await expect.poll(hash, { timeout: 10_000 }).not.toBe(before);
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  it('refuses to be open to the network without a token before anything is started or written', async () => {
    const data = join(folder, 'open');
    const path = file('open.yaml', `data: ${data}\nserver: { host: 0.0.0.0 }\npipelines: { a: { source: { http: {} } } }\n`);
    for (const command of ['validate', 'run']) {
      const { code, err } = await homeostat([command, path]);
      expect(code).toBe(78);
      expect(err).toContain('SERVER_NEEDS_TOKEN');
    }
    expect(existsSync(data)).toBe(false);
  });

  it('refuses a data folder that another process has', async () => {
    const path = file('busy.yaml', 'data: ./busy\nserver: { port: 0 }\npipelines: { a: { source: { simulate: { rate: 10/s } } } }\n');
    const child = start(['run', path]);
    await lines(child.stderr!).until(/listening on/);
    const second = await homeostat(['run', path]);
    expect(second.err).toContain('LEDGER_BUSY');
    expect(second.code).toBe(1);
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  it('says at once that its port is taken, before it opens or writes anything', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => void holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as AddressInfo;
    const path = file('taken.yaml', `data: ./taken\nserver: { port: ${port} }\npipelines: { a: { source: { simulate: { rate: 10/s } } } }\n`);
    const { code, err } = await homeostat(['run', path]);
    holder.close();
    expect(code).toBe(1);
    expect(err).toContain('SERVER_PORT_TAKEN');
    expect(err).not.toContain('recovered');
    expect(existsSync(join(folder, 'taken'))).toBe(false);
  });
});

describe('homeostat demo', () => {
  it('prints the file it runs, then a line for every value', async () => {
    const { code, out } = await homeostat(['demo', 'response-time', '--detector', 'ema', '--values', '40', '--rate', '400/s']);
    expect(code).toBe(0);
    expect(out).toContain('detector: { ema: { alpha: 0.1 } }');
    const lines = out.split('\n').filter((line) => / - (INFO|WARNING) - /.test(line));
    expect(lines).toHaveLength(40);
    for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - (INFO - Normal value|WARNING - Anomaly detected): -?[\d.]+$/);
  });

  it('takes a free port, and says so, when its own is taken', async () => {
    const holder = createServer();
    // Where something else has the port already it is taken just as well.
    await new Promise<void>((resolve) => void holder.once('error', () => resolve()).listen(7070, '127.0.0.1', resolve));
    const child = start(['demo', '--data', join(folder, 'tour')]);
    const [, url] = await lines(child.stdout!).until(/Homeostat is running {2}(http:\/\/\S+)/);
    const { pipelines } = (await (await fetch(`${url}/api/v1/health`)).json()) as { pipelines: { name: string }[] };
    expect(pipelines.map(({ name }) => name)).toEqual(['response-time', 'sensors', 'cloud', 'hdfs', 'this-machine', 'push']);
    holder.close();
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });
});

describe('what is named and not there', () => {
  it('is said with what there is, in a sentence', async () => {
    const path = file('told.yaml', 'pipelines: { a: { source: { simulate: { rate: 10/s } }, notify: [{ log: {} }] } }\n');
    const said = async (...args: string[]): Promise<string> => (await homeostat(args)).err.replaceAll(/\s+/g, ' ');
    expect(await said('notify', 'test', path, '--receiver', 'slack#7')).toContain('there is no receiver "slack#7"; the file has log#0');
    expect(await said('demo', 'nothing')).toContain('there is no scenario "nothing"; known: response-time');
    for (const what of ['info', 'check', 'repair', 'dead-letters'])
      expect(await said('ledger', what, '--data', join(folder, 'nowhere'))).toMatch(
        /there is no data folder .*nowhere; name the one of the process with --data/,
      );
  });
});

describe('homeostat doctor and help', () => {
  it('checks the machine and says what to do', async () => {
    const { code, out } = await homeostat(['doctor', '--json', '--port', '0']);
    const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: { what: string; state: string; mend: string }[] };
    expect(ok).toBe(code === 0);
    expect(checks.map(({ what }) => what)).toEqual(['Node.js', 'memory', 'port', 'data folder', 'disk room', 'disk speed', 'SQLite', 'clock']);
    for (const { state, mend } of checks) expect(mend === '').toBe(state === 'ok');
    expect((await homeostat(['doctor', '--data', main])).out).toContain('is a file');
  });

  it('shows examples, the version, and what was meant', async () => {
    expect((await homeostat(['detect', '--help'])).out).toContain('$ homeostat detect temperatures.csv --plot');
    const { version } = JSON.parse(readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8')) as { version: string };
    expect((await homeostat(['--version'])).out).toBe(`${version}\n`);
    expect(await homeostat(['detec'])).toMatchObject({ code: 2, out: '' });
  });
});
