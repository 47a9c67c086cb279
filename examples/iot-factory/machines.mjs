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
/** Over MQTT topic and labels say whose it is. */
const ofSensor = (second, { value, unit, fault }) => ({ time: timeOf(second), value, unit, fault });
/** Into Kafka the message says all, and the fault is the machine's. */
const ofMachine = (second, { line, machine, sensor, value, unit, machineFault }) => ({ time: timeOf(second), line, machine, sensor, value, unit, fault: machineFault });

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
