import path from 'node:path';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Spec } from '#contracts';
import type { Engine } from '#engine';
import { createModel } from '#models';
import { runPipeline } from '#pipelines';
import { recording, saveArtifacts, temporaryFolder, toySpec, writeToyImages } from '../pipelines/toy.js';
import { watchKernels, type KernelOracle } from './kernel-oracle.js';

interface Under {
  /** Called once, before anything runs. */
  load(): Promise<Engine>;
  /** Images in a batch of a model. */
  batch: number;
  /** Fields of a transfer's spec, one run each; the first run's model is the teacher of what follows. */
  transfers: readonly [Record<string, unknown>, ...Record<string, unknown>[]];
}

/**
 * Models and pipelines run where each kernel's result can be looked at, and every kernel that they use must give what the
 * oracle gives.
 */
export function conformanceContract({ load, batch, transfers }: Under): void {
  let engine: Engine;
  let oracle: KernelOracle;
  let folder: string;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    engine = await load();
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
          const images = tf.randomUniform([batch, size, size, 3], -1, 1, 'float32', 1) as Tensor4D;
          const targets = tf.oneHot([2, 0].slice(0, batch), 3).toFloat() as Tensor2D;
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
      // Not captured, so that each kernel is called.
      await runPipeline({ engine: { ...engine, captures: false }, spec, seed: 1, context });
      expect(oracle.differences).toEqual([]);
      return context;
    };
    const teacher = () => ({ path: path.join(folder, 'teacher', 'model') });

    it('in transfer, however it is regularised, augmented and optimised', async () => {
      const backbone = { model: 'small_cnn', weights: 'none' };
      for (const [index, fields] of transfers.entries()) {
        const transferred = await run('transfer', { backbone, ...fields });
        if (index === 0) await saveArtifacts(transferred, path.join(folder, 'teacher'));
      }
    });

    it.each(['kd', 'dkd', 'dist', 'logit-std', 'hint'])('in distillation with the loss %s', async (kind) => {
      await run('distillation', { teacher: teacher(), student: { model: 'small_cnn' }, loss: { kind } });
    });

    it('in distillation with hints of named layers, of maps that are averaged', async () => {
      for (const [studentLayer, hintSize] of [
        ['conv1', undefined],
        ['conv4', 2],
      ]) {
        await run('distillation', {
          teacher: teacher(),
          student: { model: 'small_cnn' },
          loss: { kind: 'hint', studentLayer, teacherLayer: 'conv4', hintSize },
          // So that the oracle need not look at larger maps.
          training: { batchSize: 4, augmentation: { flip: false, cutmix: 1 } },
        });
      }
    });

    it.each(['bce', 'multinomial'])('in logistic regression with the loss %s', async (kind) => {
      await run('logistic', { teacher: teacher(), loss: { kind } });
    });

    it('and was met small enough to be compared', () => {
      expect(oracle.notCompared()).toEqual([]);
    });
  });
}
