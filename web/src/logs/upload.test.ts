/** An upload sends every byte once and in order, whatever breaks on the way; what is refused for good is not sent again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../api/client.ts';
import { SLICES, Upload, type Transport } from './upload.ts';

const fileOf = (size: number): File => new File([Uint8Array.from({ length: size }, (_, i) => i % 251)], 'a.log');
const noWait = { wait: () => Promise.resolve() };

/** Takes bytes as a server does: only at the offset where it stands. `faults` says of each call how much of the slice it keeps before it breaks; null is no fault. */
class Store implements Transport {
  bytes: number[] = [];
  calls = 0;
  readonly #faults: (number | null)[];

  constructor(faults: (number | null)[] = []) {
    this.#faults = faults;
  }

  offset(): Promise<number> {
    return Promise.resolve(this.bytes.length);
  }

  async append(offset: number, slice: Blob, progress: (bytes: number) => void): Promise<number> {
    this.calls++;
    if (offset !== this.bytes.length) throw new ApiError(409, 'another offset', 'UPLOAD_OFFSET');
    const fault = this.#faults.shift() ?? null;
    const all = new Uint8Array(await slice.arrayBuffer());
    const kept = fault === null ? all : all.subarray(0, Math.floor(fault * all.length));
    progress(kept.length);
    this.bytes.push(...kept);
    if (fault !== null) throw new ApiError(0, 'broken');
    return this.bytes.length;
  }
}

describe('an upload', () => {
  it('brings over every byte once, in order, however often it breaks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5000 }),
        fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 12 }),
        async (size, faults) => {
          const store = new Store(faults);
          const upload = new Upload(fileOf(size), store, noWait);
          await upload.run();
          expect(store.bytes).toEqual(Array.from({ length: size }, (_, i) => i % 251));
          expect(upload.view.value).toMatchObject({ state: 'sent', sent: size });
        },
      ),
    );
  });

  it('goes on where the server stands, not from the start', async () => {
    const store = new Store();
    store.bytes = Array.from({ length: 600 }, (_, i) => i % 251);
    await new Upload(fileOf(1000), store, noWait).run();
    expect(store.bytes).toEqual(Array.from({ length: 1000 }, (_, i) => i % 251));
  });

  it.each([
    ['larger ones while they take little time', 100, [1, 2, 4, 8, 8, 7], 30],
    ['smaller ones while they take long', 10_000, [1, 0.5, 0.25, 0.25], 2],
  ])('sends slices: %s', async (_name, took, expected, size) => {
    let now = 0;
    const slices: number[] = [];
    let stored = 0;
    const transport: Transport = {
      offset: () => Promise.resolve(0),
      append: (_offset, slice) => {
        slices.push(slice.size / SLICES.first);
        now += took;
        return Promise.resolve((stored += slice.size));
      },
    };
    await new Upload(new File([new Uint8Array(SLICES.first * size)], 'a.log'), transport, { now: () => now, ...noWait }).run();
    expect(slices).toEqual(expected);
  });

  it.each([400, 404, 409, 413, 422])('does not try again what was refused with %i, and keeps the reason', async (status) => {
    const refused = new ApiError(status, 'larger than the most', 'BODY_TOO_LARGE', 'Raise the limit.');
    let calls = 0;
    const upload = new Upload(
      fileOf(10),
      {
        offset: () => Promise.resolve(0),
        append: () => {
          calls++;
          return Promise.reject(refused);
        },
      },
      noWait,
    );
    await upload.run();
    expect([calls, upload.view.value.state, upload.view.value.error]).toEqual([1, 'failed', refused]);
  });

  it.each([0, 429, 500, 507])('tries again after %i, and says why meanwhile', async (status) => {
    const states: string[] = [];
    const store = new Store();
    let refuse = true;
    const transport: Transport = {
      offset: () => store.offset(),
      append: (offset, slice, progress) => {
        if (!refuse) return store.append(offset, slice, progress);
        refuse = false;
        return Promise.reject(new ApiError(status, 'no room on the disk'));
      },
    };
    const upload: Upload = new Upload(fileOf(10), transport, {
      wait: () => {
        const { state, error, retryAt } = upload.view.value;
        states.push(`${state}: ${(error as Error).message}, ${retryAt === null ? 'never' : 'again'}`);
        return Promise.resolve();
      },
    });
    await upload.run();
    expect([states, upload.view.value.state]).toEqual([['retrying: no room on the disk, again'], 'sent']);
  });

  it('asks at once where the server stands when that is elsewhere', async () => {
    const store = new Store();
    let waits = 0;
    const stale: Transport = {
      offset: () => (store.calls === 0 ? Promise.resolve(3) : store.offset()),
      append: (offset, slice, progress) => store.append(offset, slice, progress),
    };
    await new Upload(fileOf(10), stale, { wait: () => Promise.resolve(void waits++) }).run();
    expect([store.bytes.length, store.calls, waits]).toEqual([10, 2, 0]);
  });

  it('ends when it is cancelled, in the middle of a slice too', async () => {
    const upload: Upload = new Upload(fileOf(10), {
      offset: () => Promise.resolve(0),
      append: (_offset, _slice, progress, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
          progress(4);
          upload.cancel();
          progress(8);
        }),
    });
    await upload.run();
    expect(upload.view.value).toMatchObject({ state: 'cancelled', sent: 4 });
  });

  it('says how fast it is and how long it takes', async () => {
    let now = 0;
    const seen: (number | null)[][] = [];
    const transport: Transport = {
      offset: () => Promise.resolve(0),
      append: (offset, slice, progress) => {
        for (const bytes of [1000, 2000, 3000]) {
          now += 1000;
          progress(bytes);
          seen.push([upload.view.value.speed, upload.view.value.secondsLeft]);
        }
        return Promise.resolve(offset + slice.size);
      },
    };
    const upload: Upload = new Upload(fileOf(5000), transport, { now: () => now });
    await upload.run();
    expect(seen).toEqual([
      [1000, 4],
      [1000, 3],
      [1000, 2],
    ]);
  });

  it('says when the file itself cannot be read any more, and does not try for ever', async () => {
    const file = fileOf(10);
    file.slice = () => ({ size: 10, arrayBuffer: () => Promise.reject(new Error('NotReadableError')) }) as unknown as Blob;
    const upload = new Upload(file, { offset: () => Promise.resolve(0), append: () => Promise.reject(new ApiError(0, 'broken')) }, noWait);
    await upload.run();
    expect(upload.view.value.state).toBe('failed');
    expect(String(upload.view.value.error)).toContain('changed, moved');
  });
});
