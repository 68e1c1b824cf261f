import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useParams } from 'react-router';
import { ApiProblem } from '../../api/problem.js';
import { runQuery } from '../../api/queries.js';
import pageStyles from '../../app/page.module.css';
import { useLive } from '../../live/live-context.js';
import { Breadcrumb } from '../../parts/breadcrumb.js';
import { ButtonLink } from '../../parts/button.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Loading } from '../../parts/loading.js';
import { useNotices } from '../../parts/notices.js';
import { PageHeader } from '../../parts/page-header.js';
import { PointChips } from '../../parts/point-chips.js';
import { ProblemNotice } from '../../parts/problem-notice.js';
import { RunProgress } from '../../parts/progress.js';
import { StateBadge, stateWord } from '../../parts/state-badge.js';
import { Artifacts } from './artifacts.js';
import { Attempts } from './attempts.js';
import { Config } from './config.js';
import { Curves } from './curves.js';
import { FailureNotice } from './failure-notice.js';
import { Logs } from './logs.js';
import { RunActions } from './run-actions.js';
import { RunReport } from './report/run-report.js';
import { RunFacts } from './run-facts.js';
import styles from './run-page.module.css';

export function RunPage() {
  const { id = '' } = useParams();
  const { recent } = useLive();
  const query = useQuery(runQuery(id, recent));
  const run = query.data;
  useSpokenState(run?.state);

  if (query.isPending) return <Loading what="the run" lines={6} />;
  if (run === undefined) {
    const isUnknown = query.error instanceof ApiProblem && [400, 404].includes(query.error.status);
    return (
      <div className={pageStyles.page}>
        <PageHeader title="Run" />
        {isUnknown || query.error === null ? (
          <EmptyState title="There is no such run" action={<ButtonLink to="/">All runs</ButtonLink>}>
            No run has the id <code>{id}</code>.
          </EmptyState>
        ) : (
          <ProblemNotice error={query.error} title="The run cannot be shown" onRetry={() => void query.refetch()} />
        )}
      </div>
    );
  }

  return (
    <div className={pageStyles.page} key={run.id}>
      <div className={styles.head}>
        <PageHeader
          title={run.experimentName}
          documentTitle={`${stateWord(run.state)}: ${run.experimentName}`}
          above={<Breadcrumb here={run.project} />}
        >
          <RunActions run={run} />
        </PageHeader>
        <div className={styles.line}>
          <StateBadge state={run.state} cancelling={run.cancelRequested && run.state === 'running'} />
          <PointChips seed={run.seed} point={run.point} />
        </div>
        {(run.state === 'running' || run.state === 'queued') && <RunProgress run={run} large />}
        {run.failure !== null && <FailureNotice failure={run.failure} state={run.state} />}
        <RunFacts run={run} />
      </div>
      <Curves run={run} />
      {run.state === 'completed' && <RunReport runId={run.id} />}
      <div className={styles.columns}>
        <Logs runId={run.id} isOpen={run.state === 'running'} />
        <Config run={run} />
      </div>
      <div className={styles.columns}>
        <Artifacts runId={run.id} />
        <Attempts runId={run.id} />
      </div>
    </div>
  );
}

/** Tells a screen reader when the run's state changes, not when the page is opened. */
function useSpokenState(state: Parameters<typeof stateWord>[0] | undefined): void {
  const { say } = useNotices();
  const previous = useRef(state);
  useEffect(() => {
    if (previous.current !== undefined && state !== undefined && previous.current !== state) {
      say(`The run is now ${stateWord(state).toLowerCase()}`);
    }
    previous.current = state;
  }, [state, say]);
}
