import path from 'node:path';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Spec } from '#contracts';
import { loadEngine, type Engine } from '#engine';
import { createModel } from '#models';
import { runPipeline } from '#pipelines';
import { recording, saveArtifacts, temporaryFolder, toySpec, writeToyImages } from '../pipelines/toy.js';
import { testTensorflow } from '../services/test-services.js';
import { watchKernels, type KernelOracle } from './kernel-oracle.js';
import { differencesWhenCaptured, watchOps, type OpWatch } from './watch-ops.js';

const tensorflow = await testTensorflow();

// Models and pipelines run on TensorFlow, eagerly, so that each kernel's result can be looked at: every kernel that they
// use is compared with the oracle, and every op is executed once more in a captured function.
describe.skipIf(tensorflow === undefined)('on TensorFlow', () => {
  let engine: Engine;
  /** Programs of this one are not captured. */
  let eager: Engine;
  let oracle: KernelOracle;
  let ops: OpWatch;
  let folder: string;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'tensorflow' });
    eager = { ...engine, backend: 'wasm' };
    oracle = await watchKernels(engine);
    ops = watchOps(engine);
    ({ folder, remove } = await temporaryFolder());
    await writeToyImages(path.join(folder, 'images'), 8);
  });
  afterAll(() => remove());

  describe('every kernel gives what the oracle gives', () => {
    it.each([
      ['small_cnn', 16],
      ['resnet8', 16],
      ['mobilenet_v2', 32],
      ['mobilenet_v3_small', 32],
      ['shufflenet_v2_x0_5', 32],
      ['inception_v3', 75],
    ] as const)(
      'in %s, forward and backward',
      (name, size) => {
        const { tf, kernels } = engine;
        const model = createModel(engine, name, { classes: 3, seed: 0 });
        tf.tidy(() => {
          const images = tf.randomUniform([2, size, size, 3], -1, 1, 'float32', 1) as Tensor4D;
          const targets = tf.oneHot([2, 0], 3).toFloat() as Tensor2D;
          for (const mode of ['train', 'frozen'] as const) {
            const loss = () =>
              kernels.softmaxCrossEntropy(model.forward(images, mode).logits as Tensor2D, targets).mean();
            tf.variableGrads(loss as never, Object.values(model.parameters));
          }
        });
        model.dispose();
        expect(oracle.differences).toEqual([]);
      },
      180_000,
    );

    const run = async <P extends Spec['pipeline']>(pipeline: P, fields: Record<string, unknown>) => {
      const context = recording(path.join(folder, 'cache'));
      const training = { epochs: 1, batchSize: 8, ...(fields.training as object) };
      const spec = toySpec(pipeline, path.join(folder, 'images'), { ...fields, training });
      await runPipeline({ engine: eager, spec, seed: 1, context });
      expect(oracle.differences).toEqual([]);
      return context;
    };
    const backbone = { model: 'small_cnn', weights: 'none' };
    const model = () => path.join(folder, 'teacher', 'model');

    it('in transfer, however it is regularised, augmented and optimised', async () => {
      const augmentation = {
        flip: true,
        crop: 2,
        brightness: 0.2,
        contrast: 0.2,
        saturation: 0.2,
        hue: 0.1,
        mixup: 0.2,
      };
      const transferred = await run('transfer', { backbone, training: { augmentation } });
      await saveArtifacts(transferred, path.dirname(model()));
      for (const kind of ['l1', 'l2', 'l2-sp']) {
        await run('transfer', { backbone, regularization: { kind, lambda: 1e-3 } });
      }
      for (const optimizer of [
        { kind: 'adamw', learningRate: 1e-3, weightDecay: 0.01, clipNorm: 1 },
        { kind: 'lars', learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4 },
      ]) {
        const training = { optimizer, averageDecay: 0.9, dropout: 0.2, augmentation: { cutmix: 1 } };
        await run('transfer', { backbone, training });
      }
    });

    it('in distillation', async () => {
      await run('distillation', { teacher: { path: model() }, student: { model: 'small_cnn' } });
    });

    it.each(['bce', 'multinomial'])('in logistic regression with the loss %s', async (kind) => {
      await run('logistic', { teacher: { path: model() }, loss: { kind } });
    });

    it('and was met small enough to be compared', () => {
      expect(oracle.notCompared()).toEqual([]);
    });
  });

  describe('every op that they execute', () => {
    it('gives the same bits when it is captured', () => {
      ops.stop();
      expect(ops.notKept()).toEqual([]);
      expect(ops.executed.length).toBeGreaterThan(300);
      expect(differencesWhenCaptured(engine, ops.executed)).toEqual([]);
    }, 180_000);

    it('would be named for a single bit', () => {
      const [first, second, third] = ops.executed;
      const values = second.outputs[0].values.slice();
      new Uint8Array(values.buffer)[0] ^= 1;
      const changed = { ...second, outputs: [{ ...second.outputs[0], values }, ...second.outputs.slice(1)] };
      const [named, ...others] = differencesWhenCaptured(engine, [first, changed, third]);
      expect(named).toContain(second.op);
      expect(others).toEqual([]);
    });
  });
});
