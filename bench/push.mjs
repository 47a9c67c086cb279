/** HTTP push: durable throughput, and the time from arrival to the verdict in the event stream. The senders run in this process, on the same cores. */
import { request, Agent } from 'node:http';
import { inFolder, percentile, startProgram, thousand, until } from './support.mjs';

const CLIENTS = 8;
const BATCH = 500;

const yaml = (store) => `
data: ./data
pipelines:
  push:
    source: { http: {} }
    detect: { detector: ema }
    store: ${store}
    order: { allowed_lateness: 10m }
    journal: { max_size: 4GiB }
`;

const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });

/** Resolves with the status of the answer. */
function post(url, body) {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/api/v1/pipelines/push/events`, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/x-ndjson', 'content-length': body.length },
    });
    sent.on('response', (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function bodyOf(client, i) {
  let text = '';
  for (let n = 0; n < BATCH; n++) text += `{"time":${1_700_000_000_000 + i * 1000},"series":"c${client}-${n}","value":${100 + ((i * 31 + n * 17) % 50)}}\n`;
  return Buffer.from(text);
}

function throughput() {
  return inFolder(async (folder) => {
    const program = await startProgram(folder, yaml('anomalies'));
    const PER_CLIENT = 250;
    const bodies = Array.from({ length: CLIENTS }, (_, client) => Array.from({ length: PER_CLIENT }, (__, i) => bodyOf(client, i)));
    const began = performance.now();
    await Promise.all(
      bodies.map(async (mine) => {
        for (const body of mine) {
          const status = await post(program.url, body);
          if (status !== 202) throw new Error(`answered ${status}`);
        }
      }),
    );
    const acknowledged = performance.now();
    const events = CLIENTS * PER_CLIENT * BATCH;
    await until(async () => (await program.status('push')).counts.events === events, 120_000);
    const processed = performance.now();
    await program.stop();
    const rate = (until_) => thousand((events / (until_ - began)) * 1000);
    return { figure: `${rate(acknowledged)} events/s acknowledged durable, ${rate(processed)} events/s to the last one processed` };
  });
}

/** 10 k events/s in 50 requests a second; every event's value is its number, so that its verdict can be told. */
function latency() {
  return inFolder(async (folder) => {
    const program = await startProgram(folder, yaml('all').replace('10m', '0s'));
    const SECONDS = 15;
    const PER_REQUEST = 200;
    const sentAt = new Map();
    const delays = [];
    const stop = new AbortController();
    const stream = await fetch(`${program.url}/api/v1/stream?topics=verdicts&pipeline=push`, { signal: stop.signal });
    const reading = read(stream.body, (verdict) => {
      const at = sentAt.get(verdict.values[0]);
      if (at !== undefined) delays.push(performance.now() - at);
    }).catch(() => {});
    let number = 0;
    const began = performance.now();
    for (let i = 0; i < SECONDS * 50; i++) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, began + i * 20 - performance.now())));
      let text = '';
      const at = performance.now();
      for (let n = 0; n < PER_REQUEST; n++, number++) {
        sentAt.set(number, at);
        text += `{"time":${Date.now()},"series":"s${n}","value":${number}}\n`;
      }
      void post(program.url, Buffer.from(text));
    }
    await until(async () => delays.length >= number * 0.999, 10_000).catch(() => {});
    stop.abort();
    await reading;
    await program.stop();
    delays.sort((a, b) => a - b);
    const ms = (share) => `${Math.round(percentile(delays, share))} ms`;
    return { figure: `p50 ${ms(0.5)}, p99 ${ms(0.99)}, ${delays.length} of ${number} verdicts seen` };
  });
}

async function read(body, each) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = parts.pop();
    for (const part of parts) {
      const data = part
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5))
        .join('\n');
      if (data === '') continue;
      for (const verdict of JSON.parse(data).verdicts ?? []) each(verdict);
    }
  }
}

export const benchmarks = [
  {
    id: 'http-push',
    what: 'HTTP push, 8 clients, batches of 500 (NDJSON), synchronous=FULL; clients on the same two cores',
    target: '>= 100 k events/s durable',
    run: throughput,
  },
  {
    id: 'sse-latency',
    what: 'request sent to verdict read from the event stream, 10 k events/s for 15 s',
    target: 'p50 <= 150 ms, p99 <= 500 ms',
    run: latency,
  },
];
