/** Redis: append-only file written once a second, memory bounded without forgetting keys. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askRedis } from '../probes.mjs';
import { programs } from '../needs.mjs';
import { linesOf } from './lines.mjs';

/** @type {import('../types.d.mts').Kind} */
export const redis = {
  kind: 'redis',
  ports: 1,
  patience: 30_000,
  needs: ['redis-server'],

  async prepare({ folder, ports, options, tls }) {
    const listen = tls
      ? ['port 0', `tls-port ${ports[0]}`, `tls-cert-file ${tls.cert}`, `tls-key-file ${tls.key}`, `tls-ca-cert-file ${tls.ca}`, 'tls-auth-clients no']
      : [`port ${ports[0]}`];
    const users = (options.users ?? []).map(
      ({ name, password, rules }) => `user ${name} on ${JSON.stringify(`>${password}`)} ${(rules ?? ['~*', '&*', '+@all']).join(' ')}`,
    );
    const lines = [
      ...listen,
      'bind 127.0.0.1',
      'daemonize no',
      `dir ${folder}`,
      'appendonly yes',
      'appendfsync everysec',
      'save ""',
      `maxmemory ${options.memory ?? '512mb'}`,
      'maxmemory-policy noeviction',
      ...users,
      ...(users.length > 0 && !users.some((line) => line.startsWith('user default ')) ? ['user default off'] : []),
      ...linesOf(options.config),
    ];
    const file = join(folder, 'redis.conf');
    writeFileSync(file, `${lines.join('\n')}\n`);
    return { command: programs(['redis-server'])[0], args: [file] };
  },

  ask: askRedis,
  url: ({ host, port, ca }) => `${ca ? 'rediss' : 'redis'}://${host}:${port}`,
  settings: (service) => ({ REDIS_URL: service.url }),
};
