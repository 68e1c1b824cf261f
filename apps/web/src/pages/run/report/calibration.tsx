import type { Calibratedness, Report } from '#contracts';
import { ReliabilityDiagram } from '../../../charts/reliability-diagram.js';
import { count, number, percent } from '../../../format/quantities.js';
import { Numbers } from '../../../parts/numbers.js';
import styles from './report.module.css';

/** Whether the model is right as often as it is sure, as it is and with its logits divided by a temperature. */
export function Calibration({ calibration: { before, scaling } }: { calibration: NonNullable<Report['calibration']> }) {
  const after = scaling?.after;
  const share = (value: number | null) => (value === null ? '–' : percent(value));
  const cells = ({ bins }: Calibratedness, bin: number) => [
    bins[bin].images.toLocaleString('en'),
    share(bins[bin].confidence),
    share(bins[bin].accuracy),
  ];
  const titles = ['Images', 'Mean confidence', 'Right'];
  const bins = before.bins.length;
  return (
    <div className={styles.part}>
      <h3>Calibration</h3>
      <p className={styles.hint}>
        Whether answers are right as often as they are sure.{' '}
        {scaling !== undefined &&
          `Scaled: logits divided by ${number(scaling.temperature, 3)}, the temperature that suits ${count(scaling.validationImages, 'validation image')}; the saved model is not scaled.`}
      </p>
      <div className={styles.diagrams}>
        <ReliabilityDiagram name="as it is" calibratedness={before} />
        {after !== undefined && <ReliabilityDiagram name="scaled" calibratedness={after} />}
      </div>
      <Numbers
        caption="Reliability by bins of confidence"
        titles={['Confidence', ...titles, ...(after === undefined ? [] : titles.map((title) => `${title}, scaled`))]}
        rows={before.bins.map((_, bin) => [
          `${percent(bin / bins, 0)} to ${percent((bin + 1) / bins, 0)}`,
          ...cells(before, bin),
          ...(after === undefined ? [] : cells(after, bin)),
        ])}
      />
    </div>
  );
}
