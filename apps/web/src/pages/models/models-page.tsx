import type { ModelVersion } from '#contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { modelsQuery } from '../../api/queries.js';
import pageStyles from '../../app/page.module.css';
import { EmptyState } from '../../parts/empty-state.js';
import { Loading } from '../../parts/loading.js';
import { PageHeader } from '../../parts/page-header.js';
import { ProblemNotice } from '../../parts/problem-notice.js';
import { TimeAgo } from '../../parts/time-ago.js';
import styles from './models-page.module.css';

export function ModelsPage() {
  const query = useQuery(modelsQuery());
  const names = [...new Set((query.data ?? []).map((version) => version.name))].sort();
  return (
    <div className={pageStyles.page}>
      <PageHeader title="Models" />
      {query.isPending && <Loading what="models" />}
      {query.isError && (
        <ProblemNotice error={query.error} title="The models cannot be listed" onRetry={() => void query.refetch()} />
      )}
      {query.isSuccess && query.data.length === 0 && (
        <EmptyState title="No model is registered yet" commands={['npx distillery models']}>
          A completed run&apos;s model gets a name and a version here, and other experiments can name it as their
          teacher.
        </EmptyState>
      )}
      {names.map((name) => (
        <Versions key={name} name={name} versions={(query.data ?? []).filter((version) => version.name === name)} />
      ))}
    </div>
  );
}

function Versions({ name, versions }: { name: string; versions: ModelVersion[] }) {
  const newestFirst = [...versions].sort((a, b) => b.version - a.version);
  return (
    <section className={pageStyles.card} aria-label={name}>
      <header className={pageStyles.cardHeader}>
        <h2>{name}</h2>
      </header>
      <div className={pageStyles.scroll}>
        <table className={pageStyles.table}>
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Aliases</th>
              <th scope="col">Run</th>
              <th scope="col">Registered</th>
            </tr>
          </thead>
          <tbody>
            {newestFirst.map(({ version, aliases, runId, createdAt }) => (
              <tr key={version}>
                <th scope="row">{version}</th>
                <td>
                  {aliases.map((alias) => (
                    <span key={alias} className={styles.alias}>
                      {alias}
                    </span>
                  ))}
                </td>
                <td>
                  <Link to={`/runs/${runId}`} className="link mono">
                    {runId.slice(0, 8)}
                  </Link>
                </td>
                <td className="muted">
                  <TimeAgo iso={createdAt} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
