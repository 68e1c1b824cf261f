import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Engine, ProgramFunction, Tensor } from '#engine';
import type { Classifier } from '../classifier/classifier.js';

/** Largest value of a pixel. */
const WHITE = 255;

/**
 * One step of a gradient attack, as a function of a program, in the space of stored pixels (0 to 255, before they are
 * normalised or enlarged):
 *
 *     x ← clip(x + stepSize · sign(∂CE(x, label) / ∂x)),   clipped to |x − origin| ≤ ε and 0 ≤ x ≤ 255
 *
 * With stepSize = ε and x = origin it is the fast gradient sign method (Goodfellow, Shlens & Szegedy, 2015), repeated
 * from a random start it is projected gradient descent (Madry et al., 2018). Beside the next images it gives the logits
 * of those that came in.
 */
export function adversarialStep(
  engine: Engine,
  classifier: Pick<Classifier, 'forward' | 'outputs' | 'logitSize'>,
  imageSize: number,
): ProgramFunction {
  const { tf, kernels } = engine;
  const shape = [null, imageSize, imageSize, 3];
  return {
    inputs: {
      images: { shape },
      origin: { shape },
      labels: { shape: [null], dtype: 'int32' },
      epsilon: { shape: [] },
      stepSize: { shape: [] },
    },
    run: ({ images, origin, labels, epsilon, stepSize }) => {
      const targets = tf.cast(tf.oneHot(labels as Tensor1D, classifier.logitSize), 'float32') as Tensor2D;
      let logits: Tensor | undefined;
      const lossOf = (x: Tensor): Scalar => {
        logits = tf.keep(classifier.forward(x).logits);
        const z = classifier.outputs === 'softmax' ? logits : tf.neg(tf.softplus(tf.neg(logits)));
        // The sum: each image's gradient is then its own, whatever the batch.
        return tf.sum(kernels.softmaxCrossEntropy(z as Tensor2D, targets));
      };
      const gradient = tf.grad(lossOf as (x: Tensor) => Tensor)(images);
      const moved = tf.add(images, tf.mul(tf.sign(gradient), stepSize));
      const near = tf.minimum(tf.maximum(moved, tf.sub(origin, epsilon)), tf.add(origin, epsilon));
      const found = logits!.clone();
      logits!.dispose();
      return { images: tf.clipByValue(near, 0, WHITE), logits: found };
    },
  };
}
