import { useQuery } from '@tanstack/react-query';
import { artifactsQuery } from '../../api/queries.js';
import pageStyles from '../../app/page.module.css';
import { bytes } from '../../format/quantities.js';
import { CopyButton } from '../../parts/copy-button.js';
import { Icon } from '../../parts/icon.js';
import { Loading } from '../../parts/loading.js';
import { ProblemNotice } from '../../parts/problem-notice.js';
import styles from './artifacts.module.css';

export function Artifacts({ runId }: { runId: string }) {
  const query = useQuery(artifactsQuery(runId));
  return (
    <section className={pageStyles.card} aria-labelledby="artifacts">
      <header className={pageStyles.cardHeader}>
        <h2 id="artifacts">Artifacts</h2>
      </header>
      {query.isPending && <Loading what="artifacts" />}
      {query.isError && (
        <ProblemNotice
          error={query.error}
          title="The artifacts cannot be listed"
          onRetry={() => void query.refetch()}
        />
      )}
      {query.isSuccess && query.data.length === 0 && (
        <p className={styles.none}>Checkpoints, the model and the report appear here as they are written.</p>
      )}
      {query.isSuccess && query.data.length > 0 && (
        <div className={pageStyles.scroll} tabIndex={0} role="group" aria-labelledby="artifacts">
          <table className={pageStyles.table}>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col" className="number">
                  Size
                </th>
                <th scope="col">SHA-256</th>
              </tr>
            </thead>
            <tbody>
              {query.data.map((artifact) => (
                <tr key={artifact.name}>
                  <th scope="row">
                    <a href={artifact.href} download className={styles.file}>
                      <Icon name="download" size={14} />
                      {artifact.name}
                    </a>
                    <p className={styles.kind}>{artifact.kind}</p>
                  </th>
                  <td className={`number ${styles.size}`}>{bytes(artifact.size)}</td>
                  <td>
                    <span className={styles.hash}>
                      <span className="mono">{artifact.sha256.slice(0, 10)}…</span>
                      <CopyButton text={artifact.sha256} label={`Copy the SHA-256 of ${artifact.name}`} iconOnly />
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
