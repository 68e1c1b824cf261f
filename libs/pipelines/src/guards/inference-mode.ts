import { UserError } from '#contracts';
import type { Engine, Tensor } from '#engine';
import type { Classifier } from '../classifier/classifier.js';
import { seededUniform } from '../report/seeded-random.js';

/** Relative to the largest output: other batch sizes take other sums, whose last bits differ. */
const ROUNDING = 1e-3;

/**
 * A teacher's answer to an image, or what a backbone makes of it, must not depend on the company that the image is in, nor on when it is asked: where it
 * does, the teacher works in training mode, with the statistics of the batch or with dropout, and soft labels are those
 * of no network at all. Looks at two images of noise, alone and together.
 * @throws UserError
 */
export function checkInferenceMode(
  { tf }: Engine,
  teacher: Pick<Classifier, 'name' | 'image' | 'forward' | 'logitSize'>,
): void {
  const { size } = teacher.image;
  const uniform = seededUniform(0, 'inference mode');
  const noise = () => Int32Array.from({ length: size ** 2 * 3 }, () => Math.floor(uniform() * 256));
  const [dark, light] = [noise().map((value) => value >> 1), noise().map((value) => 128 + (value >> 1))];
  const output = teacher.logitSize > 0 ? 'logits' : 'features';
  const answers = (images: readonly Int32Array[]): Float32Array =>
    tf.tidy(() => {
      const stacked = tf.stack(images.map((image) => tf.tensor(image, [size, size, 3], 'int32')));
      return teacher.forward(stacked as Tensor)[output].dataSync() as Float32Array;
    });
  const alone = answers([dark]);
  const together = answers([dark, light]).slice(0, alone.length);
  const largest = alone.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  const furthest = alone.reduce((most, value, i) => Math.max(most, Math.abs(value - together[i])), 0);
  if (furthest <= ROUNDING * largest) return;
  throw new UserError(
    `${teacher.name} works in training mode: its answer to an image changes with the other images of the batch, or from one time to the next`,
    { remedy: 'Let it use its running statistics and no dropout: forward(images, "inference").' },
  );
}
