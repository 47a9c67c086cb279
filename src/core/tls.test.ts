import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { tlsAdvice, tlsProblem, tlsSettings, type TlsOptions } from './tls.ts';

/** Key and certificate of `localhost` and 127.0.0.1, its own authority. */
const PEM = readFileSync(new URL('../incidents/mail-server.fixture.pem', import.meta.url), 'utf8');
const part = (kind: string): string => new RegExp(`-----BEGIN ${kind}[^]*?-----END ${kind}-----`).exec(PEM)![0];
const cert = part('CERTIFICATE');
const key = part('PRIVATE KEY');

/** What a server that asks for a certificate says to these options: its greeting, or the failure with the advice. */
async function greeting(tls: Partial<TlsOptions>, servername?: string): Promise<string> {
  const server = createServer({ key, cert, ca: cert, requestCert: true, rejectUnauthorized: false }, (socket) => {
    socket.on('error', () => undefined);
    socket.end(`${socket.authorized ? 'known' : 'stranger'} asks for ${String(socket.servername)}`);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return new Promise((done) => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: '127.0.0.1', port, ...(servername === undefined ? {} : { servername }), ...tlsSettings({ verify: true, ...tls }) });
    socket.on('data', (data) => done(data.toString()));
    socket.on('error', (error) => done(`${error.message}${tlsAdvice(error)}`));
  });
}

describe('a connection', () => {
  let encrypted: string;
  beforeAll(() => {
    encrypted = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    }).privateKey;
  });

  it('trusts the authority that is named, and no other', async () => {
    expect(await greeting({ ca: cert })).toMatch(/^stranger/);
    // Node 24 adds advice of its own in between.
    expect(await greeting({})).toMatch(/^self-signed certificate;.* name the authority of the server in tls\.ca_file$/);
    expect(await greeting({ verify: false })).toMatch(/^stranger/);
  });

  it('shows its own certificate', async () => {
    expect(await greeting({ ca: cert, cert, key })).toMatch(/^known/);
  });

  it('asks for the name that is given', async () => {
    expect(await greeting({ ca: cert, server_name: 'localhost' })).toBe('stranger asks for localhost');
    expect(await greeting({ ca: cert, server_name: 'other.example' })).toContain('say in tls.server_name which one it is');
  });

  it('opens a key with its password', () => {
    const open = (password: string) => () => connect({ host: '127.0.0.1', port: 1, ...tlsSettings({ key: encrypted, key_password: password, verify: true }) });
    expect(open('wrong')).toThrow(/decrypt|bad/);
    const socket = open('open')();
    socket.on('error', () => undefined);
    socket.destroy();
  });

  it('is made without options for `true`, and says nothing that is not written', () => {
    expect(tlsSettings(true)).toEqual({ rejectUnauthorized: true });
    expect(tlsSettings(undefined)).toEqual({ rejectUnauthorized: true });
  });
});

describe('what does not fit', () => {
  it('is a certificate without its key, and a key without its certificate', () => {
    expect(tlsProblem({ cert, verify: true })).toMatchObject({ detail: 'holds cert without key; give both' });
    expect(tlsProblem({ key, verify: true })).toMatchObject({ detail: 'holds key without cert; give both' });
    expect(tlsProblem({ key, cert, verify: true })).toBeUndefined();
  });

  it.each(['http', 'redis', 'mqtt', 'ws'])('is an address of %s', (scheme) => {
    const tls = { verify: true };
    expect(tlsProblem(tls, [`${scheme}://h`])).toEqual({
      option: 'tls',
      detail: `is written, and ${scheme}:// is not encrypted; write ${scheme}s://, or leave tls out`,
    });
    expect(tlsProblem(tls, [`${scheme}://h`, `${scheme}s://h`])).toBeUndefined();
    expect(tlsProblem(undefined, [`${scheme}://h`])).toBeUndefined();
  });
});

describe('advice', () => {
  it.each([
    ['unable to verify the first certificate', 'tls.ca_file'],
    ['unable to get local issuer certificate', 'tls.ca_file'],
    ['tlsv13 alert certificate required', 'tls.cert_file'],
    ['wrong version number', 'does not speak TLS'],
  ])('on "%s"', (message, words) => {
    expect(tlsAdvice(new Error(message))).toContain(words);
  });

  it('is given once, and for nothing else', () => {
    expect(tlsAdvice(new Error('connect ECONNREFUSED 127.0.0.1:1'))).toBe('');
    expect(tlsAdvice('self-signed certificate; name the authority of the server in tls.ca_file')).toBe('');
    expect(tlsAdvice(undefined)).toBe('');
  });
});
