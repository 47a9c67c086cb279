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
 * What of these programs is not installed, and the one command that installs it; undefined when nothing is missing.
 * @param {string[]} names
 */
export function missing(names) {
  const absent = [...new Set(names)].filter((name) => findProgram(name) === undefined);
  if (absent.length === 0) return undefined;
  const wanted = [...new Set(absent.map((name) => packages[name]))];
  return `${absent.join(', ')} ${absent.length === 1 ? 'is' : 'are'} not installed: apt-get install --no-install-recommends ${wanted.join(' ')}`;
}

/**
 * Paths of programs, in the order asked for.
 * @param {string[]} names
 * @returns {string[]}
 * @throws {ServiceFailure} what is missing, with exit code 69
 */
export function programs(names) {
  const why = missing(names);
  if (why !== undefined) throw new ServiceFailure(why, 69);
  return names.map((name) => findProgram(name));
}
