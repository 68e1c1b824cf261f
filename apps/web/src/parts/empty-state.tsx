import type { ReactNode } from 'react';
import { Command } from './command.js';
import styles from './empty-state.module.css';

interface EmptyStateProps {
  title: string;
  children: ReactNode;
  /** Shell commands that change the emptiness, ready to copy. */
  commands?: readonly string[];
  action?: ReactNode;
}

/** Nothing is here yet: says why, and what to do about it. */
export function EmptyState({ title, children, commands = [], action }: EmptyStateProps) {
  return (
    <div className={styles.empty}>
      <h2>{title}</h2>
      <p className="muted">{children}</p>
      {commands.map((command) => (
        <Command key={command} text={command} />
      ))}
      {action !== undefined && <div className={styles.action}>{action}</div>}
    </div>
  );
}
