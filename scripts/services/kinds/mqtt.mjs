/** mosquitto: persistent sessions kept on disk, queues without a limit that would drop acknowledged messages. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../lib/project.mjs';
import { askMqtt } from '../probes.mjs';
import { programs } from '../needs.mjs';
import { ServiceFailure } from '../failure.mjs';
import { linesOf } from './lines.mjs';

async function passwordFile(folder, users) {
  const [mosquittoPasswd] = programs(['mosquitto_passwd']);
  const file = join(folder, 'passwords');
  rmSync(file, { force: true });
  writeFileSync(file, '', { mode: 0o600 });
  for (const { name, password } of users) {
    const { code, output } = await run(mosquittoPasswd, ['-b', file, name, password], { quiet: true });
    if (code !== 0) throw new ServiceFailure(`mosquitto_passwd failed for ${name}: ${output.trim()}`);
  }
  return file;
}

function accessFile(folder, users) {
  const file = join(folder, 'access');
  writeFileSync(file, users.map(({ name, rules }) => `user ${name}\n${(rules ?? ['topic readwrite #']).join('\n')}\n`).join('\n'), { mode: 0o600 });
  return file;
}

/** @type {import('../types.d.mts').Kind} */
export const mqtt = {
  kind: 'mqtt',
  ports: 1,
  patience: 30_000,
  needs: ['mosquitto'],

  async prepare({ folder, ports, options, tls }) {
    const { users } = options;
    const access = users
      ? ['allow_anonymous false', `password_file ${await passwordFile(folder, users)}`, `acl_file ${accessFile(folder, users)}`]
      : ['allow_anonymous true'];
    const lines = [
      `listener ${ports[0]} 127.0.0.1`,
      ...(tls ? [`cafile ${tls.ca}`, `certfile ${tls.cert}`, `keyfile ${tls.key}`] : []),
      ...access,
      'persistence true',
      `persistence_location ${folder}/`,
      'autosave_interval 1',
      'max_queued_messages 0',
      'max_inflight_messages 1000',
      'log_dest stdout',
      // As root mosquitto would become another user, who may not write here.
      ...(process.getuid?.() === 0 ? ['user root'] : []),
      ...(options.memory ? [`memory_limit ${options.memory}`] : []),
      ...linesOf(options.config),
    ];
    const file = join(folder, 'mosquitto.conf');
    writeFileSync(file, `${lines.join('\n')}\n`);
    return { command: programs(['mosquitto'])[0], args: ['-c', file] };
  },

  ask: askMqtt,
  url: ({ host, port, ca }) => `${ca ? 'mqtts' : 'mqtt'}://${host}:${port}`,
  settings: (service) => ({ MQTT_URL: service.url }),
};
