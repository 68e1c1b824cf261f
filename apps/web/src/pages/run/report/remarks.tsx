import { leftOut, lookAlikeRemark, type Report } from '#contracts';
import { count } from '../../../format/quantities.js';
import { Icon } from '../../../parts/icon.js';
import styles from './report.module.css';

const VERDICTS = {
  'over-fitting': styles.bad,
  'slight over-fitting': styles.doubtful,
  'no over-fitting seen': styles.good,
  undecided: styles.open,
} as const;

/** What a reader of the numbers must know of them: how well they carry over, warnings, what was left out. */
export function Remarks({ report }: { report: Report }) {
  const { gap, warnings = [], skipped = [], dataset, testReads, testReaders = [] } = report;
  const all = [
    ...warnings,
    ...(testReads !== undefined && testReads > 1
      ? [`The test images were read ${testReads} times: a score that was chosen by looking is no test.`]
      : []),
    ...(testReaders.some(({ early }) => early > 0)
      ? ['Test images were read before the model was finished: a score that was chosen by looking is no test.']
      : []),
  ];
  const compared = lookAlikeRemark(report);
  return (
    <>
      {gap !== undefined && <p className={`${styles.verdict} ${VERDICTS[gap.verdict]}`}>{gap.words}</p>}
      {all.length > 0 && (
        <ul className={styles.warnings} aria-label="Warnings">
          {all.map((warning) => (
            <li key={warning}>
              <Icon name="warning" size={14} />
              {warning}
            </li>
          ))}
        </ul>
      )}
      {compared !== undefined && <p className={styles.remark}>{compared}.</p>}
      {skipped.length > 0 && <p className={styles.remark}>Left out of the report: {leftOut(skipped).join('; ')}</p>}
      {dataset.unreadable.length > 0 && (
        <details className={styles.remark}>
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
    </>
  );
}
