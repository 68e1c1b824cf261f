import type { Report } from '#contracts';
import { ConfusionMatrix } from '../../../charts/confusion-matrix.js';
import { MostConfused } from '../../../charts/most-confused.js';
import { PerClass } from './per-class.js';
import styles from './report.module.css';

/** How each class fares, and what is taken for what. */
export function Classes({ report: { classes, test } }: { report: Report }) {
  return (
    <div className={styles.classes}>
      <div className={styles.matrix}>
        <h3>Confusion matrix</h3>
        <ConfusionMatrix classes={classes} matrix={test.confusionMatrix} />
      </div>
      <div className={styles.lists}>
        <MostConfused classes={classes} matrix={test.confusionMatrix} />
        <PerClass perClass={test.perClass} />
      </div>
    </div>
  );
}
