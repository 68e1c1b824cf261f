import styles from '../../app/page.module.css';
import { ButtonLink } from '../../parts/button.js';
import { EmptyState } from '../../parts/empty-state.js';
import { PageHeader } from '../../parts/page-header.js';

export function NotFoundPage() {
  return (
    <div className={styles.page}>
      <PageHeader title="Not found" />
      <EmptyState title="There is no page at this address" action={<ButtonLink to="/">All runs</ButtonLink>}>
        The address may have been mistyped, or what it showed is gone.
      </EmptyState>
    </div>
  );
}
