import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NotifierDefinition } from '../../core/schema.ts';
import { LEFT_ALONE, notifierChecks, type NotifierCase } from '../../testing/notifier-suite.ts';
import { alertProblems } from '../alertmanager-format.fixture.ts';
import { MailServer } from '../mail-server.fixture.ts';
import { hang, Receiver, repeatsEverything, status, withoutEnd } from '../receiver.fixture.ts';
import { slackProblems } from '../slack-format.fixture.ts';
import { notifiers } from './index.ts';

/** Receivers over HTTP by what they do. */
const http = {
  taking: new Receiver(),
  slack: new Receiver(),
  alertmanager: new Receiver(),
  silent: new Receiver(),
  gone: new Receiver(),
  refusing: new Receiver(),
};
const more = { busy: new Receiver(), limiting: new Receiver(), leading: new Receiver(), elsewhere: new Receiver(), babbling: new Receiver() };
const receivers = { ...http, ...more };
const urls = {} as Record<keyof typeof receivers, string>;
const mail = { taking: new MailServer(), refusing: new MailServer(), busy: new MailServer(), gone: new MailServer() };
const ports = {} as Record<keyof typeof mail | 'silent', number>;
let silentMail: Server;

beforeAll(async () => {
  for (const [name, receiver] of Object.entries(receivers)) urls[name as keyof typeof receivers] = await receiver.start();
  for (const [name, server] of Object.entries(mail)) ports[name as keyof typeof mail] = await server.start();
  receivers.silent.always = hang;
  receivers.refusing.always = repeatsEverything;
  receivers.busy.always = status(503);
  receivers.limiting.always = status(429, { 'retry-after': String(LEFT_ALONE / 1000) });
  receivers.leading.always = status(307, { location: `${urls.elsewhere}/there` });
  receivers.babbling.always = withoutEnd;
  receivers.slack.judge = ({ body }) => slackProblems(body);
  receivers.alertmanager.judge = ({ body, path }) => (path === '/api/v2/alerts' ? alertProblems(body) : [`404 ${path}`]);
  mail.refusing.always = 554;
  mail.refusing.says = (raw) => raw.replace(/\s+/g, ' ').repeat(3);
  mail.busy.always = 451;
  silentMail = createServer(() => {});
  await new Promise<void>((resolve) => silentMail.listen(0, '127.0.0.1', resolve));
  ports.silent = (silentMail.address() as AddressInfo).port;
  await receivers.gone.stop();
  await mail.gone.stop();
});

afterAll(async () => {
  const { gone: _, ...running } = receivers;
  for (const receiver of Object.values(running)) await receiver.stop();
  for (const server of [mail.taking, mail.refusing, mail.busy]) await server.stop();
  silentMail.close();
});

type Name = keyof typeof receivers;

/** The circumstances of notifiers that speak HTTP; `taking` is the receiver that knows their format. */
function overHttp(taking: Name): Omit<NotifierCase, 'definition'> {
  const at = (name: Name) => async () => ({ timeout: 5_000, url: urls[name] });
  return {
    working: at(taking),
    arrived: () => receivers[taking].received.splice(0).map(({ body }) => body),
    hanging: at('silent'),
    unreachable: at('gone'),
    refusing: async () => ({ ...(await at('refusing')()), url: urls.refusing.replace('//', '//ana:secret-4f1c9a@') }),
    busy: at('busy'),
    limiting: at('limiting'),
    redirecting: { options: at('leading'), followed: () => receivers.elsewhere.received.length },
    babbling: at('babbling'),
  };
}

const overSmtp = (name: keyof typeof ports) => async () => ({ timeout: 5_000, host: '127.0.0.1', port: ports[name], tls: 'off', user: undefined });

/** Circumstances by name of the notifier. */
const circumstances: Record<string, Omit<NotifierCase, 'definition'>> = {
  log: { working: async () => ({}) },
  webhook: overHttp('taking'),
  slack: overHttp('slack'),
  alertmanager: overHttp('alertmanager'),
  email: {
    working: overSmtp('taking'),
    arrived: () => mail.taking.mails.splice(0).map(({ parts }) => parts['text/plain']),
    hanging: overSmtp('silent'),
    unreachable: overSmtp('gone'),
    refusing: overSmtp('refusing'),
    busy: overSmtp('busy'),
  },
};

describe('every notifier', () => {
  it('has circumstances to be tried in', () => {
    expect(Object.keys(circumstances).sort()).toEqual(notifiers.map(({ name }) => name).sort());
  });

  const cases = notifiers.map((definition) => ({ definition: definition as unknown as NotifierDefinition, ...circumstances[definition.name] }));
  for (const check of notifierChecks(cases)) it(check.name, check.run);
});
