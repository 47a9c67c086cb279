import { expect, it } from 'vitest';
import { reachPort, reachUrl } from './reach.ts';
import { Receiver } from './receiver.fixture.ts';

it('says whether somebody listens, sends nothing, and tells no path', async () => {
  const receiver = new Receiver();
  const url = await receiver.start();
  expect(await reachUrl('slack', `${url}/services/secret-4f1c9a`)).toContain(`${url.slice('http://'.length)} listens`);
  expect(receiver.received).toEqual([]);
  await receiver.stop();
  const refused = await reachUrl('slack', `${url}/services/secret-4f1c9a`).catch((thrown: Error) => thrown.message);
  expect(refused).toContain('The receiver slack does not take a connection to 127.0.0.1:');
  expect(refused).not.toContain('secret-4f1c9a');
});

it('says that a name does not resolve', async () => {
  await expect(reachPort('email', 'nowhere.invalid', 25)).rejects.toThrow('nowhere.invalid');
});
