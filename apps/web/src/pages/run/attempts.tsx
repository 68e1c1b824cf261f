import type { Attempt } from '#contracts';
import { useQuery } from '@tanstack/react-query';
import { attemptsQuery } from '../../api/queries.js';
import pageStyles from '../../app/page.module.css';
import { duration } from '../../format/quantities.js';
import { dateTime } from '../../format/times.js';
import { useNow } from '../../format/use-now.js';
import { Loading } from '../../parts/loading.js';
import { ProblemNotice } from '../../parts/problem-notice.js';
import styles from './attempts.module.css';

const OUTCOMES: Record<Attempt['outcome'], string> = {
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
  lost: 'Lost: its worker disappeared',
  drained: 'Handed back: its worker stopped',
};

export function Attempts({ runId }: { runId: string }) {
  const query = useQuery(attemptsQuery(runId));
  return (
    <section className={pageStyles.card} aria-labelledby="attempts">
      <header className={pageStyles.cardHeader}>
        <h2 id="attempts">Attempts</h2>
      </header>
      {query.isPending && <Loading what="attempts" />}
      {query.isError && (
        <ProblemNotice error={query.error} title="The attempts cannot be listed" onRetry={() => void query.refetch()} />
      )}
      {query.isSuccess && query.data.length === 0 && <p className={styles.none}>No worker has taken this run yet.</p>}
      <ol>
        {[...(query.data ?? [])]
          .sort((a, b) => b.number - a.number)
          .map((attempt) => (
            <AttemptItem key={attempt.number} attempt={attempt} />
          ))}
      </ol>
    </section>
  );
}

function AttemptItem({ attempt }: { attempt: Attempt }) {
  const { number, worker, startedAt, finishedAt, outcome, failure, engine } = attempt;
  const now = useNow(finishedAt === null);
  const end = finishedAt === null ? now : Date.parse(finishedAt);
  return (
    <li className={styles.attempt}>
      <span className={styles.number} aria-label={`Attempt ${number}`}>
        {number}
      </span>
      <div>
        <p>
          <strong data-outcome={outcome}>{OUTCOMES[outcome]}</strong>{' '}
          <span className="muted">
            on {worker} · <time dateTime={startedAt}>{dateTime(startedAt)}</time> ·{' '}
            {duration(Math.max(0, end - Date.parse(startedAt)))}
          </span>
        </p>
        {engine !== null && (
          <p className={styles.engine}>
            {engine.backend} {engine.version}, {engine.threads} {engine.threads === 1 ? 'thread' : 'threads'}.{' '}
            {engine.reason}
          </p>
        )}
        {failure !== null && <p className={styles.failure}>{failure.message}</p>}
      </div>
    </li>
  );
}
