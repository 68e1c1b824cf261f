import path from 'node:path';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Spec } from '#contracts';
import { loadEngine, type Engine } from '#engine';
import { createModel } from '#models';
import { runPipeline } from '#pipelines';
import { recording, saveArtifacts, temporaryFolder, toySpec, writeToyImages } from '../pipelines/toy.js';
import { watchKernels, type KernelOracle } from './kernel-oracle.js';

// The pipelines run on WebAssembly, and every kernel that they use is compared with the oracle while they do.
let engine: Engine;
let oracle: KernelOracle;
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  engine = await loadEngine({ backend: 'wasm', threads: 2 });
  oracle = await watchKernels(engine);
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
        const images = tf.randomUniform([1, size, size, 3], -1, 1, 'float32', 1) as Tensor4D;
        const targets = tf.oneHot([2], 3).toFloat() as Tensor2D;
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
    await runPipeline({ engine, spec, seed: 1, context });
    expect(oracle.differences).toEqual([]);
    return context;
  };
  const backbone = { model: 'small_cnn', weights: 'none' };
  const model = () => path.join(folder, 'teacher', 'model');

  it('in transfer, however it is regularised, augmented and optimised', async () => {
    const augmentation = { flip: true, crop: 2 };
    const transferred = await run('transfer', { backbone, training: { augmentation } });
    await saveArtifacts(transferred, path.dirname(model()));
    for (const kind of ['l1', 'l2-sp']) {
      await run('transfer', { backbone, regularization: { kind, lambda: 1e-3 } });
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
