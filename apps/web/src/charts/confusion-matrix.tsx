import { useState } from 'react';
import { count, percent } from '../format/quantities.js';
import { ConfusionCanvas } from './confusion-canvas.js';
import { ConfusionTable } from './confusion-table.js';
import type { Cell } from './confusions.js';
import styles from './confusion-matrix.module.css';

/** Up to this many classes, each cell holds its number as text. */
const MAX_TABLE_CLASSES = 20;

/** `matrix[label][prediction]`: images. Rows are coloured by their share of the label's images, errors apart from hits. */
export function ConfusionMatrix({ classes, matrix }: { classes: string[]; matrix: number[][] }) {
  const [cell, setCell] = useState<Cell>();
  return (
    <div>
      <p className={styles.readout} aria-live="polite">
        {cell === undefined ? (
          <span className="muted">Rows are labels, columns are predictions. Point at a cell to read it.</span>
        ) : (
          describe(cell, classes, matrix)
        )}
      </p>
      {classes.length <= MAX_TABLE_CLASSES ? (
        <ConfusionTable classes={classes} matrix={matrix} cell={cell} onCell={setCell} />
      ) : (
        <ConfusionCanvas classes={classes} matrix={matrix} cell={cell} onCell={setCell} />
      )}
    </div>
  );
}

function describe({ label, prediction }: Cell, classes: string[], matrix: number[][]): string {
  const images = matrix[label][prediction];
  const total = matrix[label].reduce((sum, value) => sum + value, 0);
  const share = total === 0 ? '' : ` (${percent(images / total)} of ${total})`;
  const verdict = label === prediction ? 'classified right' : `taken for ${classes[prediction]}`;
  return `${classes[label]} ${verdict}: ${count(images, 'image')}${share}`;
}
