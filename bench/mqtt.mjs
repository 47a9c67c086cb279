/** MQTT at QoS 1 through mosquitto: messages published to verdicts committed. Publisher, broker and Homeostat share the cores. */
import { connectAsync } from 'mqtt';
import { startService } from '../scripts/services/start.mjs';
import { inFolder, startProgram, thousand, until } from './support.mjs';

const COUNT = 300_000;
const SERIES = 100;
const IN_FLIGHT = 1_000;

const yaml = (url) => `
data: ./data
pipelines:
  bench:
    source: { mqtt: { url: '${url}', topics: [{ filter: bench/+, qos: 1, labels: [_, machine] }] } }
    detect: { detector: ema }
    store: anomalies
    order: { allowed_lateness: 10m }
`;

/** Publishes everything, so many unacknowledged at a time; answers once the broker has acknowledged all. */
async function publish(client, message) {
  const lanes = Array.from({ length: IN_FLIGHT }, async (_, lane) => {
    for (let i = lane; i < COUNT; i += IN_FLIGHT) await client.publishAsync(`bench/${i % SERIES}`, message(i), { qos: 1 });
  });
  await Promise.all(lanes);
}

/** Waits for a status by HTTP, not so often that the asking is measured. */
async function processed(program, count) {
  await until(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return (await program.status('bench'))?.counts.verdicts >= count;
  }, 180_000);
}

/** The same messages from the same broker to a subscriber that does nothing with them. */
async function peer(url, message) {
  const reader = await connectAsync(url, { protocolVersion: 5, properties: { receiveMaximum: 5_000 } });
  const writer = await connectAsync(url);
  let got = 0;
  const all = new Promise((resolve) => reader.on('message', () => ++got === COUNT && resolve()));
  await reader.subscribeAsync('bench/+', { qos: 1 });
  const began = performance.now();
  await Promise.all([publish(writer, message), all]);
  const seconds = (performance.now() - began) / 1000;
  await Promise.all([reader.endAsync(true), writer.endAsync(true)]);
  return COUNT / seconds;
}

function throughput() {
  return inFolder(async (folder) => {
    const broker = await startService('mqtt');
    try {
      const start = Date.now() - 3_600_000;
      const message = (i) => `{"time":${start + i},"value":${100 + ((i * 17) % 50)},"note":"${'x'.repeat(60)}"}`;
      const bare = await peer(broker.url, message);
      const program = await startProgram(folder, yaml(broker.url));
      const listening = ({ parts }) => parts.some(({ part, condition }) => part === 'listener mqtt' && condition === 'ok');
      await until(async () => listening(await program.status('bench')), 30_000);
      const writer = await connectAsync(broker.url);
      const began = performance.now();
      await publish(writer, message);
      await processed(program, COUNT);
      const rate = COUNT / ((performance.now() - began) / 1000);
      await writer.endAsync(true);
      await program.stop();
      return { figure: `${thousand(rate)} messages/s to the last verdict committed`, peer: `subscriber of mqtt.js that keeps nothing: ${thousand(bare)}/s` };
    } finally {
      await broker.stop();
    }
  });
}

export const benchmarks = [
  {
    id: 'mqtt-qos1',
    what: 'MQTT QoS 1 through mosquitto, journaled before PUBACK, 100-byte JSON; publisher and broker on the same cores',
    target: '>= 10 k msg/s',
    run: throughput,
  },
];
