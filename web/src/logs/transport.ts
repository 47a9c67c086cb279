/** How a slice reaches the server. XMLHttpRequest, because it says how far the sending is. */
import { API, ApiError, failure, signedOut } from '../api/client.ts';
import type { Transport } from './upload.ts';

/** Longest silence while bytes should flow, ms. */
const STALL = 30_000;
const UNREACHABLE = 'The server cannot be reached.';

export function transportTo(job: string): Transport {
  const url = `${API}/logs/jobs/${encodeURIComponent(job)}/content`;
  return {
    async offset(signal) {
      const response = await fetch(url, { method: 'HEAD', credentials: 'same-origin', signal: AbortSignal.any([signal, AbortSignal.timeout(STALL)]) }).catch(
        () => {
          throw new ApiError(0, UNREACHABLE);
        },
      );
      if (!response.ok) throw await failure(response);
      return offsetOf(response.headers.get('upload-offset'));
    },
    append: (offset, slice, progress, signal) => append(url, offset, slice, progress, signal),
  };
}

function offsetOf(text: string | null): number {
  const offset = text === null || text === '' ? NaN : Number(text);
  if (!Number.isSafeInteger(offset) || offset < 0) throw new ApiError(0, 'The server did not say how much of the file it has.');
  return offset;
}

function append(url: string, offset: number, slice: Blob, progress: (bytes: number) => void, signal: AbortSignal): Promise<number> {
  const request = new XMLHttpRequest();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => request.abort();
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(stop, STALL);
  };
  return new Promise<number>((resolve, reject) => {
    request.open('PATCH', url);
    request.setRequestHeader('content-type', 'application/offset+octet-stream');
    request.setRequestHeader('upload-offset', String(offset));
    request.upload.addEventListener('progress', (event) => {
      alive();
      progress(event.loaded);
    });
    request.addEventListener('loadend', () => {
      if (request.status === 0) return reject(new ApiError(0, UNREACHABLE));
      if (request.status >= 300) return reject(problemOf(request));
      const said = request.getResponseHeader('upload-offset');
      try {
        resolve(said === null ? offset + slice.size : offsetOf(said));
      } catch (error) {
        reject(error);
      }
    });
    signal.addEventListener('abort', stop, { once: true });
    alive();
    request.send(slice);
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  });
}

function problemOf(request: XMLHttpRequest): ApiError {
  if (request.status === 401) signedOut.value = true;
  const fallback = `The server answered ${request.status}.`;
  try {
    const { detail, title, code, mend } = JSON.parse(request.responseText) as Record<string, string>;
    return new ApiError(request.status, detail || title || fallback, code, mend);
  } catch {
    return new ApiError(request.status, fallback);
  }
}
