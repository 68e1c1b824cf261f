import { Link } from 'react-router';
import styles from './breadcrumb.module.css';

/** Where a page is, below the list of runs. */
export function Breadcrumb({ here }: { here: string }) {
  return (
    <nav aria-label="Breadcrumb" className={styles.crumbs}>
      <Link to="/">Runs</Link> <span aria-hidden="true">/</span> <span>{here}</span>
    </nav>
  );
}
