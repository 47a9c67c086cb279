/** How records are packed, by the number that stands in the attributes of a batch. */
import * as zlib from 'node:zlib';
import { HomeostatError, messageOf } from '../../../core/errors.ts';
import { TooLarge } from './growing.ts';
import { packLz4, unpackLz4 } from './lz4.ts';
import { packSnappy, unpackSnappy } from './snappy.ts';

export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** In Node from 22.15 on. */
interface Zstd {
  zstdCompressSync?(bytes: Uint8Array): Buffer;
  zstdDecompressSync?(bytes: Uint8Array, options: { maxOutputLength: number }): Buffer;
}
const { zstdCompressSync, zstdDecompressSync }: Zstd = zlib;

/** Whether this Node can read and write it. */
export function isKnown(compression: Compression): boolean {
  return compression !== 'zstd' || zstdCompressSync !== undefined;
}

export function noZstd(): HomeostatError {
  return new HomeostatError('SOURCE_OPTIONS', {
    source: 'kafka',
    detail: `records are packed by zstd, which Node ${process.versions.node} cannot unpack; use Node 22.15 or newer`,
  });
}

/** Throws HomeostatError SOURCE_CHANGED where the bytes are damaged, SOURCE_OPTIONS where they are larger than `most` and for zstd where Node has none. */
export function unpack(compression: number, packed: Uint8Array, most: number): Uint8Array {
  try {
    switch (COMPRESSIONS[compression]) {
      case 'none':
        return packed;
      case 'gzip':
        return zlib.gunzipSync(packed, { maxOutputLength: most });
      case 'snappy':
        return unpackSnappy(packed, most);
      case 'lz4':
        return unpackLz4(packed, most);
      case 'zstd':
        if (zstdDecompressSync === undefined) throw noZstd();
        return zstdDecompressSync(packed, { maxOutputLength: most });
      default:
        throw new RangeError(`compression ${compression} is not known`);
    }
  } catch (thrown) {
    if (thrown instanceof HomeostatError) throw thrown;
    if (thrown instanceof TooLarge || (thrown as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') {
      const detail = `packed records take more than max_unpacked ${most} bytes when unpacked; raise it`;
      throw new HomeostatError('SOURCE_OPTIONS', { source: 'kafka', detail }, thrown);
    }
    throw new HomeostatError('SOURCE_CHANGED', { source: 'kafka', detail: `packed records cannot be unpacked: ${messageOf(thrown)}` }, thrown);
  }
}

export function pack(compression: Compression, bytes: Uint8Array): Uint8Array {
  if (compression === 'snappy') return packSnappy(bytes);
  if (compression === 'lz4') return packLz4(bytes);
  if (compression === 'gzip') return zlib.gzipSync(bytes);
  return zstdCompressSync!(bytes);
}
