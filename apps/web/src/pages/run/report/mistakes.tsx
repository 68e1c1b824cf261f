import type { Mistake } from '#contracts';
import { percent } from '../../../format/quantities.js';
import { NumbersTable } from '../../../parts/numbers.js';
import styles from './report.module.css';

/** What the model is wrong about and surest of: often wrong labels, or what the classes do not say. */
export function Mistakes({ mistakes }: { mistakes: readonly Mistake[] }) {
  return (
    <div className={styles.wide}>
      <h3>The surest mistakes</h3>
      <p className={styles.hint}>Where the answer looks right, look at the label. report.html shows the images.</p>
      <NumbersTable
        caption="The surest mistakes"
        words
        titles={['Test image', 'Label', 'Taken for', 'Probability', 'Of its label']}
        rows={mistakes.map(({ index, label, prediction, confidence, labelProbability }) => [
          index.toLocaleString('en'),
          label,
          prediction,
          percent(confidence),
          percent(labelProbability),
        ])}
      />
    </div>
  );
}
