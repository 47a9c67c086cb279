import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { messageOf, post, signedOut } from '../api/client.ts';

export function SignIn(): JSX.Element {
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const token = new FormData(event.currentTarget as HTMLFormElement).get('token');
    setBusy(true);
    try {
      await post('session', { token });
      signedOut.value = false;
    } catch (failure) {
      setError(messageOf(failure));
    }
    setBusy(false);
  };

  return (
    <main class="sign-in">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <h1>Sign in to Homeostat</h1>
        <p class="muted">
          This server asks for a token. It is one of <code>server.tokens</code> in the configuration.
        </p>
        <label>
          Token
          <input name="token" type="password" autocomplete="current-password" required autofocus aria-describedby="sign-in-error" />
        </label>
        <p id="sign-in-error" class="field-error" role="alert">
          {error}
        </p>
        <button type="submit" class="button primary" disabled={busy}>
          Sign in
        </button>
      </form>
    </main>
  );
}
