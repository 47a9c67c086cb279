/** What the examples ship agrees with itself: files, configurations, the environment that their containers give, and the order in which they start. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { substitute } from '../../src/pipeline/config/env.ts';
import { parseConfig } from '../../src/pipeline/load.ts';
import { serverOptions } from '../../src/server/options.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'homeostat-examples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Service {
  image?: string;
  build?: unknown;
  user?: string;
  read_only?: boolean;
  entrypoint?: string[];
  command?: string[];
  environment?: Record<string, string | number | boolean>;
  network_mode?: string;
  restart?: string;
  volumes?: string[];
  secrets?: string[];
  healthcheck?: { test?: string[]; disable?: boolean };
  depends_on?: Record<string, { condition: string }>;
}

interface Compose {
  services: Record<string, Service>;
  volumes?: Record<string, unknown>;
  secrets?: Record<string, { file?: string }>;
}

const index = readFileSync(join(root, 'examples', 'README.md'), 'utf8');
const names = Array.from(index.matchAll(/^## \[[^\]]+\]\(([\w-]+)\/?(?:README\.md)?\)$/gm), ([, name]) => name);

it('are in the index as soon as they have a page', () => {
  const there = readdirSync(join(root, 'examples')).filter((name) => existsSync(join(root, 'examples', name, 'README.md')));
  expect(names.length).toBeGreaterThan(0);
  expect(there.filter((name) => !names.includes(name))).toEqual([]);
});

/** The names that a configuration takes from the environment, and whether each has a default. */
function referred(text: string): Map<string, boolean> {
  const found = text.matchAll(/(?<!\$)\$\{(\w+)(:-[^}]*)?\}/g);
  return new Map(Array.from(found, ([, name, fallback]) => [name, fallback !== undefined]));
}

describe.each(names)('the example %s', (name) => {
  const path = (...parts: string[]): string => join(root, 'examples', name, ...parts);
  const configuration = readFileSync(path('homeostat.yaml'), 'utf8');
  const { services, volumes = {}, secrets = {} } = parse(readFileSync(path('compose.yaml'), 'utf8'), { merge: true }) as Compose;
  const each = Object.entries(services);
  const isHomeostat = ([, { command, image }]: [string, Service]): boolean => image!.startsWith('homeostat:') && command?.[0] === 'run';

  it('has a page with a picture, a program that starts it, and a test', () => {
    accessSync(path('run'), constants.X_OK);
    const page = readFileSync(path('README.md'), 'utf8');
    expect(page).toContain(`docs/images/${name}.png`);
    expect(existsSync(join(root, 'docs', 'images', `${name}.png`))).toBe(true);
    expect(existsSync(join(root, 'test', 'backends', `example-${name}.test.ts`))).toBe(true);
    for (const [, link] of page.matchAll(/\]\((?!http|#)([^)#]+)/g)) expect(existsSync(path(link)), link).toBe(true);
  });

  it('has a configuration that is valid, alone and in its containers', () => {
    const needed = Array.from(referred(configuration)).filter(([, hasDefault]) => !hasDefault);
    const given = Object.fromEntries(needed.map(([key]) => [key, 'given']));
    expect(parseConfig(configuration, path('homeostat.yaml'), given, serverOptions).pipelines.length).toBeGreaterThan(0);

    for (const [, { environment = {} }] of each.filter(isHomeostat)) {
      const env = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, substitute(String(value), given).text]));
      if ('HOMEOSTAT_TOKEN_FILE' in env) {
        env['HOMEOSTAT_TOKEN_FILE'] = join(folder, 'token');
        writeFileSync(env['HOMEOSTAT_TOKEN_FILE'], 'a-token-of-this-test');
      }
      const copy = join(folder, name, 'homeostat.yaml');
      execFileSync(process.execPath, [join(root, 'examples/shared/own-copy.mjs'), path('homeostat.yaml'), copy], { env: { ...process.env, ...env } });
      const { server } = parseConfig(readFileSync(copy, 'utf8'), copy, env, serverOptions);
      if (env['HOMEOSTAT_HOST'] === '0.0.0.0') expect(server['tokens']).toHaveLength(1);
    }
  });

  it('gives its containers the names that its configuration reads', () => {
    const reads = referred(configuration);
    for (const [service, { environment = {} }] of each.filter(isHomeostat)) {
      const foreign = Object.keys(environment).filter((key) => !reads.has(key) && key !== 'HOMEOSTAT_TOKEN_FILE');
      expect(foreign, service).toEqual([]);
      const missing = Array.from(reads).filter(([key, hasDefault]) => !hasDefault && !(key in environment));
      expect(missing, service).toEqual([]);
    }
    expect(each.filter(isHomeostat).length).toBeGreaterThan(0);
  });

  it('starts its containers in order', () => {
    for (const [service, { depends_on = {}, network_mode }] of each) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const on = services[other];
        expect(on, `${service} waits for ${other}`).toBeDefined();
        if (condition === 'service_healthy') expect(on.healthcheck?.test?.length, `${service} waits for the health of ${other}`).toBeGreaterThan(1);
        else expect([condition, on.restart], `${service} waits for the end of ${other}`).toEqual(['service_completed_successfully', 'no']);
      }
      if (network_mode?.startsWith('service:')) expect(Object.keys(depends_on)).toContain(network_mode.slice('service:'.length));
    }
  });

  it('runs images of a version, none as root, and Homeostat on a root that cannot be written', () => {
    for (const [service, { image, user }] of each) {
      expect(image, service).toMatch(/:(?!latest)[\w.-]*\d[\w.-]*$/);
      expect(Number(user?.split(':')[0]), `user of ${service}`).toBeGreaterThan(0);
    }
    for (const [service, { read_only }] of each.filter(isHomeostat)) expect(read_only, service).toBe(true);
    expect(each.some(([, { image, build }]) => image!.startsWith('homeostat:') && build !== undefined)).toBe(true);
  });

  it('names programs, volumes and secrets that are there', () => {
    for (const [service, { entrypoint = [], command = [], volumes: mounted = [], secrets: taken = [] }] of each) {
      const files = [...entrypoint, ...command].filter((part) => part.startsWith('/project/'));
      for (const file of files) expect(existsSync(join(root, file.slice('/project/'.length))), `${service}: ${file}`).toBe(true);
      if (files.length > 0) expect(mounted).toContain('../..:/project:ro');
      for (const volume of mounted.map((text) => text.split(':')[0])) {
        if (volume.startsWith('.')) expect(existsSync(path(volume)), `${service}: ${volume}`).toBe(true);
        else expect(Object.keys(volumes), service).toContain(volume);
      }
      for (const secret of taken) expect(Object.keys(secrets), service).toContain(secret);
    }
  });
});
