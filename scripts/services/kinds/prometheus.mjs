/** Prometheus: scrapes what the given lines say; its configuration is read again at SIGHUP. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askHttp } from '../probes.mjs';
import { programs } from '../needs.mjs';
import { webFile } from './web-file.mjs';
import { linesOf } from './lines.mjs';

/** @type {import('../types.d.mts').Kind} */
export const prometheus = {
  kind: 'prometheus',
  ports: 1,
  patience: 30_000,
  needs: ['prometheus'],

  async prepare({ folder, ports, options, tls }) {
    const file = join(folder, 'prometheus.yml');
    const lines = linesOf(options.config);
    const general = lines.some((line) => line.startsWith('global:')) ? [] : ['global:', '  scrape_interval: 1s', '  evaluation_interval: 1s'];
    writeFileSync(file, `${[...general, ...lines].join('\n')}\n`);
    const args = [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${ports[0]}`,
      '--web.enable-lifecycle',
    ];
    return { command: programs(['prometheus'])[0], args: [...args, ...webFile(folder, options, tls), ...(options.arguments ?? [])] };
  },

  ask: askHttp,
  url: ({ host, port, ca }) => `${ca ? 'https' : 'http'}://${host}:${port}`,
  settings: (service) => ({ PROMETHEUS_URL: service.url }),
};
