/** A real SMTP server on this machine that can be told to misbehave. Its certificate is for localhost, and known to nobody. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export const CERTIFICATE = new URL('./mail-server.fixture.pem', import.meta.url);

export interface Mail {
  from: string;
  to: string[];
  /** Header fields by their names in lower case. */
  headers: Record<string, string>;
  /** The parts, decoded, by their media type. */
  parts: Record<string, string>;
  secure: boolean;
  user: string | undefined;
}

export interface MailServerOptions {
  /** Speaks TLS from the first byte. */
  implicit?: boolean;
  /** Offers STARTTLS. */
  starttls?: boolean;
  user?: string;
  password?: string;
}

export class MailServer {
  readonly mails: Mail[] = [];
  /** How the next mails end: a code with which each is refused, or undefined. When used up, they are taken. */
  answers: (number | undefined)[] = [];
  always: number | undefined;
  /** Addresses that are refused. */
  readonly unknown = new Set<string>();
  /** What is said with a refusal; may repeat what was sent. */
  says: (raw: string) => string = () => 'not now';
  readonly #server: SMTPServer;

  constructor({ implicit = false, starttls = false, user, password }: MailServerOptions = {}) {
    const pem = readFileSync(CERTIFICATE, 'utf8');
    const options: SMTPServerOptions = {
      secure: implicit,
      key: pem,
      cert: pem,
      disabledCommands: [...(starttls ? [] : ['STARTTLS']), ...(user === undefined ? ['AUTH'] : [])],
      allowInsecureAuth: true,
      disableReverseLookup: true,
      authOptional: user === undefined,
      closeTimeout: 200,
      onAuth: (auth, _session, done) => {
        if (auth.username === user && auth.password === password) done(null, { user: auth.username });
        else done(Object.assign(new Error(`who is ${auth.username} with ${auth.password}?`), { responseCode: 535 }));
      },
      onRcptTo: ({ address }, _session, done) => done(this.unknown.has(address) ? Object.assign(new Error('no such user'), { responseCode: 550 }) : null),
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const raw = Buffer.concat(chunks).toString('utf8');
          const code = this.answers.length > 0 ? this.answers.shift() : this.always;
          if (code !== undefined) return done(Object.assign(new Error(this.says(raw)), { responseCode: code }));
          const { mailFrom, rcptTo } = session.envelope;
          this.mails.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            ...parsed(raw),
            secure: session.secure,
            user: session.user,
          });
          return done();
        });
      },
    };
    this.#server = new SMTPServer(options);
    this.#server.on('error', () => {});
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(resolve));
  }
}

/** Header fields and text parts of a message (RFC 5322, 2045 to 2047 as far as our mails use them). */
function parsed(raw: string): Pick<Mail, 'headers' | 'parts'> {
  const { headers, body } = split(raw);
  const boundary = /boundary="([^"]+)"/.exec(headers['content-type'] ?? '')?.[1];
  const pieces = boundary === undefined ? [raw] : body.split(`--${boundary}`).slice(1, -1);
  const parts = pieces.map((piece) => {
    const part = split(piece.replace(/^\r\n/, ''));
    return [part.headers['content-type']?.split(';')[0] ?? 'text/plain', decoded(part.body, part.headers['content-transfer-encoding'] ?? '7bit')];
  });
  return { headers, parts: Object.fromEntries(parts) as Record<string, string> };
}

function split(raw: string): { headers: Record<string, string>; body: string } {
  const end = raw.indexOf('\r\n\r\n');
  const fields = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
    .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]);
  return { headers: Object.fromEntries(fields) as Record<string, string>, body: raw.slice(end + 4) };
}

function decoded(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return body;
  const bytes = body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
