import { useRouteError } from 'react-router';
import { ProblemNotice } from '../parts/problem-notice.js';
import styles from './page.module.css';

/** A page that broke, or whose code could not be loaded (the server was updated meanwhile). */
export function PageError() {
  const thrown = useRouteError();
  const error = thrown instanceof Error ? thrown : new Error('The page broke.', { cause: thrown });
  return (
    <div className={styles.page}>
      <ProblemNotice error={error} title="This page cannot be shown" onRetry={() => window.location.reload()} />
    </div>
  );
}
