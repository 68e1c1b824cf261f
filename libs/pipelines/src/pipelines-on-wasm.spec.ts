import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { recording, saveArtifacts, temporaryFolder, toySpec, writeToyImages } from '../../../test/pipelines/toy.js';
import { runPipeline } from './run-pipeline.js';

/** Everything that a step may do, so that no kernel is missing where TensorFlow is. */
const training = {
  ...{ epochs: 3, batchSize: 8, averageDecay: 0.5, dropout: 0.1, precision: 'bfloat16' },
  optimizer: { kind: 'adamw', learningRate: 0.01, clipNorm: 5 },
  augmentation: {
    ...{ crop: 1, brightness: 0.1, contrast: 0.1, saturation: 0.1, hue: 0.02 },
    ...{ mixup: 0.2, cutmix: 1, randAugment: { operations: 1, magnitude: 3 } },
  },
};

describe('on WebAssembly', () => {
  let engine: Engine;
  let folder: string;
  let images: string;
  let teacher: string;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'wasm' });
    ({ folder, remove } = await temporaryFolder());
    images = path.join(folder, 'images');
    await writeToyImages(images, 16);
  });
  afterAll(() => remove());

  const run = async (pipeline: 'transfer' | 'distillation' | 'logistic', fields: Record<string, unknown>) => {
    const context = recording(path.join(folder, 'cache'));
    const report = await runPipeline({ engine, spec: toySpec(pipeline, images, fields), seed: 1, context });
    return { context, report };
  };

  it('transfer trains with every option, in float32, and says so', async () => {
    const { context, report } = await run('transfer', {
      backbone: { model: 'small_cnn', weights: 'none', unfreezeEvery: 0.1, stageDecay: 0.9 },
      loss: { kind: 'bce', labelSmoothing: 0.1, classWeights: 'balanced' },
      training: { ...training, epochs: 4, sampling: 'balanced', keep: 'best', patience: 3 },
    });
    expect(report.engine.backend).toBe('wasm');
    expect(report.test.top1).toBeGreaterThan(0.5);
    expect(context.lines.join('\n')).toContain('training.precision bfloat16 needs TensorFlow');
    teacher = await saveArtifacts(context, path.join(folder, 'teacher'));
  });

  it('distillation trains a student of that network with every option', async () => {
    const { report } = await run('distillation', {
      teacher: { path: teacher },
      student: { model: 'small_cnn' },
      training,
    });
    expect(report.test.top1).toBeGreaterThan(0.5);
  });

  it.each([
    { kind: 'dkd', warmupEpochs: 1 },
    { kind: 'dist', beta: 0.2, gamma: 0.2 },
    { kind: 'logit-std', kdWeight: 1 },
    { kind: 'hint' },
  ])('distillation learns by $kind, in views that the teacher sees too', async (loss) => {
    const { report } = await run('distillation', {
      ...{ loss, views: 2, teacher: [{ path: teacher }], student: { model: 'small_cnn' } },
      training: { ...training, epochs: 1 },
    });
    expect(report.teacherCache!.rows).toBeGreaterThan(0);
    expect(report.test.loss).toBeLessThan(10);
  });

  it("logistic solves a regression on that network's outputs", async () => {
    const { report } = await run('logistic', {
      teacher: { path: teacher },
      features: ['penultimate', 'sigmoid'],
      ...{ outOfFold: 2, calibration: 'temperature', regularization: { lambda: 'dinov2' } },
    });
    expect(report.test.top1).toBeGreaterThan(0.5);
  });
});
