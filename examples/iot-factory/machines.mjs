#!/usr/bin/env node
/**
 * The machines of the factory: each sensor publishes once a second over MQTT (topic factory/LINE/MACHINE/SENSOR, QoS 1), and each machine the same into a
 * Kafka topic (key: the machine). Begins `--past` minutes ago and goes at `--speed` until it has caught up with the clock; then in its own time.
 */
import { parseArgs } from 'node:util';
import { factory } from './factory.mjs';

const { values: given } = parseArgs({
  options: {
    seed: { type: 'string', default: '11' },
    machines: { type: 'string', default: '4' },
    past: { type: 'string', default: '10' },
    speed: { type: 'string', default: '20' },
    topic: { type: 'string', default: 'factory' },
    print: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (given.help) {
  console.log(`node machines.mjs [--seed 11] [--machines 4] [--past 10] [--speed 20] [--topic factory]
  machines on each of three lines; minutes of the past, and how many times as fast they go. MQTT_URL and KAFKA_BROKERS name the servers.
node machines.mjs --print sensors|machines     writes the --past minutes as NDJSON and publishes nothing`);
  process.exit(0);
}

const number = (name, least, most) => {
  const value = Number(given[name]);
  if (value >= least && value <= most) return value;
  console.error(`machines: --${name} ${given[name]}: a number from ${least} to ${most} is needed`);
  process.exit(2);
};
const speed = number('speed', 0.1, 1000);
const past = number('past', 0, 10_000) * 60;
const machines = factory({ seed: Math.floor(number('seed', 0, 2 ** 31)), each: Math.floor(number('machines', 1, 100)) });

/** Event time of the first second, on a whole one. */
const origin = Math.floor(Date.now() / 1000) - Math.floor(past);

const readingsAt = (second) => machines.flatMap((machine) => machine.at(second, origin + second));
const timeOf = (second) => new Date((origin + second) * 1000).toISOString();
/** Over MQTT the topic says whose it is. */
const ofSensor = (second, { value, unit, sensorFault }) => ({ time: timeOf(second), value, unit, fault: sensorFault });
/** Into Kafka the message says all; the fault is the machine's, and stands in a field that no pipeline takes for a label. */
const ofMachine = (second, { line, machine, sensor, value, unit, machineFault, silent }) => {
  return { time: timeOf(second), line, machine, sensor, value, unit, note: machineFault, silent };
};

if (given.print !== undefined) {
  for (let second = 0; second < past; second++) {
    for (const reading of readingsAt(second)) {
      const { line, machine, sensor } = reading;
      const event = given.print === 'machines' ? ofMachine(second, reading) : { ...ofSensor(second, reading), line, machine, series: sensor };
      console.log(JSON.stringify(event));
    }
  }
  process.exit(0);
}

const { publisher } = await import('./publisher.mjs');
const publish = await publisher(given.topic);
console.log(
  `${machines.length} machines, ${machines.length * 3} sensors, seed ${given.seed}; the last ${given.past} minutes at ${speed} times their speed, then as time goes`,
);

const began = Date.now();
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (stopping = true));

/** The second that is due by now. */
const due = () => Math.floor(Math.min(((Date.now() - began) / 1000) * speed, Date.now() / 1000 - origin));
/** So many seconds at most are under way at once; when the servers are slow, the machines wait. */
const MOST = 10;

let caughtUp = false;
for (let second = 0; !stopping;) {
  const end = Math.min(due(), second + MOST);
  if (second > end) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    continue;
  }
  const readings = [];
  for (; second <= end; second++)
    readings.push(...readingsAt(second).map((reading) => ({ ...reading, sensors: ofSensor(second, reading), whole: ofMachine(second, reading) })));
  await publish.send(readings);
  if (!caughtUp && second >= past) {
    caughtUp = true;
    console.log('caught up with the clock');
  }
}
await publish.close();
