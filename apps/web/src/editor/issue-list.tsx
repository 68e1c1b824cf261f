import type { SpecIssue } from '#contracts';
import { count } from '../format/quantities.js';
import styles from './issue-list.module.css';

interface IssueListProps {
  id: string;
  issues: readonly SpecIssue[];
  goTo(issue: SpecIssue): void;
}

/** Everything that is wrong at once; each entry leads to its line. */
export function IssueList({ id, issues, goTo }: IssueListProps) {
  return (
    <div id={id} aria-live="polite">
      {issues.length > 0 && (
        <>
          <p className={styles.title}>{count(issues.length, 'thing')} to correct</p>
          <ul className={styles.issues}>
            {issues.map((issue) => (
              <li key={`${issue.path} ${issue.message} ${issue.line}`}>
                <button type="button" onClick={() => goTo(issue)}>
                  <span className={styles.line}>line {issue.line ?? 1}</span>
                  <span>
                    {issue.path !== '' && <code>{issue.path}</code>} {issue.message}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
