import type { AugmentationSpec } from '#contracts';
import type { Engine, Tensor } from '#engine';
import { AUGMENTATION_STREAMS } from './augmentation-streams.js';
import { cutmix } from './cutmix.js';
import type { Draw } from './draw.js';
import type { Mixing } from './mixing.js';
import { mixup } from './mixup.js';

/**
 * This step's mixup or cutmix; where the spec names both, one of the two, each with probability 1/2 (as in
 * torchvision's training recipes). `undefined`: neither is asked for.
 */
export function drawMixing(
  engine: Engine,
  spec: Pick<AugmentationSpec, 'mixup' | 'cutmix'>,
  size: { height: number; width: number },
  draw: Draw,
): Mixing | undefined {
  const { tf, kernels } = engine;
  const blended = spec.mixup > 0 ? mixup(engine, spec.mixup, draw) : undefined;
  const cut = spec.cutmix > 0 ? cutmix(engine, spec.cutmix, size, draw) : undefined;
  if (blended === undefined || cut === undefined) return blended ?? cut;
  const uniform = kernels.randomUniform([1], draw.seed, draw.step, AUGMENTATION_STREAMS.mixupOrCutmix);
  const chosen = tf.reshape(tf.cast(tf.less(uniform, 0.5), 'float32'), []);
  const choose = (first: Tensor, second: Tensor): Tensor =>
    tf.add(tf.mul(first, chosen), tf.mul(second, tf.sub(1, chosen)));
  return { pixels: choose(blended.pixels, cut.pixels), share: choose(blended.share, cut.share) };
}
