/** What the first bytes of an uploaded file say of it. */
import { open } from 'node:fs/promises';
import { constants, gunzip } from 'node:zlib';
import { promisify } from 'node:util';
import { HomeostatError, messageOf } from '../../core/errors.ts';

const HEAD = 65_536;
/** More control bytes than this share of the head, and it is no text. */
const CONTROLS = 0.08;

/** First bytes of formats that people take for logs or pack logs into. */
const KINDS: readonly (readonly [string, string])[] = [
  ['504b0304', 'a zip archive'],
  ['28b52ffd', 'compressed with zstd'],
  ['fd377a585a00', 'compressed with xz'],
  ['425a68', 'compressed with bzip2'],
  ['377abcaf271c', 'a 7-Zip archive'],
  ['7f454c46', 'a program (ELF)'],
  ['25504446', 'a PDF document'],
  ['89504e47', 'an image (PNG)'],
  ['ffd8ff', 'an image (JPEG)'],
  ['53514c69746520666f726d6174', 'a SQLite database'],
  ['50415231', 'a Parquet file'],
];

/** Whether the file is packed with gzip. Throws INPUT_UNREADABLE for what is no text; `name` is that of the message. */
export async function lookAtHead(path: string, name: string): Promise<{ packed: boolean }> {
  const first = await headOf(path);
  const packed = first[0] === 0x1f && first[1] === 0x8b;
  const text = packed ? await unpacked(first, name) : first;
  const kind = KINDS.find(
    ([mark]) =>
      Buffer.from(text)
        .subarray(0, mark.length / 2)
        .toString('hex') === mark,
  )?.[1];
  if (kind !== undefined)
    throw refused(name, `${packed ? 'what is in it is' : 'it is'} ${kind}; unpack it, or choose the log itself (plain, or packed with gzip)`);
  const share = controls(text);
  if (share > CONTROLS && !isWide(text)) throw refused(name, `it is binary: ${Math.round(share * 100)}% of its first ${text.length} bytes are control bytes`);
  return { packed };
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const bytes = new Uint8Array(HEAD);
    const { bytesRead } = await file.read(bytes, 0, HEAD, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The text that a head begins with; that more follows is no error. */
async function unpacked(head: Uint8Array, name: string): Promise<Uint8Array> {
  try {
    return (await promisify(gunzip)(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 256 * HEAD })).subarray(0, HEAD);
  } catch (thrown) {
    // So well packed that its head alone is larger: certainly readable.
    if ((thrown as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') return new Uint8Array(0);
    throw refused(name, `it begins as a gzip file does and cannot be unpacked: ${messageOf(thrown)}`);
  }
}

/** UTF-16 has a zero in every other byte of plain text: with its mark, or by where the zeros are. */
function isWide(bytes: Uint8Array): boolean {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return true;
  const zeros = [0, 0];
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === 0) zeros[i & 1]++;
  const half = bytes.length / 2;
  return Math.max(...zeros) > half * 0.9 && Math.min(...zeros) < half * 0.01;
}

function controls(bytes: Uint8Array): number {
  let count = 0;
  // Tabs, newlines, form feeds, carriage returns and the escape of colours stand in text.
  for (const byte of bytes) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) count++;
  return bytes.length === 0 ? 0 : count / bytes.length;
}

function refused(name: string, detail: string): HomeostatError {
  return new HomeostatError('INPUT_UNREADABLE', { file: name, detail });
}
