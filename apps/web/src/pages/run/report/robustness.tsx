import type { Report } from '#contracts';
import { useMemo } from 'react';
import { LineChart, type Curve } from '../../../charts/line-chart.js';
import { count, number, percent } from '../../../format/quantities.js';
import { Numbers } from '../../../parts/numbers.js';
import styles from './report.module.css';

const SEVERITIES = [0, 1, 2, 3, 4, 5];
const NAMES = { fgsm: 'FGSM', pgd: 'PGD' } as const;

/** What is left of the accuracy where images are spoilt, by nature or by an adversary. */
export function Robustness({ report: { corruptions, attacks } }: { report: Report }) {
  return (
    <>
      {corruptions !== undefined && corruptions.found.length > 0 && <Corruptions corruptions={corruptions} />}
      {attacks !== undefined && attacks.found.length > 0 && <Attacks attacks={attacks} />}
    </>
  );
}

function Corruptions({ corruptions }: { corruptions: NonNullable<Report['corruptions']> }) {
  const { found, clean, images, severities } = corruptions;
  const curves = useMemo<Curve[]>(
    () => found.map(({ kind, top1 }, color) => ({ label: kind, xs: SEVERITIES, ys: [clean, ...top1], color })),
    [found, clean],
  );
  return (
    <div className={styles.part}>
      <LineChart title="Common corruptions" xLabel="severity" curves={curves} format={inPercent} low={0} high={1} />
      <p className={styles.hint}>
        Top-1 of {count(images, 'test image')} at the severities of {severities}; severity 0: as they are.
      </p>
      <Numbers
        caption="Top-1 under common corruptions"
        titles={['Corruption', 'None', ...SEVERITIES.slice(1).map((each) => `Severity ${each}`), 'Mean']}
        rows={found.map(({ kind, top1, mean }) => [kind, ...[clean, ...top1, mean].map((each) => percent(each))])}
      />
    </div>
  );
}

function Attacks({ attacks: { found, clean, images } }: { attacks: NonNullable<Report['attacks']> }) {
  const curves = useMemo<Curve[]>(() => {
    const kinds = [...new Set(found.map(({ attack }) => attack))];
    return kinds.map((kind, color) => {
      const ofKind = found.filter(({ attack }) => attack === kind).sort((a, b) => a.epsilon - b.epsilon);
      return {
        label: nameOf(ofKind[0]),
        xs: [0, ...ofKind.map(({ epsilon }) => epsilon)],
        ys: [clean, ...ofKind.map(({ top1 }) => top1)],
        color,
        dashed: color > 0,
      };
    });
  }, [found, clean]);
  return (
    <div className={styles.part}>
      <LineChart title="Attacks" xLabel="ε of 255" curves={curves} format={inPercent} low={0} high={1} />
      <p className={styles.hint}>
        Top-1 of {count(images, 'test image')}; no pixel of 0 to 255 changes by more than ε.
      </p>
      <Numbers
        caption="Top-1 under attacks"
        titles={['Attack', 'ε', 'Top-1', '95 % interval']}
        rows={found.map((each) => [
          nameOf(each),
          `${number(each.epsilon)}/255`,
          percent(each.top1),
          each.top1Interval.map((end) => percent(end)).join(' to '),
        ])}
      />
    </div>
  );
}

function nameOf({ attack, steps }: { attack: keyof typeof NAMES; steps: number }): string {
  return `${NAMES[attack]}${steps > 1 ? `-${steps}` : ''}`;
}

function inPercent(share: number): string {
  return percent(share);
}
