import { ApiProblem } from '../api/problem.js';
import { Button } from './button.js';
import { Icon } from './icon.js';
import styles from './problem-notice.module.css';

/** An error in full: what happened, every field that is at fault, and a way to try again where there is one. */
export function ProblemNotice({ error, title, onRetry }: { error: Error; title: string; onRetry?: () => void }) {
  const problem = error instanceof ApiProblem ? error.problem : undefined;
  return (
    <div role="alert" className={styles.notice}>
      <Icon name="warning" />
      <div className={styles.text}>
        <p className={styles.title}>{title}</p>
        <p>{error.message}</p>
        {problem?.errors !== undefined && problem.errors.length > 0 && (
          <ul className={styles.fields}>
            {problem.errors.map((field) => (
              <li key={`${field.path} ${field.message}`}>
                {field.path !== '' && <code>{field.path}</code>} {field.message}
              </li>
            ))}
          </ul>
        )}
        {problem?.instance !== undefined && <p className="muted mono">{problem.instance}</p>}
      </div>
      {onRetry !== undefined && (
        <Button icon="retry" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
