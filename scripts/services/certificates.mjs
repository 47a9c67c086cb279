/** A certificate authority of its own for each server that speaks TLS: made when it starts, trusted by nobody else. */
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lib/project.mjs';
import { ServiceFailure } from './failure.mjs';
import { programs } from './needs.mjs';

async function openssl(...args) {
  const [program] = programs(['openssl']);
  const { code, output } = await run(program, args, { quiet: true });
  if (code !== 0) throw new ServiceFailure(`openssl ${args[0]} failed: ${output.trim()}`);
}

/**
 * Makes (once for a folder) `ca.pem`, and a certificate for localhost and 127.0.0.1 as `server.pem`, `server.key`, and as PKCS #12 `server.p12` with password `changeit`.
 * @param {string} folder
 */
export async function certificates(folder) {
  const file = (name) => join(folder, name);
  const made = { ca: file('ca.pem'), cert: file('server.pem'), key: file('server.key'), pkcs12: file('server.p12'), password: 'changeit' };
  if (existsSync(made.pkcs12)) return made;
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const extensions = file('extensions');
  writeFileSync(extensions, 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n');
  await openssl('req', '-x509', ...curve, '-days', '30', '-subj', '/CN=Homeostat test CA', '-keyout', file('ca.key'), '-out', made.ca);
  await openssl('req', '-new', ...curve, '-subj', '/CN=localhost', '-keyout', made.key, '-out', file('server.csr'));
  await openssl(
    'x509',
    '-req',
    '-days',
    '30',
    '-in',
    file('server.csr'),
    '-CA',
    made.ca,
    '-CAkey',
    file('ca.key'),
    '-CAcreateserial',
    '-extfile',
    extensions,
    '-out',
    made.cert,
  );
  chmodSync(made.key, 0o644);
  await openssl(
    'pkcs12',
    '-export',
    '-in',
    made.cert,
    '-inkey',
    made.key,
    '-certfile',
    made.ca,
    '-name',
    'server',
    '-passout',
    `pass:${made.password}`,
    '-out',
    made.pkcs12,
  );
  return made;
}
