import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { signIn } from '../../api/endpoints.js';
import { keys } from '../../api/keys.js';
import { ApiProblem } from '../../api/problem.js';
import { Button } from '../../parts/button.js';
import { Field } from '../../parts/field.js';
import { PageHeader } from '../../parts/page-header.js';
import styles from './sign-in-page.module.css';

export function SignInPage() {
  const client = useQueryClient();
  const [token, setToken] = useState('');
  const attempt = useMutation({
    mutationFn: () => signIn(token.trim()),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.session }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    attempt.mutate();
  };
  const isRefused = attempt.error instanceof ApiProblem && [401, 403].includes(attempt.error.status);
  const error = isRefused ? 'This token is not accepted. Check that it was copied whole.' : attempt.error?.message;
  return (
    <main className={styles.page}>
      <form className={styles.card} onSubmit={submit}>
        <img src="/favicon.svg" alt="" width="40" height="40" />
        <PageHeader title="Sign in to Distillery" documentTitle="Sign in" />
        <p className="muted">This server asks for its access token, which its operator set when starting it.</p>
        <Field label="Access token" error={error}>
          {(props) => (
            <input
              {...props}
              type="password"
              autoComplete="current-password"
              required
              value={token}
              onChange={(event) => setToken(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" look="primary" busy={attempt.isPending} disabled={token.trim() === ''}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
