/**
 * Real servers for development, tests and examples: `npm run services -- up|down|status [redis mqtt kafka cassandra prometheus alertmanager]`.
 * They listen on free loopback ports, keep their data in `.services/`, and stay until `down`. docs/guides/services.md tells the rest.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { at } from './lib/project.mjs';
import { locked } from './lib/lock.mjs';
import { down, names, status, up } from './services/commands.mjs';
import { ServiceFailure } from './services/failure.mjs';
import { prepareAll } from './services/prepare.mjs';
import { progress } from './services/progress.mjs';
import { Record } from './services/record.mjs';

const usage = `npm run services -- up|down|status|fetch [${names.join(' ')}]

  up       starts what is named (all when nothing is), waits until it answers, writes the addresses to .env
  down     stops what up started
  status   shows what is up; exit code 1 when what is named, or what was started, does not answer
  fetch    downloads what up would, and prepares Kafka to start faster

  --NAME URL        up: use this server instead of starting one (--redis redis://127.0.0.1:6379); the variables of .env do the same
  --wipe            down: removes the data too
  --json            prints JSON
  --folder DIR      where data is kept (.services)
  --variables FILE  where the addresses go (.env)`;

function read(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
      wipe: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      folder: { type: 'string', default: at('.services') },
      variables: { type: 'string', default: at('.env') },
    },
  });
  const [command, ...asked] = positionals;
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new ServiceFailure(`there is no service ${unknown}: choose from ${names.join(', ')}`, 2);
  const urls = Object.fromEntries(names.filter((name) => values[name] !== undefined).map((name) => [name, values[name]]));
  const chosen = [...new Set([...asked, ...Object.keys(urls)])];
  return { ...values, command, chosen: chosen.length > 0, asked: chosen.length > 0 ? chosen : names, urls };
}

const size = (bytes) => (bytes === undefined ? '' : `${Math.round(bytes / 2 ** 20)} MiB`);

function table(rows) {
  const cells = rows.map((row) => [row.kind, row.state, String(row.pid ?? ''), row.url ?? '', size(row.rss), row.since?.replace('T', ' ').slice(0, 19) ?? '']);
  const all = [['name', 'state', 'pid', 'address', 'memory', 'since'], ...cells];
  const widths = all[0].map((_, i) => Math.max(...all.map((row) => row[i].length)));
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

async function show(options, record) {
  const rows = await status({ asked: options.asked, record });
  console.log(options.json ? JSON.stringify({ services: rows }, undefined, 2) : table(rows));
  return rows;
}

/** Exit code after a signal; undefined as long as there was none. */
let interrupted;

/** After Ctrl-C: what this command started is stopped again; what was up before stays. */
function stopOnSignal(mine, record) {
  const stop = async (signal, number) => {
    if (interrupted !== undefined) return;
    interrupted = 128 + number;
    console.error(`${signal}: stopping what was started …`);
    await Promise.all(
      Array.from(mine, async (server) => {
        await server.terminate(10_000);
        record.remove(server.kind.kind);
      }),
    );
    process.exit(interrupted);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, (_, number) => void stop(signal, number));
}

async function main(args) {
  const options = read(args);
  const { command } = options;
  if (options.help || command === undefined) {
    console.log(usage);
    return options.help ? 0 : 2;
  }
  const record = new Record(resolve(options.folder));
  const envFile = resolve(options.variables);
  if (command === 'status') {
    const rows = await show(options, record);
    return rows.every((row) => row.up || (!options.chosen && row.state === 'stopped')) ? 0 : 1;
  }
  if (!['up', 'down', 'fetch'].includes(command)) throw new ServiceFailure(`there is no command ${command}: up, down, status or fetch`, 2);
  const { say, close } = progress(process.stderr);
  const work = async () => {
    if (command === 'fetch') return prepareAll({ asked: options.asked, say });
    if (command === 'down') return down({ asked: options.asked, record, envFile, say, wipe: options.wipe });
    const mine = new Set();
    stopOnSignal(mine, record);
    return up({ asked: options.asked, urls: options.urls, record, envFile, say, mine });
  };
  try {
    await locked(join(record.folder, 'lock'), work, () => say('services', 'waiting for another up or down'));
  } finally {
    close();
  }
  if (command === 'up' || options.json) await show(options, record);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const wrongUse = String(error.code).startsWith('ERR_PARSE_ARGS');
  if (wrongUse) console.error(`${error.message}\n\n${usage}`);
  else if (interrupted === undefined) console.error(error instanceof ServiceFailure ? error.message : error);
  process.exitCode = interrupted ?? error.exitCode ?? (wrongUse ? 2 : 1);
}
