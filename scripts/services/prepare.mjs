/** Everything that can be done before servers are needed: jars fetched, Kafka's classes archived. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locked } from '../lib/lock.mjs';
import { cacheFolder, jarsOf } from './jars.mjs';
import { java } from './kinds/jvm.mjs';
import { archiving, keepPrepared, prepared } from './kinds/kafka-prepared.mjs';
import { kafka } from './kinds/kafka.mjs';
import { freePorts } from './ports.mjs';
import { Server } from './server.mjs';

/** Runs a broker once, so that the JVM writes down the classes that it has loaded. */
async function archive(lib, version) {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-kafka-'));
  const server = new Server(kafka, { folder, ports: await freePorts(kafka.ports), options: { jvm: [archiving(folder)] } });
  try {
    await server.up();
    await server.terminate(60_000);
    keepPrepared(lib, version, folder);
  } finally {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Fetches the jars of the kinds that have some and prepares what makes them start sooner; they need no network then.
 * @param {{ asked: string[], say: (kind: string, text: string) => void }} how
 */
export async function prepareAll({ asked, say }) {
  if (asked.includes('cassandra')) {
    await jarsOf('cassandra', (text) => say('cassandra', text));
    say('cassandra', 'its jars are there');
  }
  if (asked.includes('kafka')) {
    const lib = await jarsOf('kafka', (text) => say('kafka', text));
    const { version } = await java();
    await locked(join(cacheFolder(), 'prepare-lock'), async () => {
      if (prepared(lib, version) !== undefined) return;
      say('kafka', 'running it once, to start it faster from then on');
      await archive(lib, version);
    });
    say('kafka', 'its jars are there');
  }
}
