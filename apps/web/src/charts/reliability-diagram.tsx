import type { Calibratedness } from '#contracts';
import { percent } from '../format/quantities.js';
import styles from './reliability-diagram.module.css';

const SIZE = 240;
const LEFT = 46;
const TOP = 8;
const BOTTOM = 40;
const RIGHT = 12;

/**
 * How often answers of some confidence are right (DeGroot & Fienberg, 1983; Guo et al., 2017, figure 1): a bar for each bin,
 * on the diagonal where they are as often right as they are sure.
 */
export function ReliabilityDiagram({ name, calibratedness }: { name: string; calibratedness: Calibratedness }) {
  const { bins, ece } = calibratedness;
  const width = SIZE / bins.length;
  const y = (share: number) => TOP + SIZE * (1 - share);
  return (
    <figure className={styles.diagram}>
      <figcaption>
        {name}: <strong>ECE {percent(ece, 2)}</strong>
      </figcaption>
      <svg
        viewBox={`0 0 ${LEFT + SIZE + RIGHT} ${TOP + SIZE + BOTTOM}`}
        role="img"
        aria-label={`Reliability ${name}: expected calibration error ${percent(ece, 2)}`}
      >
        <rect className={styles.frame} x={LEFT} y={TOP} width={SIZE} height={SIZE} />
        {bins.map(({ accuracy, confidence, images }, index) => {
          if (accuracy === null || confidence === null) return null;
          const [low, high] = [Math.min(accuracy, confidence), Math.max(accuracy, confidence)];
          const place = { x: LEFT + index * width + 1, width: Math.max(1, width - 2) };
          return (
            <g key={index}>
              <title>{`${percent(accuracy)} right at ${percent(confidence)} sure, ${images} images`}</title>
              <rect className={styles.bar} {...place} y={y(accuracy)} height={SIZE * accuracy} />
              <rect
                className={accuracy < confidence ? styles.tooSure : styles.tooUnsure}
                {...place}
                y={y(high)}
                height={SIZE * (high - low)}
              />
            </g>
          );
        })}
        <line className={styles.diagonal} x1={LEFT} y1={TOP + SIZE} x2={LEFT + SIZE} y2={TOP} />
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <text x={LEFT - 6} y={y(share) + 4} textAnchor="end">
              {share * 100}
            </text>
            <text x={LEFT + SIZE * share} y={TOP + SIZE + 16} textAnchor="middle">
              {share * 100}
            </text>
          </g>
        ))}
        <text x={LEFT + SIZE / 2} y={TOP + SIZE + 34} textAnchor="middle">
          confidence, %
        </text>
        <text transform={`translate(13 ${TOP + SIZE / 2}) rotate(-90)`} textAnchor="middle">
          right, %
        </text>
      </svg>
    </figure>
  );
}
