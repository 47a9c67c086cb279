/** What the two servers on the JVM share. Plain Node. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../lib/project.mjs';
import { ServiceFailure } from '../failure.mjs';
import { haveJars } from '../jars.mjs';
import { programs } from '../needs.mjs';

const oldest = 17;

/** Maven only as long as the jars have not come. */
export const needsOf = (name) => (haveJars(name) ? ['java'] : ['java', 'mvn']);

async function examine(program) {
  const { output } = await run(program, ['-version'], { quiet: true });
  const major = Number(/version "(\d+)/.exec(output)?.[1]);
  if (!(major >= oldest)) {
    const found = `${program} is Java ${major || 'of no known version'} and ${oldest} is needed`;
    throw new ServiceFailure(`${found}: apt-get install --no-install-recommends default-jdk-headless`, 69);
  }
  return { program, version: output };
}

const examined = new Map();

/** A Java that is new enough: that of JAVA_HOME, or the one in PATH; its path and what it says of its version. */
export function java() {
  const own = process.env.JAVA_HOME && join(process.env.JAVA_HOME, 'bin', 'java');
  const program = own && existsSync(own) ? own : programs(['java'])[0];
  if (!examined.has(program)) examined.set(program, examine(program));
  return examined.get(program);
}

/**
 * Flags that say how much the JVM compiles. Only quickly unless `fullSpeed` is asked for: Kafka then starts with .6 and Cassandra with .65 of the processor
 * time, and reaches less throughput.
 */
export function compiler({ fullSpeed = false, jvm = [] }) {
  return [...(fullSpeed ? [] : ['-XX:TieredStopAtLevel=1']), ...jvm];
}
