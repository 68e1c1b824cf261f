import { useEffect, useRef, type KeyboardEvent, type MouseEvent } from 'react';
import { resolveColor } from '../theme/resolve-color.js';
import { useTheme } from '../theme/theme.js';
import { intensity, largestConfusion, type Cell } from './confusions.js';
import styles from './confusion-matrix.module.css';

interface Props {
  classes: string[];
  matrix: number[][];
  cell: Cell | undefined;
  onCell(cell: Cell | undefined): void;
}

/** Side of the drawing, CSS pixels at most; drawn at twice that for sharp edges. */
const SIDE = 560;

/** A drawing for many classes: pointed at, or walked through with the arrow keys. */
export function ConfusionCanvas({ classes, matrix, cell, onCell }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  const n = classes.length;

  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context === null || context === undefined) return;
    const side = (SIDE * 2) / n;
    context.clearRect(0, 0, SIDE * 2, SIDE * 2);
    const hit = resolveColor('--completed');
    const miss = resolveColor('--failed');
    // With many classes every single confusion is rare: the largest one sets the scale, or none would be seen.
    const largest = largestConfusion(matrix);
    const edge = (index: number) => Math.round(index * side);
    matrix.forEach((row, label) => {
      const total = row.reduce((sum, images) => sum + images, 0);
      row.forEach((images, prediction) => {
        if (images === 0) return;
        const isHit = label === prediction;
        context.globalAlpha = isHit ? intensity(images, total) : 0.06 + 0.94 * (images / total / largest) ** 1.5;
        context.fillStyle = isHit ? hit : miss;
        const [x, y] = [edge(prediction), edge(label)];
        context.fillRect(x, y, edge(prediction + 1) - x, edge(label + 1) - y);
      });
    });
    context.globalAlpha = 1;
    if (cell === undefined) return;
    context.strokeStyle = resolveColor('--text');
    context.lineWidth = 3;
    context.strokeRect(edge(cell.prediction), edge(cell.label), side, side);
  }, [matrix, n, cell, theme]);

  const point = (event: MouseEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const index = (offset: number, size: number) => Math.min(n - 1, Math.max(0, Math.floor((offset / size) * n)));
    onCell({
      prediction: index(event.clientX - box.left, box.width),
      label: index(event.clientY - box.top, box.height),
    });
  };
  const walk = (event: KeyboardEvent) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const from = cell ?? { label: 0, prediction: 0 };
    const clamp = (index: number) => Math.min(n - 1, Math.max(0, index));
    onCell({ label: clamp(from.label + step[0]), prediction: clamp(from.prediction + step[1]) });
  };

  return (
    <canvas
      ref={canvas}
      width={SIDE * 2}
      height={SIDE * 2}
      className={styles.canvas}
      tabIndex={0}
      role="application"
      aria-roledescription="confusion matrix"
      aria-label={`Confusion matrix of ${n} classes. Move through its cells with the arrow keys.`}
      onMouseMove={point}
      onMouseLeave={() => onCell(undefined)}
      onKeyDown={walk}
    />
  );
}
