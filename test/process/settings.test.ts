/**
 * Settings, end to end: changed over REST and by command in a running process, in force from the next commit on, still there after a
 * restart and after kill -9 at every step, and taken back to the byte.
 */
import { execFile } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { SettingsApplied, SettingsPreview, SettingsRevision, SettingsView } from '../../src/core/api.ts';
import type { Verdict } from '../../src/core/verdicts.ts';
import type { Config } from '../../src/pipeline/config/index.ts';
import { startHomeostat } from '../../src/pipeline/host.ts';
import { parseConfig } from '../../src/pipeline/load.ts';
import { get, status, untilStatus } from '../support/api.ts';
import { project } from '../support/oracle.ts';
import { startServer, until, type Server } from '../support/program.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const START = Date.UTC(2026, 0, 5);
const STEP = 200;
const FILE = `# Kept as it is.
data: ./data
pipelines:
  p:
    source: { file: { path: events.csv, follow: true, poll: 20ms } }
    detect:
      detector: { ema: { span: 20 } }   # smooth
      threshold: { sigma: { k: 3 } }
    incident: { open: 2 of 5, max_alert_age: 36500d } # the rule
`;
const homes: Home[] = [];
afterEach(() => Promise.all(homes.map((home) => home.kill())));
afterAll(() => homes.forEach(({ folder }) => rmSync(folder, { recursive: true, force: true })));

class Home {
  readonly folder = mkdtempSync(join(tmpdir(), 'homeostat-settings-'));
  server!: Server;
  #rows = 0;

  constructor() {
    homes.push(this);
    writeFileSync(join(this.folder, 'homeostat.yaml'), FILE);
    writeFileSync(join(this.folder, 'events.csv'), 'time,series,value\n');
  }

  /** `killAt`: a point at which the process ends as a power cut would. */
  async start(killAt?: string): Promise<void> {
    if (killAt !== undefined) process.env['HOMEOSTAT_KILL_AT'] = killAt;
    try {
      this.server = await startServer(['run', 'homeostat.yaml'], this.folder);
    } finally {
      delete process.env['HOMEOSTAT_KILL_AT'];
    }
  }

  /** Adds rows and waits until they are judged. */
  async step(): Promise<void> {
    const rows = Array.from({ length: STEP }, (_, i) => this.#rows + i);
    appendFileSync(join(this.folder, 'events.csv'), rows.map((i) => `${START + i * 1000},s,${(100 + 5 * Math.sin(i * 12.9898)).toFixed(3)}\n`).join(''));
    this.#rows += STEP;
    await untilStatus(this.server.address, ({ counts }) => counts.verdicts === this.#rows, `${this.#rows} verdicts`);
  }

  /** Resolves when the process is gone. */
  async gone(): Promise<void> {
    const { child } = this.server;
    if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve));
  }

  async kill(): Promise<void> {
    this.server?.child.kill('SIGKILL');
    if (this.server !== undefined) await this.gone();
  }

  file(): string {
    return readFileSync(join(this.folder, 'homeostat.yaml'), 'utf8');
  }

  write(text: string): void {
    writeFileSync(join(this.folder, 'homeostat.yaml'), text);
  }

  view(): Promise<SettingsView> {
    return get(this.server.address, 'pipelines/p/settings');
  }

  async put(changes: object, revision?: string): Promise<{ status: number; body: SettingsApplied & { code: string; detail: string } }> {
    const tag = revision ?? (await this.view()).revision;
    const response = await fetch(`${this.server.address}/api/v1/pipelines/p/settings`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'if-match': `"${tag}"` },
      body: JSON.stringify({ changes }),
    });
    return { status: response.status, body: (await response.json()) as SettingsApplied & { code: string; detail: string } };
  }

  cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return new Promise((resolve) => {
      const env = { ...process.env, NO_COLOR: '1' };
      execFile(process.execPath, [main, 'set', 'p', ...args, '--url', this.server.address], { cwd: this.folder, env }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });
  }

  /** Verdicts by row: detector and configuration hash. */
  verdicts(): Pick<Verdict, 'detector' | 'config' | 'score'>[] {
    return project(join(this.folder, 'data'), 'p')
      .verdicts.map((text) => JSON.parse(text) as Verdict)
      .sort((a, b) => a.time.localeCompare(b.time));
  }
}

const SMA = { 'detect.detector': { sma: { window: 30 } } };
const WITH_SMA = FILE.replace('{ ema: { span: 20 } }', '{ sma: { window: 30 } }');

describe('settings changed while it runs', () => {
  it('are in force from a commit on, outlive a restart, and are taken back to the byte', async () => {
    const home = new Home();
    await home.start();
    await home.step();
    const before = await status(home.server.address);
    const { status: code, body } = await home.put(SMA);
    expect(code).toBe(200);
    expect(home.file()).toBe(WITH_SMA);
    const changed = await status(home.server.address);
    expect([changed.config, changed.epoch, changed.detector]).toEqual([body.config, body.epoch, expect.stringContaining('sma')]);
    await home.step();
    expect(await home.server.stop()).toBe(0);
    await home.start();
    const after = await status(home.server.address);
    expect([after.config, after.epoch]).toEqual([body.config, body.epoch]);
    await home.step();
    const response = await fetch(`${home.server.address}/api/v1/pipelines/p/settings/undo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(((await response.json()) as SettingsApplied).config).toBe(before.config);
    expect(home.file()).toBe(FILE);
    await home.step();
    await home.server.stop();
    const made = home.verdicts();
    expect(made).toHaveLength(4 * STEP);
    for (const [i, { detector, config }] of made.entries()) {
      const isChanged = i >= STEP && i < 3 * STEP;
      expect([i, detector, config]).toEqual([i, isChanged ? 'sma' : 'ema', isChanged ? body.config : before.config]);
    }
    // Another detector warms up again, a restart does not.
    expect(made[STEP].score).toBeNull();
    expect(made[2 * STEP].score).not.toBeNull();
  });

  it('keep what was learnt where only a rule changes', async () => {
    const home = new Home();
    await home.start();
    await home.step();
    const { body } = await home.put({ 'incident.open': '3 of 5', 'detect.learn': 'never', 'order.idle': '2s' });
    expect(home.file()).toBe(
      FILE.replace('open: 2 of 5', 'open: 3 of 5')
        .replace('k: 3 } }\n', 'k: 3 } }\n      learn: never\n')
        .replace('# the rule\n', '# the rule\n    order: { idle: 2s }\n'),
    );
    await home.step();
    await home.server.stop();
    const made = home.verdicts();
    expect(made[STEP]).toMatchObject({ config: body.config, score: expect.any(Number) as number });
  });

  it.each([
    ['settings-revision', false],
    ['settings-file', true],
    ['settings-control', true],
  ])('survive kill -9 at %s: file and engine say the same', async (point, isChanged) => {
    const home = new Home();
    await home.start(point);
    await home.step();
    const before = await status(home.server.address);
    await expect(home.put(SMA)).rejects.toThrow();
    await home.gone();
    expect(home.file()).toBe(isChanged ? WITH_SMA : FILE);
    await home.start();
    await home.step();
    const after = await status(home.server.address);
    const { items } = await get<{ items: SettingsRevision[] }>(home.server.address, 'pipelines/p/settings/revisions');
    expect(items).toHaveLength(isChanged ? 1 : 0);
    expect(after.config === before.config).toBe(!isChanged);
    expect((await home.view()).undo === null).toBe(!isChanged);
    if (isChanged) expect((await home.cli('--undo')).code).toBe(0);
    else expect((await home.put(SMA)).status).toBe(200);
    expect(home.file()).toBe(isChanged ? FILE : WITH_SMA);
    await home.step();
    await home.server.stop();
    const detectors = home.verdicts().map(({ detector }) => detector);
    const turns = detectors.filter((name, i) => i > 0 && name !== detectors[i - 1]);
    expect([detectors[0], ...turns]).toEqual(isChanged ? ['ema', 'sma', 'ema'] : ['ema', 'sma']);
  });

  it('leave out a change that was not applied before a crash and was taken out of the file since', async () => {
    const home = new Home();
    await home.start('settings-control');
    await home.step();
    const before = await status(home.server.address);
    await expect(home.put(SMA)).rejects.toThrow();
    await home.gone();
    home.write(FILE);
    await home.start();
    await home.step();
    expect((await status(home.server.address)).config).toBe(before.config);
    await home.server.stop();
    expect(new Set(home.verdicts().map(({ detector }) => detector))).toEqual(new Set(['ema']));
  });

  it('and changes by hand do not overwrite each other, and nothing is applied twice', async () => {
    const home = new Home();
    await home.start();
    await home.step();
    const { revision } = await home.view();
    await home.put(SMA);
    const { epoch } = await status(home.server.address);
    home.server.child.kill('SIGHUP');
    await until(async () => (home.server.output().includes('the configuration has not changed') ? true : undefined), 'the file was read again');
    expect((await status(home.server.address)).epoch).toBe(epoch);
    expect(await home.put(SMA, revision)).toMatchObject({ status: 412, body: { code: 'SETTINGS_MOVED' } });
    home.write(WITH_SMA.replace('k: 3', 'k: 4'));
    expect(await home.put({ 'detect.learn': 'never' })).toMatchObject({ status: 409, body: { code: 'SETTINGS_CHANGED' } });
    expect(await home.view()).toMatchObject({ state: 'changed-by-hand' });
    home.server.child.kill('SIGHUP');
    await untilStatus(home.server.address, (now) => now.epoch > epoch, 'the file is in force');
    expect(await home.put({ 'detect.learn': 'never' })).toMatchObject({ status: 200 });
    expect(home.file()).toContain('k: 4 } }\n      learn: never\n');
  });
});

describe('an engine thread that dies', () => {
  it('is replaced by one that begins with what is in force', async () => {
    const home = new Home();
    const path = join(home.folder, 'homeostat.yaml');
    const parse = (text: string): Config => parseConfig(text, path);
    const engineThread = new URL('../support/crashing-engine.mjs', import.meta.url);
    const { running, stop } = await startHomeostat(parse(FILE), { log: () => {}, engineThread, file: { path, text: FILE, parse } });
    const first = await running.settings.view('p');
    const conditions: string[] = [];
    running.subscribe((event) => event.type === 'status' && conditions.push(event.pipelines[0].condition));
    const { config } = await running.settings.change('p', SMA, first.revision, 'me');
    expect(running.pipelines()[0].config).toBe(config);
    writeFileSync(join(home.folder, 'data', 'crash'), 'throw');
    await until(async () => (conditions.includes('degraded') ? true : undefined), 'the engine is gone');
    await until(async () => (running.pipelines()[0].condition === 'ok' ? true : undefined), 'another one runs');
    expect(running.pipelines()[0]).toMatchObject({ config, detector: expect.stringContaining('sma') as string });
    await stop();
  });
});

describe('homeostat set', () => {
  it('shows, previews, changes and takes back', async () => {
    const home = new Home();
    await home.start();
    await home.step();
    expect((await home.cli()).out).toMatch(/detect\.detector +\{ ema: \{ span: 20, min_spread: 0 \} \}.*warms up again/);
    const preview = await home.cli('detect.detector.ema.span=40', 'incident.open=', '--preview');
    expect(preview.out).toContain('-      detector: { ema: { span: 20 } }   # smooth\n+      detector: { ema: { span: 40 } }   # smooth');
    expect(preview.out).toContain('+    incident: { max_alert_age: 36500d } # the rule');
    expect(preview.out).toContain('Every series warms up again (detect.detector.ema.span)');
    expect(home.file()).toBe(FILE);
    const set = await home.cli('detect.detector.ema.span=40');
    expect(set.out).toMatch(/detect\.detector\.ema\.span: 20 → 40\nin force since checkpoint \d+/);
    expect(home.file()).toBe(FILE.replace('span: 20', 'span: 40'));
    expect((await home.cli('--revisions')).out).toMatch(/1 .* local .*20 → 40/);
    expect((await home.cli('--undo')).code).toBe(0);
    expect(home.file()).toBe(FILE);
    expect((await home.cli('--undo')).err).toContain('SETTINGS_NOTHING');
  });

  it('refuses what does not exist with the nearest name, and what does not fit in the words of validate', async () => {
    const home = new Home();
    await home.start();
    expect(await home.cli('detect.detector.ema.spam=40')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean "detect.detector.ema.span"?') as string,
    });
    expect(await home.cli('detect.threshold.sigma.k=-1')).toMatchObject({
      code: 78,
      err: expect.stringMatching(/homeostat\.yaml:8:\d+: .*k is -1; it must be more than 0/) as string,
    });
    expect(await home.cli('nothing')).toMatchObject({ code: 2, err: expect.stringContaining('no KEY=VALUE') as string });
    const wrong = await home.cli('detect.threshold.sigma.k=-1', '--preview', '--json');
    expect(wrong.code).toBe(78);
    expect((JSON.parse(wrong.out) as SettingsPreview).problems[0].code).toBe('CONFIG_INVALID');
    expect(home.file()).toBe(FILE);
  });
});

describe('the demo', () => {
  it('keeps its changed file in its data folder', async () => {
    const home = new Home();
    const demo = async (): Promise<Server> => (home.server = await startServer(['demo', '--data', 'demo'], home.folder));
    const span = async ({ address }: Server): Promise<unknown> => {
      const { options, state } = await get<SettingsView>(address, 'pipelines/response-time/settings');
      return [state, options[0].value];
    };
    const first = await demo();
    const args = ['set', 'response-time', 'detect.detector.ema.span=30', '--url', first.address];
    await new Promise((resolve, reject) => void execFile(process.execPath, [main, ...args], (error) => (error === null ? resolve(0) : reject(error))));
    await first.stop();
    const second = await demo();
    expect(await span(second)).toEqual(['ready', { ema: { span: 30, min_spread: 1 } }]);
    await second.stop();
  });
});
