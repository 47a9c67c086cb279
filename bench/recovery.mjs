/** Memory with many series, and the time from kill -9 to processing again. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { writeCsv } from './engine.mjs';
import { inFolder, mebibytes, million, program, residentBytes, startProgram, until } from './support.mjs';

const simulated = (series, more = '') => `
data: ./data
pipelines:
  many:
    source: { simulate: { scenario: sensors, seed: 1, sensors: { machines: ${Math.ceil(series / 3)} }${more} } }
    detect: { detector: ema }
    store: anomalies
`;

/** Starts, kills and starts again; from the new start of the process to the first commit of its own. */
function recovery() {
  return inFolder(async (folder) => {
    const first = await startProgram(folder, simulated(10_000, ', rate: 20000/s'));
    await until(async () => (await first.status('many')).counts.events > 60_000, 60_000);
    await first.kill();
    const second = await startProgram(folder, simulated(10_000, ', rate: 20000/s'));
    const before = (await second.status('many')).checkpoint.number;
    let status;
    await until(async () => {
      status = await second.status('many');
      return status.recovery !== null && status.checkpoint.number > Math.max(before, status.recovery.checkpoint);
    }, 30_000);
    const seconds = (performance.now() - second.began) / 1000;
    await second.stop();
    return {
      figure: `${seconds.toFixed(2)} s from starting the process to its first commit, ${status.recovery.seconds.toFixed(2)} s of it reading the ledger`,
    };
  });
}

/** Resident memory of the whole process while it works as fast as it can. */
function memory(series, events) {
  return () =>
    inFolder(async (folder) => {
      const running = await startProgram(folder, simulated(series, `, count: ${events}`));
      let peak = 0;
      let early = 0;
      await until(async () => {
        const status = await running.status('many');
        peak = Math.max(peak, running.rss());
        if (early === 0 && status.counts.events >= events / 10) early = running.rss();
        return status.condition === 'finished';
      }, 600_000);
      const end = running.rss();
      await running.stop();
      return { figure: `peak ${mebibytes(peak)}; ${mebibytes(early)} at ${million(events / 10)}, ${mebibytes(end)} at ${million(events)} events` };
    });
}

/** `homeostat detect` must not hold the file. */
function largeFile() {
  return inFolder(async (folder) => {
    const path = join(folder, 'large.csv');
    await writeCsv(path, 30_000_000);
    const began = performance.now();
    const child = spawn(process.execPath, [program, 'detect', path, '--json', '-d', 'ema'], { stdio: ['ignore', 'ignore', 'ignore'] });
    let peak = 0;
    const timer = setInterval(() => {
      try {
        peak = Math.max(peak, residentBytes(child.pid));
      } catch {
        // It has ended between two looks.
      }
    }, 50);
    await new Promise((resolve) => child.once('exit', resolve));
    clearInterval(timer);
    return { figure: `peak ${mebibytes(peak)}, ${(((30_000_000 / (performance.now() - began)) * 1000) / 1e6).toFixed(2)} M rows/s` };
  });
}

export const benchmarks = [
  { id: 'recovery-10k', what: 'kill -9 with 10,000 series, then started again', target: '<= 1 s', run: recovery },
  { id: 'rss-10k', what: 'memory with 10,000 series, ten million events', target: '<= 200 MB, flat', run: memory(10_000, 10_000_000) },
  { id: 'rss-100k', what: 'memory with 100,000 series, ten million events', target: '<= 500 MB, flat', run: memory(100_000, 10_000_000) },
  { id: 'detect-large-file', what: 'homeostat detect -d ema on a CSV of 30 M rows (about 0.9 GB)', target: 'flat memory', run: largeFile },
];
