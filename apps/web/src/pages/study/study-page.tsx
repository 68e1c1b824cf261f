import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { ApiProblem } from '../../api/problem.js';
import { studyQuery } from '../../api/queries.js';
import pageStyles from '../../app/page.module.css';
import { count } from '../../format/quantities.js';
import { Breadcrumb } from '../../parts/breadcrumb.js';
import { ButtonLink } from '../../parts/button.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Loading } from '../../parts/loading.js';
import { PageHeader } from '../../parts/page-header.js';
import { ProblemNotice } from '../../parts/problem-notice.js';
import { Arms } from './arms.js';
import { Claims } from './claims.js';

/** An experiment as a whole: its arms with intervals over seeds, and what became of its claims. */
export function StudyPage() {
  const { id = '' } = useParams();
  const query = useQuery(studyQuery(id));
  const study = query.data;
  if (query.isPending) return <Loading what="the study" lines={6} />;
  if (study === undefined) {
    const isUnknown = query.error instanceof ApiProblem && [400, 404].includes(query.error.status);
    return (
      <div className={pageStyles.page}>
        <PageHeader title="Study" />
        {isUnknown || query.error === null ? (
          <EmptyState title="There is no such experiment" action={<ButtonLink to="/">All runs</ButtonLink>}>
            No experiment has the id <code>{id}</code>.
          </EmptyState>
        ) : (
          <ProblemNotice error={query.error} title="The study cannot be shown" onRetry={() => void query.refetch()} />
        )}
      </div>
    );
  }
  const runs = study.arms.flatMap((arm) => arm.runs);
  const completed = runs.filter(({ state }) => state === 'completed').length;
  return (
    <div className={pageStyles.page}>
      <PageHeader title={study.name} documentTitle={`Study: ${study.name}`} above={<Breadcrumb here="Study" />} />
      <p className="muted">
        {count(study.arms.length, 'arm')}, {completed} of {count(runs.length, 'run')} completed
      </p>
      <Arms arms={study.arms} />
      {study.claims.length > 0 && <Claims claims={study.claims} />}
    </div>
  );
}
