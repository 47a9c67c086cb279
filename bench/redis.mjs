/** From a real Redis server through the detectors to the ledger, as a whole process; the server and what feeds it run on the same cores. */
import { startService } from '../scripts/services/start.mjs';
import { inFolder, mebibytes, startProgram, thousand, until } from './support.mjs';

const SERIES = 1_000;
const GROUP = 1_000;
const STREAM_ENTRIES = 1_500_000;
const CHANNEL_RATE = 55_000;
const CHANNEL_SECONDS = 12;
const OUTAGE = 10_000;
const OUTAGE_RATE = 20_000;

/** Event n as its sender writes it: noise, and now and then a value far off; 120 bytes as JSON. */
function message(n) {
  const seed = (Math.imul(n + 1, 1664525) + 1013904223) >>> 0;
  const value = seed % 5000 === 0 ? 500 : 100 + (seed % 1000) / 50;
  const text = `{"time":${1_700_000_000_000 + Math.floor(n / SERIES) * 1000},"series":"s${n % SERIES}","value":${value},"unit":"ms"`;
  return `${text},"message":"${'x'.repeat(Math.max(0, 106 - text.length))}"}`;
}

const yaml = (source, more = '') => `
data: ./data
pipelines:
  bench:
    source: ${source}
    detect: { detector: ema }
    store: anomalies
    incident: { max_alert_age: 1h }
    journal: { max_size: 4GiB }
${more}`;

async function connect({ host, port }) {
  const { createClient } = await import('@redis/client');
  const client = createClient({ socket: { host, port }, disableOfflineQueue: true });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Sends the command that `make` gives for each number from `from` on, in one pipeline. */
async function send(client, from, count, make) {
  const multi = client.multi();
  for (let n = from; n < from + count; n++) multi.addCommand(make(n));
  await multi.execAsPipeline();
}

const add = (n) => ['XADD', 'bench', '*', 'data', message(n)];
const publish = (n) => ['PUBLISH', 'bench', message(n)];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

async function withServer(work) {
  const server = await startService('redis', { memory: '1500mb' });
  const client = await connect(server);
  try {
    return await inFolder((folder) => work(server, client, folder));
  } finally {
    client.destroy();
    await server.stop();
  }
}

/** As many a second as asked for, evenly, for so long; answers how many were sent. */
async function feed(client, rate, seconds, make, first = 0) {
  const began = performance.now();
  let sent = 0;
  while (sent < rate * seconds) {
    await send(client, first + sent, GROUP, make);
    sent += GROUP;
    await pause(began + (sent / rate) * 1000 - performance.now());
  }
  return { sent, seconds: (performance.now() - began) / 1000 };
}

/** Messages a second that the channel's listener, the journal and the engine keep up with, and whether any was lost. */
function channel() {
  return withServer(async (server, client, folder) => {
    const program = await startProgram(folder, yaml(`{ redis: { url: '${server.url}', channels: [bench] } }`));
    await until(async () => (await program.status('bench')).parts.some(({ part, condition }) => part === 'listener redis' && condition === 'ok'), 10_000);
    const began = performance.now();
    const { sent, seconds } = await feed(client, CHANNEL_RATE, CHANNEL_SECONDS, publish);
    await until(async () => (await program.status('bench')).counts.verdicts >= sent, 60_000).catch(() => {});
    const all = (performance.now() - began) / 1000;
    const { counts } = await program.status('bench');
    await program.stop();
    const lost = sent - counts.verdicts;
    return {
      figure: `${thousand(counts.verdicts / all)} msg/s to the last verdict (sent at ${thousand(sent / seconds)}/s), ${lost} of ${sent} lost, ${counts.gaps} gaps`,
    };
  });
}

/** Entries a second from a full stream, each acknowledged after its commit. */
function streams() {
  return withServer(async (server, client, folder) => {
    for (let n = 0; n < STREAM_ENTRIES; n += GROUP) await send(client, n, GROUP, add);
    await client.sendCommand(['XGROUP', 'CREATE', 'bench', 'homeostat', '0']);
    const began = performance.now();
    const program = await startProgram(folder, yaml(`{ redis-stream: { url: '${server.url}', streams: [bench] } }`));
    await until(async () => (await program.status('bench')).counts.events > 0, 20_000);
    const first = { at: performance.now(), events: (await program.status('bench')).counts.events };
    await until(async () => (await program.status('bench')).counts.events === STREAM_ENTRIES, 120_000);
    await until(async () => (await client.sendCommand(['XPENDING', 'bench', 'homeostat']))[0] === 0, 20_000);
    const ended = performance.now();
    await program.stop();
    const rate = (STREAM_ENTRIES - first.events) / ((ended - first.at) / 1000);
    return {
      figure: `${thousand(rate)} entries/s to the last acknowledgement, ${thousand((STREAM_ENTRIES / (ended - began)) * 1000)} with the start of the process`,
      peer: `a plain reader, nothing detected or kept: ${thousand(await plainReader(server, STREAM_ENTRIES))} entries/s`,
    };
  });
}

/** What people write first: XREADGROUP, JSON.parse, XACK. */
async function plainReader(server, entries) {
  const client = await connect(server);
  await client.sendCommand(['XGROUP', 'CREATE', 'bench', 'plain', '0']);
  const began = performance.now();
  let sum = 0;
  for (let n = 0; n < entries;) {
    const reply = await client.xReadGroup('plain', 'me', [{ key: 'bench', id: '>' }], { COUNT: GROUP });
    const { messages } = reply[0];
    for (const { message: fields } of messages) sum += JSON.parse(fields.data).value;
    await client.xAck(
      'bench',
      'plain',
      messages.map(({ id }) => id),
    );
    n += messages.length;
  }
  client.destroy();
  return sum > 0 ? (entries / (performance.now() - began)) * 1000 : 0;
}

/** The server is killed for ten seconds while a sender, which keeps what it could not send, goes on. */
function outage() {
  return withServer(async (server, first, folder) => {
    await first.sendCommand(['XGROUP', 'CREATE', 'bench', 'homeostat', '0', 'MKSTREAM']);
    const program = await startProgram(folder, yaml(`{ redis-stream: { url: '${server.url}', streams: [bench] } }`, '    restart: { max_backoff: 5s }\n'));
    const { sent } = await feed(first, OUTAGE_RATE, 10, add);
    await until(async () => (await program.status('bench')).counts.events === sent, 60_000);
    const before = program.rss();
    await server.kill();
    await pause(OUTAGE);
    await server.restart();
    const back = performance.now();
    const client = await connect(server);
    // What was kept meanwhile comes at once, and the sender goes on.
    const kept = (OUTAGE_RATE * OUTAGE) / 1000;
    for (let n = 0; n < kept; n += GROUP) await send(client, sent + n, GROUP, add);
    const feeding = feed(client, OUTAGE_RATE, 20, add, sent + kept);
    const total = async () => Number(await client.sendCommand(['XLEN', 'bench']));
    await until(async () => (await program.status('bench')).counts.events >= (await total()) - OUTAGE_RATE / 2, 60_000);
    const lag = (performance.now() - back) / 1000;
    await feeding;
    await until(async () => (await program.status('bench')).counts.events === (await total()), 30_000).catch(() => {});
    const { events } = (await program.status('bench')).counts;
    const after = program.rss();
    const entries = await total();
    client.destroy();
    await program.stop();
    return {
      figure: `lag back to zero ${lag.toFixed(1)} s after the server is back, ${entries - events} of ${entries} missing, resident ${mebibytes(before)} before and ${mebibytes(after)} after`,
    };
  });
}

export const benchmarks = [
  {
    id: 'redis-pubsub',
    what: 'Redis channel to verdict, 120-byte JSON, through the journal; server and sender on the same two cores',
    target: '>= 50 k msg/s',
    run: channel,
  },
  {
    id: 'redis-streams',
    what: 'Redis stream to ledger with acknowledgement, 120-byte JSON, 1,000 series; server on the same two cores',
    target: '>= 60 k entries/s',
    run: streams,
  },
  {
    id: 'redis-outage',
    what: 'Redis killed for 10 s under 20 k entries/s into a stream, whose sender keeps them meanwhile',
    target: 'lag back to zero within 20 s, nothing missing',
    run: outage,
  },
];
