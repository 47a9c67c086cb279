/** Whether an address can be listened on, in words where it cannot. */
import { createServer } from 'node:net';
import { HomeostatError, messageOf } from '../core/errors.ts';

const WORDS: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'this user may not take that port',
  ENOTFOUND: 'the name is not known',
};

/** What listening threw, as SERVER_PORT_TAKEN or SERVER_CANNOT_LISTEN. */
export function refusal(host: string, port: number, thrown: unknown): HomeostatError {
  const { code = '' } = thrown as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return new HomeostatError('SERVER_PORT_TAKEN', { port, host }, thrown);
  return new HomeostatError('SERVER_CANNOT_LISTEN', { port, host, detail: WORDS[code] ?? messageOf(thrown) }, thrown);
}

/** Listens there for a moment. Throws SERVER_PORT_TAKEN and SERVER_CANNOT_LISTEN. */
export async function tryToListen(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => void server.once('error', reject).listen(port, host, resolve));
  } catch (thrown) {
    throw refusal(host, port, thrown);
  }
  await new Promise((resolve) => server.close(resolve));
}
