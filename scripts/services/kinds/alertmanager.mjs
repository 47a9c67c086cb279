/** Alertmanager: alone, without a cluster; alerts go nowhere unless the given lines name a receiver. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askHttp } from '../probes.mjs';
import { programs } from '../needs.mjs';
import { webFile } from './web-file.mjs';
import { linesOf } from './lines.mjs';

/** @type {import('../types.d.mts').Kind} */
export const alertmanager = {
  kind: 'alertmanager',
  ports: 1,
  patience: 30_000,
  needs: ['prometheus-alertmanager'],

  async prepare({ folder, ports, options, tls }) {
    const file = join(folder, 'alertmanager.yml');
    const given = linesOf(options.config);
    const lines = given.some((line) => line.startsWith('route:')) ? given : ['route: { receiver: nobody }', 'receivers: [{ name: nobody }]', ...given];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const args = [`--config.file=${file}`, `--storage.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${ports[0]}`, '--cluster.listen-address='];
    return { command: programs(['prometheus-alertmanager'])[0], args: [...args, ...webFile(folder, options, tls), ...(options.arguments ?? [])] };
  },

  ask: askHttp,
  url: ({ host, port, ca }) => `${ca ? 'https' : 'http'}://${host}:${port}`,
  settings: (service) => ({ ALERTMANAGER_URL: service.url }),
};
