import type { AugmentationSpec } from '#contracts';
import { augment, drawMixing, mix, type Mixing } from '#datasets';
import type { Engine, Tensor } from '#engine';
import { mixedLabels, type Targets } from './mixed-labels.js';

export interface TrainingView extends Targets {
  /** `[batch, height, width, 3]` of 0 to 255, float32: not yet normalised. */
  images: Tensor;
  /** How images and labels are mixed with others; `undefined`: they are not. */
  mixing?: Mixing;
}

/** A batch as a network in training sees it: each image augmented, then images and labels mixed with their partners'. */
export function trainingView(
  engine: Engine,
  { images, labels, labelled, step }: Record<string, Tensor>,
  augmentation: AugmentationSpec,
  { classes, seed }: { classes: number; seed: number },
): TrainingView {
  const augmented = augment(engine, images, augmentation, { seed, step });
  const [, height, width] = images.shape;
  const mixing = drawMixing(engine, augmentation, { height, width }, { seed, step });
  return {
    images: mixing === undefined ? augmented : mix(engine, augmented, mixing.pixels),
    ...mixedLabels(engine, { labels, labelled }, classes, mixing),
    mixing,
  };
}
