/** A part that is loaded when it is first shown. */
import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Failed, Loading } from './states.tsx';

/** `load` answers the component; what was loaded once stays loaded. */
export function lazy(what: string, load: () => Promise<ComponentType>): () => JSX.Element {
  let known: ComponentType | undefined;
  return function Lazy(): JSX.Element {
    const [loaded, setLoaded] = useState({ of: known });
    const [error, setError] = useState<unknown>();
    const [attempt, setAttempt] = useState(0);
    useEffect(() => {
      if (known !== undefined) return;
      setError(undefined);
      load().then((of) => setLoaded({ of: (known = of) }), setError);
    }, [attempt]);
    if (loaded.of !== undefined) return <loaded.of />;
    if (error !== undefined) return <Failed error={error} what={what} retry={() => setAttempt(attempt + 1)} />;
    return <Loading rows={8} label={what} />;
  };
}
