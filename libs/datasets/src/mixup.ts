import type { Engine, Tensor } from '#engine';
import { AUGMENTATION_STREAMS } from './augmentation-streams.js';
import type { Draw } from './draw.js';
import type { Mixing } from './mixing.js';
import { symmetricBeta } from './symmetric-beta.js';

/**
 * Mixup (Zhang, Cissé, Dauphin & Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", 2018): λ·x + (1 − λ)·partner,
 * for labels too, with one λ from Beta(α, α) for a batch.
 */
export function mixup(engine: Engine, alpha: number, draw: Draw): Mixing {
  const { tf, kernels } = engine;
  const uniform = tf.reshape(kernels.randomUniform([1], draw.seed, draw.step, AUGMENTATION_STREAMS.mixup), []);
  return mixupBy(engine, symmetricBeta(engine, alpha, uniform));
}

/** @param share λ, scalar */
export function mixupBy({ tf }: Engine, share: Tensor): Mixing {
  return { pixels: tf.reshape(share, [1, 1, 1, 1]), share };
}
