import type { Report, ScoreOfSplit } from '#contracts';
import { IntervalPlot } from '../../../charts/interval-plot.js';
import { number, percent } from '../../../format/quantities.js';
import { Numbers } from '../../../parts/numbers.js';
import styles from './report.module.css';

/** How much better the model is on images that it was trained on. */
export function GapPlot({ gap }: { gap: NonNullable<Report['gap']> }) {
  const { train, validation, test, trainMinusTest } = gap;
  const splits: [string, ScoreOfSplit][] = [
    ['training', train],
    ...(validation === undefined ? [] : ([['validation', validation]] as [string, ScoreOfSplit][])),
    ['test', test],
  ];
  const points = (share: number) => (share * 100).toFixed(1);
  const [low, high] = trainMinusTest.interval;
  return (
    <div className={styles.part}>
      <IntervalPlot
        title="Training, validation and test"
        note={`top-1 with 95 % intervals; training images as they are, ${points(trainMinusTest.difference)} points (${points(low)} to ${points(high)}) above test`}
        rows={splits.map(([name, { top1, top1Interval }]) => ({
          key: name,
          label: name,
          value: { mean: top1, interval: top1Interval },
        }))}
        format={(share) => percent(share)}
        formatTick={(share) => `${number(share * 100)} %`}
      />
      <Numbers
        caption="Training, validation and test"
        titles={['Images', 'Number', 'Top-1', '95 % interval', 'Loss']}
        rows={splits.map(([name, { images, top1, top1Interval, loss }]) => [
          name,
          images.toLocaleString('en'),
          percent(top1),
          top1Interval.map((end) => percent(end)).join(' to '),
          number(loss),
        ])}
      />
    </div>
  );
}
