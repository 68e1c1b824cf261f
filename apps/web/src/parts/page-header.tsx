import { useEffect, type ReactNode } from 'react';
import styles from './page-header.module.css';

/** The page's one heading, its actions, and the document's title. */
export function PageHeader({
  title,
  documentTitle = title,
  above,
  children,
}: {
  title: string;
  documentTitle?: string;
  above?: ReactNode;
  children?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${documentTitle} · Distillery`;
  }, [documentTitle]);
  return (
    <header className={styles.header}>
      <div className={styles.title}>
        {above}
        <h1 tabIndex={-1} data-page-title>
          {title}
        </h1>
      </div>
      {children !== undefined && <div className={styles.actions}>{children}</div>}
    </header>
  );
}
