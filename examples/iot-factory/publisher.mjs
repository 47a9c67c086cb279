/** How the machines publish: each reading to its MQTT topic with QoS 1, and to the Kafka topic with the machine as its key. */
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import mqtt from 'mqtt';

const MQTT_URL = process.env.MQTT_URL || 'mqtt://127.0.0.1:1883';
const BROKERS = (process.env.KAFKA_BROKERS || '127.0.0.1:9092').split(',');

/** Connects to both; `send` resolves when both brokers have acknowledged, and waits as long as they are away. */
export async function publisher(topic) {
  const client = await mqtt.connectAsync(MQTT_URL, { protocolVersion: 5, clientId: `machines-${process.pid}` });
  client.on('error', (error) => console.error(`MQTT: ${error.message}`));
  const kafka = new Kafka({ clientId: 'machines', brokers: BROKERS, logLevel: logLevel.NOTHING, retry: { retries: 1000, maxRetryTime: 2000 } });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  return {
    async send(readings) {
      const overMqtt = readings.map(({ line, machine, sensor, sensors }) =>
        client.publishAsync(`${topic}/${line}/${machine}/${sensor}`, JSON.stringify(sensors), { qos: 1 }),
      );
      const messages = readings.map(({ machine, whole }) => ({ key: machine, value: JSON.stringify(whole), timestamp: String(Date.parse(whole.time)) }));
      await Promise.all([...overMqtt, producer.send({ topic, messages })]);
    },
    async close() {
      await client.endAsync();
      await producer.disconnect();
    },
  };
}
