/** What is deployed says what the program knows: same commands, same keys, same probes; and keeps to what is promised of it. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../src/pipeline/load.ts';
import { serverOptions } from '../../src/server/options.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const base = join(root, 'deploy', 'kubernetes', 'base');
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'homeostat-deploy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Container {
  args: string[];
  securityContext: Record<string, unknown>;
  resources: { limits: Record<string, string>; requests: Record<string, string> };
  livenessProbe: { httpGet: { path: string } };
  readinessProbe: { httpGet: { path: string } };
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
}

interface PodSpec {
  securityContext: Record<string, unknown>;
  automountServiceAccountToken: boolean;
  containers: Container[];
  volumes: { name: string }[];
}

const instructions = read('Dockerfile')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line));
const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));
const of = (name: string): string => last.find((line) => line.startsWith(`${name} `))!.slice(name.length + 1);

describe('the image', () => {
  it('runs as a user who is not root, with a health check and nothing to build with', () => {
    expect(Number(of('USER').split(':')[0])).toBeGreaterThan(0);
    expect(of('HEALTHCHECK')).toContain('/livez');
    expect(last.some((line) => /npm (ci|install)|apt-get/.test(line))).toBe(false);
    expect(of('RUN')).toContain('/usr/local/bin/npm');
  });

  it('copies nothing of its context that the build does not need', () => {
    const kept = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    expect(kept).not.toContain('!.env');
    expect(read('.dockerignore')).toMatch(/^\*$/m);
    for (const name of kept) expect(readdirSync(root).concat('docs/reference/homeostat.schema.json', 'tsconfig*.json')).toContain(name.slice(1));
  });
});

describe('the manifests for Kubernetes', () => {
  const set = parse(readFileSync(join(base, 'statefulset.yaml'), 'utf8')) as {
    spec: { replicas: number; template: { spec: PodSpec }; volumeClaimTemplates: { metadata: { name: string } }[] };
  };
  const pod = set.spec.template.spec;
  const [container] = pod.containers;

  it('run one process, not as root, on a root that cannot be written, within limits', () => {
    expect(set.spec.replicas).toBe(1);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(`${String(pod.securityContext['runAsUser'])}:${String(pod.securityContext['runAsGroup'])}`).toBe(of('USER'));
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(container.securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
    expect(Object.keys(container.resources.limits)).toEqual(['cpu', 'memory']);
    expect([container.livenessProbe.httpGet.path, container.readinessProbe.httpGet.path]).toEqual(['/livez', '/readyz']);
  });

  it('mount every volume that they name, and name every one that they mount', () => {
    const named = [...pod.volumes.map(({ name }) => name), ...set.spec.volumeClaimTemplates.map(({ metadata }) => metadata.name)];
    expect(container.volumeMounts.map(({ name }) => name).toSorted()).toEqual(named.toSorted());
  });

  it('start the program as the image does', () => {
    expect(container.args).toEqual(JSON.parse(of('CMD')));
    expect(container.volumeMounts.find(({ name }) => name === 'data')!.mountPath).toBe(of('VOLUME'));
  });

  it('come with a configuration that is valid, whose tokens are the files of the secret', () => {
    mkdirSync(join(folder, 'secrets'));
    for (const name of ['operator-token', 'viewer-token']) writeFileSync(join(folder, 'secrets', name), 'a-token-of-this-test');
    const text = readFileSync(join(base, 'homeostat.yaml'), 'utf8').replaceAll('/run/secrets/homeostat', join(folder, 'secrets'));
    const config = parseConfig(text, join(folder, 'homeostat.yaml'), {}, serverOptions);
    expect(config.data).toBe(of('VOLUME'));
    expect((config.server['tokens'] as { token: string }[]).map(({ token }) => token)).toEqual(['a-token-of-this-test', 'a-token-of-this-test']);
    const mounted = container.volumeMounts.find(({ name }) => name === 'secrets')!.mountPath;
    expect(
      readFileSync(join(base, 'homeostat.yaml'), 'utf8')
        .match(/token_file: \S+/g)!
        .every((line) => line.includes(`${mounted}/`)),
    ).toBe(true);
  });

  it('are all listed', () => {
    const { resources } = parse(readFileSync(join(base, 'kustomization.yaml'), 'utf8')) as { resources: string[] };
    const files = readdirSync(base).filter((name) => name.endsWith('.yaml') && !['kustomization.yaml', 'homeostat.yaml'].includes(name));
    expect(resources.toSorted()).toEqual(files.toSorted());
  });
});
