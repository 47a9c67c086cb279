import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { PipelineStatus } from '../../core/api.ts';
import type { ControlRecord } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import { configHash } from '../config/index.ts';
import { parseConfig } from '../load.ts';
import { registry } from '../registry.ts';
import { InForce } from './in-force.ts';
import { masked } from './mask.ts';
import { Settings } from './settings.ts';

const TEXT = `# mine
data: ./data
pipelines:
  p:
    source: { simulate: { rate: 1/s } }
    detect: { detector: { ema: { span: 20 } } }   # smooth
    notify: [ { webhook: { url: "http://a:pw@b/x", secret: hunter2, headers: { Authorization: "Bearer abc" } } } ]
  q:
    source: { simulate: { rate: "\${RATE:-1/s}" } }
    detect: { threshold: { sigma: { k: 3 } }, detector: sma }
  logs:
    source: { simulate: { scenario: hdfs, rate: 1/s } }
    parse: {}
`;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A process whose engine takes what it is told at once, unless `refuse` says why not. */
function home(text = TEXT) {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-settings-'));
  folders.push(folder);
  const path = join(folder, 'homeostat.yaml');
  writeFileSync(path, text);
  const parse = (content: string) => parseConfig(content, path, {});
  const said: { pipeline: string; record: ControlRecord }[] = [];
  const made = { path, folder, said, refuse: undefined as HomeostatError | undefined, file: () => readFileSync(path, 'utf8') };
  const open = () => {
    let config = parse(made.file());
    const inForce = new InForce(
      config,
      { path, text: made.file(), parse },
      {
        adopt: (next) => void (config = next),
        control: async (pipeline, record) => {
          if (made.refuse !== undefined) throw made.refuse;
          return said.push({ pipeline, record });
        },
      },
    );
    const status = (name: string): PipelineStatus => {
      const pipeline = config.pipelines.find((each) => each.name === name);
      if (pipeline === undefined) throw new HomeostatError('NOT_FOUND', { what: 'pipeline', name });
      return { config: configHash(pipeline, registry), epoch: 7 } as PipelineStatus;
    };
    return { inForce, settings: new Settings(inForce, registry, status) };
  };
  return { ...made, ...open(), again: open, refuse: (why: HomeostatError | undefined) => void (made.refuse = why) };
}

const SPAN = { 'detect.detector.ema.span': 40 };
const change = async (of: ReturnType<typeof home>, changes: Record<string, never> | object, name = 'p') =>
  of.settings.change(name, changes as never, (await of.settings.view(name)).revision, 'me');

describe('settings', () => {
  it('write the file, tell the engine without receivers and source, and are taken back to the byte', async () => {
    const of = home();
    const applied = await change(of, SPAN);
    expect(of.file()).toBe(TEXT.replace('span: 20', 'span: 40'));
    expect(applied).toMatchObject({ epoch: 7, revision: { by: 'me', kind: 'change', what: 'detect.detector.ema.span: 20 → 40' } });
    expect(applied.diff).toContain('+    detect: { detector: { ema: { span: 40 } } }   # smooth');
    expect(of.said).toHaveLength(1);
    const { record } = of.said[0];
    expect(record).toMatchObject({ type: 'configure', by: 'me', note: 'detect.detector.ema.span: 20 → 40' });
    expect(JSON.stringify(record)).not.toMatch(/hunter2|notify|"source"/);
    expect((await of.settings.view('p')).undo?.what).toBe('detect.detector.ema.span: 20 → 40');
    await of.settings.step('p', 'undo', 'you');
    expect(of.file()).toBe(TEXT);
    expect((await of.settings.view('p')).undo).toBeNull();
    await of.settings.step('p', 'redo', 'you');
    expect(of.file()).toBe(TEXT.replace('span: 20', 'span: 40'));
    expect((await of.settings.revisions('p')).map(({ kind, by }) => `${kind} ${by}`)).toEqual(['redo you', 'undo you', 'change me']);
    await expect(of.settings.step('p', 'redo', 'you')).rejects.toMatchObject({ code: 'SETTINGS_NOTHING' });
  });

  it('of one pipeline are taken back over those of another, and over what was changed elsewhere by hand', async () => {
    const of = home();
    await change(of, SPAN);
    await change(of, { 'detect.threshold.sigma.k': 5, 'incident.open': '2 of 3' }, 'q');
    writeFileSync(of.path, of.file().replace('# mine', '# ours'));
    await of.settings.step('p', 'undo', 'me');
    expect(of.file()).toBe(
      TEXT.replace('# mine', '# ours').replace('k: 3', 'k: 5').replace('detector: sma }\n', 'detector: sma }\n    incident: { open: 2 of 3 }\n'),
    );
    await of.settings.step('q', 'undo', 'me');
    expect(of.file()).toBe(TEXT.replace('# mine', '# ours'));
  });

  it('take back several changes one after the other, also after a restart', async () => {
    const of = home();
    await change(of, SPAN);
    await change(of, { 'detect.detector': 'robust' });
    const { settings } = of.again();
    await settings.step('p', 'undo', 'me');
    expect(of.file()).toBe(TEXT.replace('span: 20', 'span: 40'));
    await settings.step('p', 'undo', 'me');
    expect(of.file()).toBe(TEXT);
  });

  it('refuse a file that is another one by now, was changed by hand, or where the lines to take back were changed', async () => {
    const of = home();
    const { revision } = await of.settings.view('p');
    writeFileSync(of.path, TEXT.replace('# mine', '# ours'));
    await expect(of.settings.change('p', SPAN, revision, 'me')).rejects.toMatchObject({ code: 'SETTINGS_MOVED' });
    await change(of, SPAN);
    const by = of.file();
    writeFileSync(of.path, by.replace('k: 3', 'k: 4'));
    const view = await of.settings.view('p');
    expect(view).toMatchObject({ state: 'changed-by-hand', reason: expect.stringContaining('SIGHUP') as string });
    await expect(change(of, { 'detect.learn': 'never' })).rejects.toMatchObject({ code: 'SETTINGS_CHANGED' });
    await expect(of.settings.preview('p', SPAN)).rejects.toMatchObject({ code: 'SETTINGS_CHANGED' });
    expect(of.file()).toBe(by.replace('k: 3', 'k: 4'));
    writeFileSync(of.path, by.replace('# smooth', '# rough'));
    await expect(of.settings.step('p', 'undo', 'me')).rejects.toMatchObject({ code: 'SETTINGS_CONFLICT' });
    writeFileSync(of.path, 'pipelines: {');
    expect((await of.settings.view('p')).state).toBe('invalid');
    expect(of.said).toHaveLength(1);
  });

  it('leave everything as it was where the file cannot be written or the engine does not take the change down', async () => {
    const of = home();
    of.refuse(new HomeostatError('DISK_FULL', { path: 'x', detail: 'full' }));
    await expect(change(of, SPAN)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect([of.file(), readdirSync(join(of.folder, 'data', 'settings'))]).toEqual([TEXT, []]);
    expect(of.inForce.config.pipelines[0].detect.detector.options['span']).toBe(20);
    of.refuse(undefined);
    mkdirSync(join(of.folder, `.homeostat.yaml.${process.pid}.tmp`));
    await expect(change(of, SPAN)).rejects.toMatchObject({ code: 'SETTINGS_READ_ONLY', mend: expect.stringContaining(of.folder) as string });
    expect([of.file(), of.said.length]).toEqual([TEXT, 0]);
  });

  it('are in force where the engine starts anew, since it begins with them', async () => {
    const of = home();
    of.refuse(new HomeostatError('OVERLOADED', { what: 'The engine', limit: 'restarting' }));
    await change(of, SPAN);
    expect(of.file()).toContain('span: 40');
    expect(of.inForce.config.pipelines[0].detect.detector.options['span']).toBe(40);
  });

  it('forget a change that was written down and not made, because the process died between', async () => {
    const of = home();
    await change(of, SPAN);
    writeFileSync(of.path, TEXT);
    expect((await of.again().settings.view('p')).undo).toBeNull();
    expect(readdirSync(join(of.folder, 'data', 'settings'))).toEqual([]);
  });

  it('say what is wrong in the words of validate, and name what was meant', async () => {
    const of = home();
    const wrong = await of.settings.preview('p', { 'detect.detector.ema.span': -1, 'incident.open': '3 of 5' });
    expect(wrong.problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/homeostat\.yaml:6:\d+: pipelines\.p\.detect\.detector\.ema\.span is -1/),
    ]);
    expect((await of.settings.preview('p', { 'detect.threshold': 'quantile' })).problems).toEqual([]);
    for (const [key, near] of [
      ['detect.detector.ema.spam', 'detect.detector.ema.span'],
      ['detect.detector.robst.window', 'detect.detector.robust'],
      ['detect.lern', 'detect.learn'],
    ]) {
      const { problems } = await of.settings.preview('p', { [key]: 1 });
      expect(problems[0]).toMatchObject({ code: 'SETTING_UNKNOWN', message: expect.stringContaining(`did you mean "${near}"?`) as string });
    }
    for (const key of [
      'detect.detector.ema.constructor',
      'detect.detector.__proto__',
      'source',
      'detect',
      'sinks',
      'notify.0.webhook.url',
      'order.max_buffer',
      'judge',
      '__proto__',
    ])
      expect((await of.settings.preview('p', JSON.parse(`{"${key}": 1}`) as never)).problems[0].code, key).toBe('SETTING_UNKNOWN');
    expect((await of.settings.preview('p', { 'detect.detector': '${HOME}' })).problems[0].message).toContain('reference to the environment');
  });

  it('keep the newest fifty revisions', async () => {
    const of = home();
    for (let span = 30; span < 82; span++) await change(of, { 'detect.detector.ema.span': span });
    expect((await of.settings.revisions('p')).map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, i) => 52 - i));
    expect(readdirSync(join(of.folder, 'data', 'settings'))).toHaveLength(50);
  });

  it('refuse values that nobody writes', async () => {
    const of = home();
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as never;
    expect((await of.settings.preview('p', { 'incident.group_by': deep })).problems[0].message).toContain('nested more than 8 deep');
  });

  it('say which change begins anew, and that nothing would change', async () => {
    const of = home();
    expect(await of.settings.preview('p', { ...SPAN, 'incident.resolve_after': '1m' })).toMatchObject({ problems: [], warmsUp: ['detect.detector.ema.span'] });
    expect(await of.settings.preview('p', { 'detect.detector.ema.span': 20 })).toMatchObject({ problems: [], diff: '', warmsUp: [] });
    expect(await change(of, { 'detect.detector.ema.span': 20 })).toMatchObject({ revision: null });
    expect(of.said).toEqual([]);
  });

  it('offer judges and incident rules to a pipeline over logs', async () => {
    const of = home();
    const { options, choices } = await of.settings.view('logs');
    expect(options.slice(0, 3).map(({ key }) => key)).toEqual(['judge', 'judging.threshold', 'incident.open']);
    expect(choices.judge.length).toBeGreaterThan(1);
    await change(of, { judge: 'sequence', 'incident.resolve_after': '5s' }, 'logs');
    expect(of.file()).toContain('    parse: {}\n    judge: sequence\n    incident: { resolve_after: 5s }\n');
  });

  it('are shown but cannot be changed without a file', async () => {
    const config = parseConfig(TEXT, 'x.yaml', {});
    const inForce = new InForce(config, undefined, { adopt: () => {}, control: async () => 1 });
    const settings = new Settings(inForce, registry, () => ({ config: 'c', epoch: 1 }) as PipelineStatus);
    expect(await settings.view('p')).toMatchObject({ state: 'no-file', file: '', reason: expect.stringContaining('homeostat run FILE') as string });
    expect(await settings.revisions('p')).toEqual([]);
    await expect(settings.change('p', SPAN, '', 'me')).rejects.toMatchObject({ code: 'SETTINGS_NO_FILE' });
  });
});

describe('the shown file', () => {
  it('hides every secret and keeps its lines', () => {
    const shown = masked(TEXT.replace('hunter2', '"hun#ter"').replace('rate: 1/s }', 'rate: 1/s, password: "${PW}", token: "${PW:-abc123}" }'), registry);
    expect(shown.split('\n')).toHaveLength(TEXT.split('\n').length);
    expect(shown).toContain('notify: [ { webhook: { url: ***, secret: ***, headers: { Authorization: *** } } } ]');
    expect(shown).toContain('password: "${PW}", token: ***');
    expect(masked('x: { token: |\n', registry)).not.toContain('token');
    expect(masked('a: redis://u:pw@h/1\n', registry)).toBe('a: redis://***@h/1\n');
  });

  it('hides also what a comment keeps of a secret', () => {
    const text = '# password: "old one"\na: 1 # url=https://hooks.example/T0/B0\n  # api_token : abc # and more\nb: 2 # smooth: yes\n';
    expect(masked(text, registry)).toBe('# password: ***\na: 1 # url=***\n  # api_token : ***\nb: 2 # smooth: yes\n');
  });
});

describe('docs/guides/settings.md', () => {
  it('says of every option whether what was learnt is kept', async () => {
    const of = home();
    const rows = readFileSync('docs/guides/settings.md', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) =>
        line
          .split('|')
          .slice(1, 3)
          .map((cell) => cell.trim()),
      );
    const options = [...(await of.settings.view('p')).options, ...(await of.settings.view('logs')).options];
    const expected = [...new Map(options.map(({ key, warmsUp }) => [`\`${key}\``, warmsUp ? 'every series warms up again' : 'is kept']))];
    expect(rows).toEqual(expected);
  });
});
