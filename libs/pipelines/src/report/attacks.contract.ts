import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { normalise } from '#datasets';
import { createProgram, loadEngine, type Backend, type Engine, type Program, type Tensor } from '#engine';
import { expectClose } from '../../../../test/golden/pipelines.js';
import { golden } from '../../../../test/golden/report.js';
import { adversarialStep } from './adversarial-step.js';
import { attackBatch, attacksOf } from './attacks.js';
import type { TestSample } from './test-pass.js';
import { timeBudget } from './time-budget.js';

const { shape, images, labels, epsilon, start, mean, std, clean, fgsm, pgd } = golden.attacks;
const { signal } = new AbortController();
/**
 * Of pixels on the scale of 0 to 1. Ten steps and the start are rounded to float32, each by 2⁻¹⁷ of a pixel value below
 * 256 at most: 3.3e-7 of 255.
 */
const ROUNDING = 3.5e-7;
const shares = (pixels: ArrayLike<number>) => Array.from(pixels, (value) => value / 255);

/** The attacks of a report on one engine: PyTorch's, within the tolerance of golden vectors. */
export function describeAttacks(backend: Backend): void {
  describe(`attacks on ${backend}`, () => {
    let engine: Engine;
    let program: Program;
    let origin: Tensor;
    let labelTensor: Tensor;
    beforeAll(async () => {
      engine = await loadEngine({ backend });
      const { tf } = engine;
      const filters = tf.tensor(golden.attacks.filters, golden.attacks.filterShape) as Tensor4D;
      const head = tf.tensor(golden.attacks.head, golden.attacks.headShape) as Tensor2D;
      const forward = (stored: Tensor) => {
        const x = normalise(engine, stored, { size: shape[1], mean, std }) as Tensor4D;
        const features = tf.mean(tf.tanh(tf.conv2d(x, filters, 2, 'valid')), [1, 2]) as Tensor2D;
        return { logits: tf.matMul(features, head), features };
      };
      const network = { forward, outputs: 'softmax', logitSize: 3 } as const;
      program = createProgram(engine, {
        state: {},
        functions: { attack: adversarialStep(engine, network, shape[1]) },
      });
      origin = tf.tensor(images, shape, 'float32');
      labelTensor = tf.tensor1d(labels, 'int32');
    });

    const attacked = async (attack: 'fgsm' | 'pgd', from?: Tensor) => {
      const options = { attack, epsilon, seed: 1 };
      const surroundings = { budget: timeBudget(60), signal };
      return (await attackBatch(engine, program, origin, labelTensor, options, surroundings, from))!;
    };

    it("FGSM moves images and logits where PyTorch's does", async () => {
      const found = await attacked('fgsm');
      // Whole numbers, and ε is one.
      expect([...found.images.dataSync()]).toEqual(fgsm.images);
      expectClose(found.logits.dataSync(), fgsm.logits);
      expect(fgsm.logits).not.toEqual(clean);
      engine.tf.dispose([found.images, found.logits]);
    });

    it("PGD-10 from the same start ends where PyTorch's does", async () => {
      const from = engine.tf.tensor(start, shape);
      const found = await attacked('pgd', from);
      expectClose(shares(found.images.dataSync()), shares(pgd.images), ROUNDING);
      expectClose(found.logits.dataSync(), pgd.logits);
      engine.tf.dispose([from, found.images, found.logits]);
    });

    it('follows the gradient through the enlargement of small images: it is what the loss changes by', () => {
      const { tf } = engine;
      const size = 9;
      const weights = Float32Array.from({ length: 2 * size * size * 3 }, (_, i) => Math.sin(i));
      const w = tf.tensor(weights, [2, size, size, 3]);
      const score = (x: Tensor) => tf.sum(tf.mul(normalise(engine, x, { size, mean, std }), w));
      const gradient = tf
        .grad(score as never)(origin as never)
        .dataSync();
      const zero = score(tf.zeros(shape)).dataSync()[0];
      for (const place of [0, 7, 36, 74, 149]) {
        const one = tf.tensor(
          images.map((_, i) => (i === place ? 255 : 0)),
          shape,
        );
        // The score is linear in the images.
        expect(gradient[place]).toBeCloseTo((score(one).dataSync()[0] - zero) / 255, 5);
      }
    });

    it('never leaves the ball around the image nor the range of bytes, and is the same for the same seed', async () => {
      const [first, second] = [await attacked('pgd'), await attacked('pgd')];
      const moved = first.images.dataSync();
      for (let i = 0; i < images.length; i++) {
        expect(Math.abs(moved[i] - images[i])).toBeLessThanOrEqual(epsilon + 1e-4);
        expect(moved[i]).toBeGreaterThanOrEqual(0);
        expect(moved[i]).toBeLessThanOrEqual(255);
      }
      expect(second.images.dataSync()).toEqual(moved);
      engine.tf.dispose([first, second].flatMap((found) => [found.images, found.logits]));
    });

    it('counts as right only what was right before, leaves out what there is no time for, and leaks nothing', async () => {
      const sample: TestSample = {
        indices: Int32Array.of(0, 1),
        imageSize: shape[1],
        images: Uint8Array.from(images),
        labels: Int32Array.from(labels),
        right: Uint8Array.of(0, 0),
      };
      const surroundings = { budget: timeBudget(60), signal, onProgress: () => {} };
      const before = engine.tf.memory().numTensors;
      const options = { epsilons: [0.001], clean: 0, seed: 1 };
      const { attacks } = await attacksOf(engine, program, sample, options, surroundings);
      expect(attacks.found.map(({ top1 }) => top1)).toEqual([0, 0]);
      expect(engine.tf.memory().numTensors).toBe(before);
      const none = await attacksOf(engine, program, sample, options, { ...surroundings, budget: timeBudget(0) });
      expect(none.attacks.found).toEqual([]);
      expect(none.leftOut).toEqual(['FGSM at ε 0.001/255', 'PGD-10 at ε 0.001/255']);
    });
  });
}
