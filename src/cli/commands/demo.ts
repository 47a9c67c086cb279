/** `homeostat demo`: something to look at, with nothing to prepare. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Verdict } from '../../core/verdicts.ts';
import { parseConfig } from '../../pipeline/load.ts';
import { openFile, overridden, registry, type Overrides } from '../config.ts';
import { responseTimeDemo } from '../demos/response-time.ts';
import { demoFile } from '../demos/file.ts';
import { EXIT } from '../exit.ts';
import { HomeostatError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { createLog } from '../log.ts';
import { firstSignal, start } from '../process.ts';
import { coloursFor, type Colours } from '../terminal.ts';
import { shortNumber } from '../text.ts';

interface DemoOptions extends Overrides {
  detector: string;
  rate: string;
  values: number;
}

const SCENARIOS = ['response-time'];

/** Answers the exit code. */
export async function demo(scenario: string | undefined, options: DemoOptions): Promise<number> {
  if (scenario === undefined) return tour(options);
  if (SCENARIOS.includes(scenario)) return responseTime(options);
  const near = nearest(scenario, SCENARIOS);
  throw new HomeostatError('OPTION_INVALID', {
    detail: `there is no scenario "${scenario}"${near === undefined ? '' : `; did you mean "${near}"?`}; known: ${SCENARIOS.join(', ')}`,
  });
}

async function tour(options: DemoOptions): Promise<number> {
  const { data = './data/demo', port } = options;
  const { config, file } = await openFile(await demoFile(data), { data, port });
  const colours = coloursFor(process.stdout, process.env);
  const log = createLog(config.log, coloursFor(process.stderr, process.env));
  const ending = firstSignal();
  const onPortTaken = (taken: number): void => log.warn({}, `port ${taken} is taken, so another one is used; choose one with --port`);
  const started = await start(config, { log, server: true, file, ...(port === undefined ? { onPortTaken } : {}) });
  process.stdout.write(welcome(started.url!, config.data, colours));
  await ending.signal;
  process.stdout.write('\nstopping …\n');
  await started.stop();
  ending.forget();
  process.stdout.write(`stopped. Everything is kept in ${config.data}; start again to go on.\n`);
  return EXIT.ok;
}

function welcome(url: string, data: string, { bold, cyan, dim }: Colours): string {
  return `
${bold('Homeostat is running')}  ${cyan(url)}

  Overview     six pipelines, their rates and their health
  Streams      ${bold('response-time')} climbs within half a minute: an incident opens, and resolves when it is over
  Incidents    what opened, why, and what became of it; acknowledge one
  Logs         ${bold('hdfs')} writes log lines: their templates, and the sessions that are odd; drop a file of your own there
  Settings     another detector, window or threshold while it runs: shown as a diff, kept, undone in one click
  Health       commits, queues, what could not be read

Push values of your own; after thirty alike the last one is an anomaly:

  for v in $(seq 30) 99; do curl -s ${url}/api/v1/pipelines/push/events \\
    -H 'Content-Type: application/json' -d "{\\"series\\": \\"mine\\", \\"value\\": $((v == 99 ? 99 : 10 + v % 3))}"; done

${dim(`Data is kept in ${data}. Kill it in the middle if you like: nothing is lost. Ctrl-C stops it.`)}
`;
}

async function responseTime({ detector, rate, values, data, port }: DemoOptions): Promise<number> {
  const text = responseTimeDemo(detector, rate, values);
  const folder = data === undefined ? await mkdtemp(join(tmpdir(), 'homeostat-demo-')) : resolve(data);
  const config = overridden(parseConfig(text, 'response-time.yaml', process.env, registry.server), { data: folder, ...(port === undefined ? {} : { port }) });
  const colours = coloursFor(process.stdout, process.env);
  process.stdout.write(`${colours.dim(text.replaceAll(/^/gm, '  ').trimEnd())}\n\n`);
  const ending = firstSignal();
  const log = createLog({ level: 'warn', format: 'text' }, coloursFor(process.stderr, process.env));
  const started = await start(config, { log, server: port !== undefined });
  const stopListening = started.running.subscribe((event) => {
    if (event.type === 'verdicts') process.stdout.write(event.verdicts.map((verdict) => logLine(verdict, colours)).join(''));
  });
  await Promise.race([ending.signal, started.finished]);
  await started.stop();
  stopListening();
  ending.forget();
  if (data === undefined) await rm(folder, { recursive: true, force: true });
  return EXIT.ok;
}

/** `2024-10-03 22:29:03,605 - INFO - Normal value: 200.93`, at the time of the event in the local zone. */
export function logLine(verdict: Pick<Verdict, 'time' | 'values' | 'anomalous'>, { red }: Pick<Colours, 'red'>): string {
  const at = new Date(verdict.time);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())},${String(at.getMilliseconds()).padStart(3, '0')}`;
  const value = shortNumber(verdict.values[0] ?? NaN);
  return verdict.anomalous ? red(`${day} ${clock} - WARNING - Anomaly detected: ${value}`) + '\n' : `${day} ${clock} - INFO - Normal value: ${value}\n`;
}
