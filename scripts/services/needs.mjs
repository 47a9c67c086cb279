/** What has to be installed on the machine for a kind of service. Plain Node. */
import { ServiceFailure } from './failure.mjs';
import { findProgram } from './process.mjs';

const packages = {
  'redis-server': 'redis-server',
  mosquitto: 'mosquitto',
  mosquitto_passwd: 'mosquitto',
  prometheus: 'prometheus',
  'prometheus-alertmanager': 'prometheus-alertmanager',
  java: 'default-jdk-headless',
  mvn: 'maven',
  openssl: 'openssl',
};

/**
 * Paths of programs, in the order asked for.
 * @param {(keyof typeof packages)[]} names
 * @returns {string[]}
 * @throws {ServiceFailure} names everything that is missing and the one command that installs it
 */
export function programs(names) {
  const paths = names.map((name) => findProgram(name));
  const missing = names.filter((_, i) => paths[i] === undefined);
  if (missing.length > 0) {
    const wanted = [...new Set(missing.map((name) => packages[name]))];
    throw new ServiceFailure(
      `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed: apt-get install --no-install-recommends ${wanted.join(' ')}`,
      69,
    );
  }
  return paths;
}
