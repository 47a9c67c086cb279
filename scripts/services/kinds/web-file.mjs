/** The arguments by which Prometheus and Alertmanager speak TLS. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceFailure } from '../failure.mjs';

export function webFile(folder, { users }, tls) {
  if (users) throw new ServiceFailure('users of Prometheus and Alertmanager are not supported: their passwords need bcrypt, which is not part of Node');
  if (!tls) return [];
  const file = join(folder, 'web.yml');
  writeFileSync(file, `tls_server_config:\n  cert_file: ${tls.cert}\n  key_file: ${tls.key}\n`);
  return [`--web.config.file=${file}`];
}
