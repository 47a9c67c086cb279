/** `validate --live` for receivers: whether somebody listens there. Nothing is sent; `homeostat notify test` does that. */
import { connect } from 'node:net';
import { within } from '../core/deadline.ts';
import { HomeostatError, messageOf } from '../core/errors.ts';

const PATIENCE = 5_000;

/** Opens a connection and closes it; answers where. Throws RECEIVER_FAILED. */
export async function reachPort(target: string, host: string, port: number): Promise<string> {
  try {
    await within(PATIENCE, new AbortController().signal, (signal) => opened(host, port, signal));
    return `${host}:${port} listens; \`homeostat notify test\` sends a notice`;
  } catch (thrown) {
    throw new HomeostatError('RECEIVER_FAILED', { target, what: `a connection to ${host}:${port}`, detail: messageOf(thrown) }, thrown);
  }
}

/** The same for an address of HTTP; its path may be a secret and is not said. */
export function reachUrl(target: string, address: string): Promise<string> {
  const { hostname, port, protocol } = new URL(address);
  return reachPort(target, hostname.replace(/^\[|\]$/g, ''), port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port));
}

function opened(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.on('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    signal.addEventListener(
      'abort',
      () => {
        socket.destroy();
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}
