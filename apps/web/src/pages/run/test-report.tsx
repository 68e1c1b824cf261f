import { useQuery } from '@tanstack/react-query';
import { reportQuery } from '../../api/queries.js';
import pageStyles from '../../app/page.module.css';
import { ConfusionMatrix } from '../../charts/confusion-matrix.js';
import { MostConfused } from '../../charts/most-confused.js';
import { bytes, count, duration, number, percent } from '../../format/quantities.js';
import { Loading } from '../../parts/loading.js';
import { ProblemNotice } from '../../parts/problem-notice.js';
import { PerClass } from './per-class.js';
import styles from './test-report.module.css';

/** What the run found on the test images, which were read once, at its end. */
export function TestReport({ runId }: { runId: string }) {
  const query = useQuery(reportQuery(runId));
  if (query.isPending) return <Loading what="the test report" />;
  if (query.isError) {
    return <ProblemNotice error={query.error} title="There is no test report" onRetry={() => void query.refetch()} />;
  }
  const report = query.data;
  const { test, dataset, model, engine, teacher, chosen } = report;
  const figures: [string, string][] = [
    ['Top-1 accuracy', percent(test.top1)],
    ...(test.top5 === undefined ? [] : ([['Top-5 accuracy', percent(test.top5)]] as [string, string][])),
    ['Loss', number(test.loss)],
    ...(teacher?.testTop1 === undefined
      ? []
      : ([[`Teacher (${teacher.name})`, percent(teacher.testTop1)]] as [string, string][])),
    ['Parameters', model.parameters.toLocaleString('en')],
    ['Model size', bytes(model.bytes)],
  ];
  const facts = [
    `${dataset.train.toLocaleString('en')} training, ${dataset.validation.toLocaleString('en')} validation and ` +
      `${test.images.toLocaleString('en')} test images` +
      (dataset.unlabelled > 0 ? `, ${dataset.unlabelled.toLocaleString('en')} without labels` : ''),
    `${engine.backend} ${engine.version}, ${engine.threads} ${engine.threads === 1 ? 'thread' : 'threads'}`,
    `${duration(report.durationMs)} in all` +
      (report.imagesPerSecond === undefined ? '' : `, ${number(report.imagesPerSecond, 3)} images/s`),
    ...Object.entries(chosen ?? {}).map(([key, value]) => `chosen ${key}: ${String(value)}`),
  ];
  return (
    <section className={pageStyles.card} aria-labelledby="report">
      <header className={pageStyles.cardHeader}>
        <h2 id="report">Test report</h2>
        <span className="muted">{facts.join(' · ')}</span>
      </header>
      <dl className={styles.figures}>
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {dataset.unreadable.length > 0 && (
        <details className={styles.unreadable}>
          <summary>{count(dataset.unreadable.length, 'file')} could not be read</summary>
          <ul>
            {dataset.unreadable.map(({ file, reason }) => (
              <li key={file}>
                <code>{file}</code> {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
      <div className={styles.parts}>
        <div className={styles.part}>
          <h3>Confusion matrix</h3>
          <ConfusionMatrix classes={report.classes} matrix={test.confusionMatrix} />
        </div>
        <div className={styles.lists}>
          <MostConfused classes={report.classes} matrix={test.confusionMatrix} />
          <PerClass perClass={test.perClass} />
        </div>
      </div>
    </section>
  );
}
