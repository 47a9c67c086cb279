/** Encrypted connections: the options `tls` of everything that makes one, and what `node:tls` is given for them. */
import type { ConnectionOptions } from 'node:tls';
import { Type, type Static } from './schema.ts';

/** PEM (RFC 7468); text may stand before it. */
const CERTIFICATE = '-----BEGIN ([A-Z0-9]+ )?CERTIFICATE-----';
const KEY = '-----BEGIN ([A-Z0-9]+ )?PRIVATE KEY-----';

/** Schemes of addresses that are reached through TLS. */
const ENCRYPTED = new Set(['https', 'mqtts', 'rediss', 'wss']);

/** Each text with `file` or `secret` is also taken from the file that `NAME_file` names. */
export const tlsFields = {
  ca: Type.Optional(
    Type.String({
      pattern: CERTIFICATE,
      description: 'Certificates of the authorities that the server is checked against (PEM), in place of those that Node.js knows.',
      file: true,
    }),
  ),
  cert: Type.Optional(Type.String({ pattern: CERTIFICATE, description: 'Certificate that this side shows (PEM), with `key`.', file: true })),
  key: Type.Optional(Type.String({ pattern: KEY, description: 'Key of that certificate (PEM).', secret: true })),
  key_password: Type.Optional(Type.String({ description: 'Password of the key.', secret: true })),
  server_name: Type.Optional(
    Type.String({ minLength: 1, description: 'Name that the certificate of the server must hold, where it is not that of its address.' }),
  ),
  verify: Type.Boolean({
    description:
      'Refuse a server whose certificate is not of the authority or names another host. Without it whoever stands between can read and change everything.',
    default: true,
  }),
};

/** For an address whose scheme says whether the connection is encrypted. */
export const tlsOptions = Type.Object(tlsFields, { additionalProperties: false, description: 'How the encrypted connection is made.' });
export type TlsOptions = Static<typeof tlsOptions>;

/** For an address without a scheme: `true`, or the options, encrypt the connection. */
export const tlsSwitch = Type.Union([Type.Boolean(), tlsOptions], { description: 'Encrypts the connection: `true`, or a map with how.' });
export type TlsSwitch = Static<typeof tlsSwitch>;

/** What `node:tls` and the clients on top of it are given; nothing stands in it that is not written. */
export function tlsSettings(tls: TlsSwitch | undefined): ConnectionOptions {
  const { ca, cert, key, key_password, server_name, verify } = typeof tls === 'object' ? tls : { verify: true };
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(key_password === undefined ? {} : { passphrase: key_password }),
    ...(server_name === undefined ? {} : { servername: server_name }),
    rejectUnauthorized: verify,
  };
}

/** What does not fit in `tls`, for the `check` of a component; `addresses`: urls of which at least one must be encrypted for it to mean anything. */
export function tlsProblem(tls: TlsSwitch | undefined, addresses: readonly string[] = []): { option: string; detail: string } | undefined {
  if (typeof tls !== 'object') return undefined;
  if ((tls.cert === undefined) !== (tls.key === undefined))
    return { option: 'tls', detail: tls.key === undefined ? 'holds cert without key; give both' : 'holds key without cert; give both' };
  const schemes = addresses.map((address) => address.slice(0, address.indexOf(':')).toLowerCase());
  if (schemes.length === 0 || schemes.some((scheme) => ENCRYPTED.has(scheme))) return undefined;
  return { option: 'tls', detail: `is written, and ${schemes[0]}:// is not encrypted; write ${schemes[0]}s://, or leave tls out` };
}

/** What a person can do about a failure of TLS, to stand behind its message: `; …`, or '' where it is none that is known. */
export function tlsAdvice(thrown: unknown): string {
  const { code = '', message = '' } = (thrown ?? {}) as { code?: unknown; message?: unknown };
  const text = `${String(code)} ${typeof thrown === 'string' ? thrown : String(message)}`;
  if (text.includes('tls.')) return '';
  if (/altname|ALTNAME/.test(text)) return '; use a name that the certificate holds, or say in tls.server_name which one it is';
  if (/self.signed|unable to (verify|get)[a-z ]* (certificate|issuer)|SELF_SIGNED|UNABLE_TO_/i.test(text))
    return '; name the authority of the server in tls.ca_file';
  if (/certificate.required|bad.certificate|unknown.ca|handshake.failure/i.test(text)) return '; it may ask for a certificate: tls.cert_file and tls.key_file';
  if (/wrong.version.number|packet.length.too.long/i.test(text)) return '; the other side does not speak TLS at this port';
  return '';
}
