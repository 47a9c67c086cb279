/** The built program as a child process, for tests that run it as a person does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const main = join(process.cwd(), 'dist/cli/main.js');

export interface Server {
  /** Where it listens: `http://127.0.0.1:PORT`. */
  address: string;
  child: ChildProcess;
  /** All it has printed so far. */
  output(): string;
  /** Sends SIGTERM and answers the exit code. */
  stop(): Promise<number | null>;
}

/** Starts a command that serves (`run FILE`, `demo`) on a free port; resolves once it says its address. */
export async function startServer(args: string[], cwd: string, patience = 30_000): Promise<Server> {
  const child = spawn(process.execPath, [main, ...args, '--port', '0'], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let output = '';
  const address = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no address within ${patience} ms:\n${output}`)), patience);
    const look = (chunk: Buffer) => {
      output += chunk;
      const found = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(output);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found[0]);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    void exited.then(([code]) => reject(new Error(`ended with ${code}:\n${output}`)));
  });
  const stop = async () => {
    if (child.exitCode === null) child.kill('SIGTERM');
    const [code] = await exited;
    return code;
  };
  return { address: await address.catch((error: Error) => (child.kill('SIGKILL'), Promise.reject(error))), child, output: () => output, stop };
}

/** Waits until `look` answers something else than undefined, asking again after a short while. */
export async function until<T>(look: () => Promise<T | undefined>, what: string, patience = 30_000): Promise<T> {
  for (const end = Date.now() + patience; Date.now() < end;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: not within ${patience} ms`);
}
