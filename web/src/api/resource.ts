/** Fetched data of a component: loading, shown, failed; fetched anew when its question or the connection's generation changes. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { generation } from './connection.ts';
import { signedOut } from './client.ts';

export interface Resource<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  reload: () => void;
}

/**
 * Runs `load` when `question` changes, and every `every` ms if given. What was shown stays while the same question is asked again;
 * `question` null asks nothing.
 */
export function useResource<T>(question: string | null, load: (signal: AbortSignal) => Promise<T>, every?: number): Resource<T> {
  const [state, setState] = useState<{ question: string | null; data?: T; error?: unknown; loading: boolean }>({ question: null, loading: true });
  const [again, setAgain] = useState(0);
  const loader = useRef(load);
  loader.current = load;
  const current = generation.value;
  const open = !signedOut.value;

  useEffect(() => {
    if (question === null || !open) return undefined;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    setState((before) => (before.question === question ? { ...before, loading: true } : { question, loading: true }));
    const run = async (): Promise<void> => {
      try {
        const data = await loader.current(abort.signal);
        if (!abort.signal.aborted) setState({ question, data, loading: false });
      } catch (error) {
        if (!abort.signal.aborted) setState((before) => ({ ...before, error, loading: false }));
      }
      if (every !== undefined && !abort.signal.aborted) timer = setTimeout(() => void run(), every);
    };
    void run();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [question, again, current, every, open]);

  return { data: state.data, error: state.error, loading: state.loading, reload: () => setAgain((n) => n + 1) };
}
