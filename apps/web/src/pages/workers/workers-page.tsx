import { useQuery } from '@tanstack/react-query';
import { workersQuery } from '../../api/queries.js';
import pageStyles from '../../app/page.module.css';
import { EmptyState } from '../../parts/empty-state.js';
import { Loading } from '../../parts/loading.js';
import { PageHeader } from '../../parts/page-header.js';
import { ProblemNotice } from '../../parts/problem-notice.js';
import { TimeAgo } from '../../parts/time-ago.js';
import styles from './workers-page.module.css';

export function WorkersPage() {
  const query = useQuery(workersQuery());
  const workers = [...(query.data ?? [])].sort(
    (a, b) => Number(b.alive) - Number(a.alive) || a.name.localeCompare(b.name),
  );
  return (
    <div className={pageStyles.page}>
      <PageHeader title="Workers" />
      {query.isPending && <Loading what="workers" />}
      {query.isError && (
        <ProblemNotice error={query.error} title="The workers cannot be listed" onRetry={() => void query.refetch()} />
      )}
      {query.isSuccess && workers.length === 0 && (
        <EmptyState title="No worker has reported yet" commands={['npm start']}>
          Runs stay queued until a worker takes them. The start command brings one up beside the API; on other machines,
          start a worker with the same DATABASE_URL, QUEUE_URL and ARTIFACTS_URL.
        </EmptyState>
      )}
      {workers.length > 0 && (
        <section className={pageStyles.card} aria-label="Workers">
          <div className={pageStyles.scroll} tabIndex={0} role="region" aria-label="All workers">
            <table className={pageStyles.table}>
              <thead>
                <tr>
                  <th scope="col">Worker</th>
                  <th scope="col">Status</th>
                  <th scope="col">Slots in use</th>
                  <th scope="col">Accelerator</th>
                  <th scope="col">Started</th>
                  <th scope="col">Last seen</th>
                </tr>
              </thead>
              <tbody>
                {workers.map((worker) => (
                  <tr key={worker.id}>
                    <th scope="row">{worker.name}</th>
                    <td>
                      <span className={worker.alive ? styles.alive : styles.gone}>
                        {worker.alive ? 'Alive' : 'Not seen lately'}
                      </span>
                    </td>
                    <td>
                      <span className={styles.slots} aria-hidden="true">
                        {Array.from({ length: Math.min(worker.slots, 16) }, (_, slot) => (
                          <span key={slot} data-busy={slot < worker.busy || undefined} />
                        ))}
                      </span>
                      {worker.busy} of {worker.slots}
                    </td>
                    <td>{worker.accelerator.toUpperCase()}</td>
                    <td className="muted">
                      <TimeAgo iso={worker.startedAt} />
                    </td>
                    <td className="muted">
                      <TimeAgo iso={worker.lastSeenAt} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
    </div>
  );
}
