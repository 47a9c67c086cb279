/** Notices as mails over SMTP (RFC 5321); the first and the last mail about an incident are one thread (RFC 5322, 3.6.4). */
import type { SendMailOptions } from 'nodemailer';
import type { Options as TransportOptions } from 'nodemailer/lib/smtp-transport/index.js';
import type { Notice, Notifier, Outcome } from '../../core/contracts.ts';
import { within } from '../../core/deadline.ts';
import { messageOf } from '../../core/errors.ts';
import { LONGEST_TIMER, defineNotifier, quantity, Type, type Static } from '../../core/schema.ts';
import { tlsAdvice, tlsFields, tlsProblem, tlsSettings } from '../../core/tls.ts';
import { keyOf } from '../notice-words.ts';
import { redacted } from '../post.ts';
import { reachPort } from '../reach.ts';
import { mailText } from './mail-text.ts';

const ADDRESS = '^[^\\s<>,;"]+@[^\\s<>,;"]+$|^[^<>\\r\\n]*<[^\\s<>,;"]+@[^\\s<>,;"]+>$';

const mode = Type.Enum(['required', 'implicit', 'starttls', 'off'], {
  description: 'required: STARTTLS or nothing. implicit: TLS from the first byte. starttls: where the server offers it. off: never.',
  default: 'required',
});

const options = Type.Object(
  {
    host: Type.String({ minLength: 1, description: 'Mail server.' }),
    port: Type.Integer({ minimum: 1, maximum: 65_535, default: 587, description: 'Port of the mail server; 465 is usual for `tls: implicit`.' }),
    tls: Type.Union([mode, Type.Object({ mode, ...tlsFields }, { additionalProperties: false })], {
      description: 'When the connection is encrypted, or a map with `mode` (the same words) and how.',
      default: 'required',
    }),
    user: Type.Optional(Type.String({ minLength: 1, description: 'Name to sign in with; absent: not signed in.' })),
    password: Type.String({ description: 'Password of the user.', default: '', secret: true }),
    from: Type.String({ pattern: ADDRESS, description: 'Sender, as `homeostat@example.org` or `Homeostat <homeostat@example.org>`.' }),
    to: Type.Array(Type.String({ pattern: ADDRESS }), { minItems: 1, maxItems: 100, description: 'Who gets the mail.' }),
    timeout: quantity('duration', 'Longest time of one attempt.', '20s', { minimum: 100, maximum: LONGEST_TIMER }),
    external_url: Type.Optional(
      Type.String({ pattern: '^https?://', description: 'Address of this process as people reach it; notices then link to their incident.' }),
    ),
  },
  { additionalProperties: false },
);

type EmailOptions = Static<typeof options>;

/** So much is kept of what a server says, characters. */
const SHOWN = 250;

/** Mails that one mail names as its ancestors. */
const REFERENCES = 20;

export const email = defineNotifier({
  name: 'email',
  summary: 'Sends each notice as a mail; several that wait leave in one mail.',
  options,
  sample: { host: 'mail.example.org', user: 'homeostat', password: 'change me', from: 'Homeostat <homeostat@example.org>', to: ['oncall@example.org'] },
  check({ host, tls, user }) {
    const wrong = tlsProblem(typeof tls === 'string' ? undefined : tls);
    const mode = modeOf(tls);
    if (wrong !== undefined || user === undefined || mode === 'required' || mode === 'implicit' || isThisMachine(host)) return wrong;
    return { option: 'tls', detail: `is ${mode}, with which the password of ${user} could cross the network readable; use required or implicit` };
  },
  reach: ({ host, port }) => reachPort('email', host, port),
  create(given): Notifier {
    const mail = (notices: readonly Notice[], signal: AbortSignal): Promise<Outcome> => deliver(given, messageFor(given, notices), signal);
    return { name: 'email', send: (notice, signal) => mail([notice], signal), sendTogether: mail };
  },
});

/** What is sent: the id of a mail is made of the key of its notice, so that a repeat is recognised. */
function messageFor({ from, to, external_url }: EmailOptions, notices: readonly Notice[]): SendMailOptions {
  const domain = /@([^\s<>@]+?)>?$/.exec(from)?.[1] ?? 'homeostat.invalid';
  const idOf = (key: string): string => `<${key}@${domain}>`;
  // A mail about several answers none of them: it only names the threads that it belongs to.
  const ancestors = notices.flatMap(({ key, first }) => (first === undefined ? (notices.length === 1 ? [] : [key]) : [first]));
  const references = [...new Set(ancestors)].slice(0, REFERENCES).map(idOf);
  return {
    from,
    to,
    ...mailText(notices, external_url),
    messageId: idOf(keyOf(notices)),
    ...(references.length === 0 ? {} : { references }),
    ...(notices.length === 1 && references.length === 1 ? { inReplyTo: references[0] } : {}),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Homeostat-Incident': notices[0].incident.id,
      ...(notices[0].repeated ? { 'X-Homeostat-Repeated': 'true' } : {}),
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

async function deliver(given: EmailOptions, message: SendMailOptions, signal: AbortSignal): Promise<Outcome> {
  const { timeout, password, user = '' } = given;
  const hidden = [password, Buffer.from(password).toString('base64'), Buffer.from(`\0${user}\0${password}`).toString('base64')];
  try {
    return await within(timeout, signal, (until) => attempt(given, message, until));
  } catch (thrown) {
    return { ok: false, retry: isWorthRepeating(thrown), detail: redacted(reasonOf(thrown, timeout, signal), hidden).slice(0, SHOWN) };
  }
}

async function attempt(given: EmailOptions, message: SendMailOptions, until: AbortSignal): Promise<Outcome> {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport(transportOf(given));
  try {
    const { rejected, accepted } = await transport.sendMail({ ...message, signal: until });
    const refused = rejected.length === 0 ? '' : `, refused for ${rejected.map(String).join(', ')}`;
    return { ok: true, detail: `taken for ${accepted.length} of ${accepted.length + rejected.length}${refused}` };
  } catch (thrown) {
    throw until.aborted ? until.reason : thrown;
  } finally {
    transport.close();
  }
}

function transportOf({ host, port, tls, user, password, timeout }: EmailOptions): TransportOptions {
  const mode = modeOf(tls);
  return {
    host,
    port,
    secure: mode === 'implicit',
    requireTLS: mode === 'required',
    ignoreTLS: mode === 'off',
    tls: tlsSettings(typeof tls === 'string' ? undefined : tls),
    ...(user === undefined ? {} : { auth: { user, pass: password }, forceAuth: true }),
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
  };
}

function modeOf(tls: EmailOptions['tls']): Static<typeof mode> {
  return typeof tls === 'string' ? tls : tls.mode;
}

/** 5xx is a refusal for good (RFC 5321, 4.2.1); everything else may be better later. */
function isWorthRepeating(thrown: unknown): boolean {
  const { responseCode } = thrown as { responseCode?: number };
  return responseCode === undefined || responseCode < 500;
}

function reasonOf(thrown: unknown, timeout: number, signal: AbortSignal): string {
  if (signal.aborted) return 'given up';
  if (thrown instanceof Error && thrown.name === 'TimeoutError') return `no answer within ${timeout} ms`;
  return `${messageOf(thrown).replace(/\s+/g, ' ')}${tlsAdvice(thrown)}`;
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
