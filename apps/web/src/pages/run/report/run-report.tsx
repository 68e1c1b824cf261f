import { useQuery } from '@tanstack/react-query';
import { artifactsQuery, reportQuery } from '../../../api/queries.js';
import pageStyles from '../../../app/page.module.css';
import { Icon } from '../../../parts/icon.js';
import { Loading } from '../../../parts/loading.js';
import { ProblemNotice } from '../../../parts/problem-notice.js';
import { Calibration } from './calibration.js';
import { Classes } from './classes.js';
import { Figures } from './figures.js';
import { GapPlot } from './gap-plot.js';
import { Mistakes } from './mistakes.js';
import { Remarks } from './remarks.js';
import { Robustness } from './robustness.js';
import { Teacher } from './teacher.js';
import styles from './report.module.css';

/** What the run has found out about its model. The test images were read once, at its end. */
export function RunReport({ runId }: { runId: string }) {
  const query = useQuery(reportQuery(runId));
  const artifacts = useQuery(artifactsQuery(runId));
  if (query.isPending) return <Loading what="the report" />;
  if (query.isError) {
    return <ProblemNotice error={query.error} title="There is no report" onRetry={() => void query.refetch()} />;
  }
  const report = query.data;
  const page = artifacts.data?.find(({ name }) => name === 'report.html');
  return (
    <section className={pageStyles.card} aria-labelledby="report">
      <header className={pageStyles.cardHeader}>
        <h2 id="report">Report</h2>
        {/* To be saved, and opened from there: a page that a run has written is never one of this site. */}
        {page !== undefined && (
          <a href={page.href} download className={styles.page}>
            <Icon name="download" size={14} />
            Download report.html
          </a>
        )}
      </header>
      <Remarks report={report} />
      <Figures report={report} />
      <div className={styles.parts}>
        {report.calibration !== undefined && <Calibration calibration={report.calibration} />}
        {report.gap !== undefined && <GapPlot gap={report.gap} />}
        <Robustness report={report} />
        {report.agreement !== undefined && <Teacher agreement={report.agreement} />}
      </div>
      <Classes report={report} />
      {report.mistakes !== undefined && report.mistakes.length > 0 && <Mistakes mistakes={report.mistakes} />}
    </section>
  );
}
