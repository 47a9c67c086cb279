/** `tls` means the same wherever it is an option. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonValue } from '../core/contracts.ts';
import { configHash, configSchema, definitionOf, printConfig, type Config } from './config/index.ts';
import { holdsSecrets } from './config/keywords.ts';
import { parseConfig } from './load.ts';
import { registry } from './registry.ts';
import { masked } from './settings/mask.ts';

const PEM = readFileSync(new URL('../incidents/mail-server.fixture.pem', import.meta.url), 'utf8');
const part = (kind: string): string => new RegExp(`-----BEGIN ${kind}[^]*?-----END ${kind}-----`).exec(PEM)![0];
const ca = part('CERTIFICATE');
const key = part('PRIVATE KEY');
const FILES = 'ca_file: tls/ca.pem, cert_file: tls/ca.pem, key_file: tls/key.pem';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-tls-'));
  mkdirSync(join(folder, 'tls'));
  writeFileSync(join(folder, 'tls/ca.pem'), `${ca}\n`);
  writeFileSync(join(folder, 'tls/key.pem'), `${key}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Options = Record<string, JsonValue>;
const pipeline = (text: string): string => `pipelines: { p: { ${text} } }`;
const source = ({ pipelines: [p] }: Config): Options => p.source.options;
const sink = ({ pipelines: [p] }: Config): Options => p.sinks[0].options;
const parse = (text: string): Config => parseConfig(text, join(folder, 'homeostat.yaml'));

/** Where `tls` can be written, the text with it, and the options that come of it. */
const places: [string, (tls: string) => string, (config: Config) => Options][] = [
  ['source redis', (tls) => pipeline(`source: { redis: { url: 'rediss://h', channels: [c], tls: ${tls} } }`), source],
  ['source redis-stream', (tls) => pipeline(`source: { redis-stream: { url: 'rediss://h', streams: [s], tls: ${tls} } }`), source],
  ['sink redis', (tls) => pipeline(`source: { simulate: {} }, sinks: [{ redis: { url: 'rediss://h', channel: c, tls: ${tls} } }]`), sink],
  ['source mqtt', (tls) => pipeline(`source: { mqtt: { url: 'mqtts://h', topics: [{ filter: a }], tls: ${tls} } }`), source],
  ['sink mqtt', (tls) => pipeline(`source: { simulate: {} }, sinks: [{ mqtt: { url: 'wss://h', tls: ${tls} } }]`), sink],
  ['source prometheus', (tls) => pipeline(`source: { prometheus: { targets: ['http://h', 'https://h'], tls: ${tls} } }`), source],
  ['source promql', (tls) => pipeline(`source: { promql: { url: 'https://h', query: up, tls: ${tls} } }`), source],
  ['source kafka', (tls) => pipeline(`source: { kafka: { brokers: h, topic: t, tls: ${tls} } }`), source],
  ['sink kafka', (tls) => pipeline(`source: { simulate: {} }, sinks: [{ kafka: { brokers: h, topic: t, tls: ${tls} } }]`), sink],
  [
    'history cassandra',
    (tls) => `history: { cassandra: { tls: ${tls} } }\n${pipeline('source: { simulate: {} }')}`,
    ({ history }) => history.cassandra as unknown as Options,
  ],
  [
    'notifier email',
    (tls) => pipeline(`source: { simulate: {} }, notify: [{ email: { host: h, from: a@b.c, to: [a@b.c], tls: ${tls} } }]`),
    ({ pipelines: [p] }) => p.notify[0].options,
  ],
];

describe.each(places)('%s', (name, text, optionsIn) => {
  it('takes files beside the configuration', () => {
    expect(optionsIn(parse(text(`{ ${FILES}, key_password: pw, server_name: n }`)))['tls']).toEqual({
      ...(name === 'notifier email' ? { mode: 'required' } : {}),
      ca,
      cert: ca,
      key,
      key_password: 'pw',
      server_name: 'n',
      verify: true,
    });
  });

  it('takes the text itself, and no path in its place', () => {
    const written = parse(text(`{ ca: ${JSON.stringify(ca)}, verify: false }`));
    expect(optionsIn(written)['tls']).toMatchObject({ ca, verify: false });
    expect(() => parse(text('{ ca: tls/ca.pem }'))).toThrow(/tls\.ca is "tls\/ca\.pem", not a text like Certificates .*\(PEM\)/);
    expect(() => parse(text('{ ca_file: tls/key.pem }'))).toThrow(/tls\.ca_file is .* not a text like/);
    expect(() => parse(text('{ ca_file: tls/none.pem }'))).toThrow(/tls\.ca_file cannot be read: ENOENT/);
  });

  it.each([
    ['servername', 'server_name'],
    ['ca_fille', 'ca_file'],
    ['key_pasword', 'key_password'],
  ])('says what is near %s', (wrong, right) => {
    expect(() => parse(text(`{ ${wrong}: x }`))).toThrow(new RegExp(`unknown key "${wrong}" in .*tls; did you mean "${right}"`));
  });

  it('refuses a certificate without its key', () => {
    expect(() => parse(text('{ cert_file: tls/ca.pem }'))).toThrow(/tls holds cert without key/);
  });

  it('shows no key', () => {
    const config = parse(text(`{ ${FILES}, key_password: a-long-secret }`));
    const printed = printConfig(config, registry);
    expect(printed).toContain('BEGIN CERTIFICATE');
    expect(printed).not.toMatch(/PRIVATE|a-long-secret/);
    expect(masked(text(`{ key: ${JSON.stringify(key)}, cert_file: tls/ca.pem }`), registry)).not.toContain('PRIVATE');
    expect(() => parse(text(`{ key: ${JSON.stringify(`oh ${key.slice(30)}`)}, cert_file: tls/ca.pem }`))).toThrow(/tls\.key is the text, not/);
  });
});

it.each(['kafka', 'redis', 'mqtt', 'prometheus'])('a key makes the source %s one that holds a secret, and none of its verdicts', (name) => {
  const [, text] = places.find(([one]) => one === `source ${name}`)!;
  const [with_, without] = [parse(text(`{ ${FILES} }`)), parse(text('{ verify: true }'))].map(({ pipelines: [p] }) => p);
  const { options } = definitionOf(registry, 'source', name)!;
  const plain = { ...with_.source.options, url: '', password: '', token: '' };
  expect(holdsSecrets(plain, options)).toBe(true);
  expect(holdsSecrets({ ...plain, tls: without.source.options['tls'] }, options)).toBe(false);
  expect(configHash(with_, registry)).toBe(configHash(without, registry));
});

it('`true` is enough where no address says it, and only there', () => {
  for (const [name, text, optionsIn] of places) {
    if (/kafka|cassandra/.test(name)) expect(optionsIn(parse(text('true')))['tls']).toBe(true);
    else expect(() => parse(text('true')), name).toThrow(/tls is true, not /);
  }
});

it.each([
  ['redis', "{ url: 'redis://h', channels: [c], tls: { verify: true } }", 'redis'],
  ['mqtt', "{ url: 'mqtt://h', topics: [{ filter: a }], tls: { verify: true } }", 'mqtt'],
  ['prometheus', "{ targets: ['http://h'], tls: { verify: true } }", 'http'],
])('beside an address that is not encrypted it is refused: %s', (name, options, scheme) => {
  expect(() => parse(pipeline(`source: { ${name}: ${options} }`))).toThrow(
    `source.${name}.tls is written, and ${scheme}:// is not encrypted; write ${scheme}s://, or leave tls out`,
  );
});

it('the JSON Schema of the file knows both forms', () => {
  const text = JSON.stringify(configSchema(registry).$defs);
  for (const name of ['ca_file', 'cert_file', 'key_file', 'key_password_file']) expect(text).toContain(`"${name}":`);
  expect(text).not.toContain('server_name_file');
  expect(text).not.toContain('"file":true');
});
