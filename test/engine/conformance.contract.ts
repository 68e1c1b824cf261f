import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Spec } from '#contracts';
import type { Engine } from '#engine';
import { createModel } from '#models';
import { runPipeline } from '#pipelines';
import { idxFile } from '../datasets/idx-file.js';
import { recording, saveArtifacts, temporaryFolder, toySpec, writeToyImages } from '../pipelines/toy.js';
import { watchKernels, type KernelOracle } from './kernel-oracle.js';

interface Under {
  /** Called once, before anything runs. */
  load(): Promise<Engine>;
  /** Images in a batch of a model. */
  batch: number;
}

const BACKBONE = { model: 'small_cnn', weights: 'none' };
const COLOURS = { brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.1 };

/** Fields of a transfer's spec, one run each; the first run's model is the teacher of what follows. */
const TRANSFERS: readonly Record<string, unknown>[] = [
  { training: { augmentation: { flip: true, crop: 2, mixup: 0.2, ...COLOURS } } },
  { training: { augmentation: { randAugment: {} } } },
  ...['l1', 'l2', 'l2-sp'].map((kind) => ({ regularization: { kind, lambda: 1e-3 } })),
  ...[
    { kind: 'adamw', learningRate: 1e-3, weightDecay: 0.01, clipNorm: 1 },
    { kind: 'lars', learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4 },
  ].map((optimizer) => ({
    loss: { labelSmoothing: 0.1, classWeights: 'balanced' },
    training: { optimizer, averageDecay: 0.9, dropout: 0.2, augmentation: { cutmix: 1 } },
  })),
  {
    loss: { kind: 'bce', labelSmoothing: 0.1, classWeights: 'balanced' },
    // Thawed from the head down, and whole in the second epoch.
    backbone: { ...BACKBONE, unfreezeEvery: 0.25, stageDecay: 0.9 },
    training: { epochs: 2, optimizer: { nesterov: true } },
  },
  { backbone: { ...BACKBONE, freeze: true } },
  { backbone: { ...BACKBONE, batchNorm: 'adapt' } },
];

/**
 * Models and pipelines run where each kernel's result can be looked at, and every kernel that they use must give what the
 * oracle gives.
 */
export function conformanceContract({ load, batch }: Under): void {
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
      const report = await runPipeline({ engine: { ...engine, captures: false }, spec, seed: 1, context });
      expect(oracle.differences).toEqual([]);
      return { context, report };
    };
    const teacher = () => ({ path: path.join(folder, 'teacher', 'model') });

    it('in transfer, whatever its loss and however it is regularised, augmented, optimised and thawed', async () => {
      for (const [index, fields] of TRANSFERS.entries()) {
        const { context } = await run('transfer', { backbone: BACKBONE, ...fields });
        if (index === 0) await saveArtifacts(context, path.join(folder, 'teacher'));
      }
    }, 180_000);

    it('in transfer of images that are enlarged, with all that a report looks into', async () => {
      const squares = path.join(folder, 'squares');
      await writeGreySquares(squares);
      const { report } = await run('transfer', {
        backbone: BACKBONE,
        dataset: { path: squares, format: 'idx', validation: 0.2 },
        // By as much as CIFAR-10's for a network of 80 pixels.
        image: { size: 15 },
        training: { epochs: 6 },
        report: { maxSeconds: 600, latencyRuns: 1, attacks: { epsilons: [8] } },
      });
      expect(report.skipped).toEqual([]);
      expect(report.corruptions!.found).toHaveLength(4);
      // Only images that are right before are attacked.
      expect(report.attacks!.clean).toBeGreaterThan(0);
      expect(oracle.compared).toContain('ResizeBilinear');
    }, 180_000);

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

    it('in distillation of an ensemble, in views that its members see too', async () => {
      await run('distillation', {
        teacher: [teacher(), { ...teacher(), weight: 2 }],
        student: { model: 'small_cnn' },
        views: 2,
        training: { augmentation: { flip: true, crop: 1 } },
      });
    });

    it.each(['bce', 'multinomial'])('in logistic regression with the loss %s', async (kind) => {
      await run('logistic', { teacher: teacher(), loss: { kind } });
    });

    it('and was met small enough to be compared', () => {
      expect(oracle.notCompared()).toEqual([]);
    });
  });
}

/** MNIST's four files, of 6×6 pixels: three classes that differ in brightness. Of one size, they are stored as they are. */
async function writeGreySquares(folder: string): Promise<void> {
  await mkdir(folder);
  for (const [split, first, count] of [
    ['train', 0, 24],
    ['t10k', 24, 9],
  ] as const) {
    const indices = Array.from({ length: count }, (_, i) => first + i);
    const pixels = indices.flatMap((index) =>
      Array.from({ length: 36 }, (_, at) => 30 + 80 * (index % 3) + ((7 * index + 13 * at) % 40)),
    );
    const labels = Buffer.from(indices.map((index) => index % 3));
    await writeFile(path.join(folder, `${split}-images-idx3-ubyte`), idxFile([count, 6, 6], Buffer.from(pixels)));
    await writeFile(path.join(folder, `${split}-labels-idx1-ubyte`), idxFile([count], labels));
  }
}
