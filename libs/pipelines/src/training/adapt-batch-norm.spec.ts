import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine, type Tensor } from '#engine';
import { createModel, stateDict, type Model } from '#models';
import { expectClose } from '../../../../test/golden/pipelines.js';
import { adaptBatchNorm } from './adapt-batch-norm.js';

const SIZE = 8;

describe('adaptBatchNorm', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });
  const batch = (images: number, seed: number): Tensor =>
    engine.tf.randomUniform([images, SIZE, SIZE, 3], -1, 2, 'float32', seed);
  async function* given(...batches: Tensor[]): AsyncGenerator<Tensor> {
    for (const each of batches) yield each.clone();
  }
  /** The running statistics after one step in training mode from a momentum of 0.1, solved for the batch's own. */
  const statisticsOf = (model: Model, images: Tensor): Record<string, number[]> => {
    const before = stateDict(model);
    engine.tf.tidy(() => void model.forward(images, 'train'));
    const after = stateDict(model);
    return Object.fromEntries(
      Object.keys(model.statistics).map((name) => {
        model.statistics[name].assign(engine.tf.tensor1d(before[name].values));
        return [name, [...after[name].values].map((value, i) => (value - 0.9 * before[name].values[i]) / 0.1)];
      }),
    );
  };

  it('makes the running statistics the mean of the batches’ own, by their numbers of images', async () => {
    const model = createModel(engine, 'small_cnn', { classes: 2, seed: 3 });
    const [first, second] = [batch(6, 1), batch(2, 2)];
    const [a, b] = [statisticsOf(model, first), statisticsOf(model, second)];
    const parameters = Object.fromEntries(Object.keys(model.parameters).map((name) => [name, stateDict(model)[name]]));
    await adaptBatchNorm(engine, model, given(first, second));
    const adapted = stateDict(model);
    for (const name of Object.keys(model.statistics)) {
      expectClose(
        adapted[name].values,
        a[name].map((value, i) => (6 * value + 2 * b[name][i]) / 8),
        1e-4,
      );
    }
    for (const [name, before] of Object.entries(parameters)) expect(adapted[name], name).toEqual(before);
    model.dispose();
  });

  it('makes training mode and inference agree on the very images', async () => {
    const model = createModel(engine, 'resnet8', { classes: 2, seed: 3 });
    const images = batch(32, 1);
    await adaptBatchNorm(engine, model, given(images));
    const [training, inference] = (['train', 'inference'] as const).map((mode) => model.forward(images, mode).features);
    // All but the unbiased variance, n / (n − 1) of 2,048 pixels and fewer.
    expectClose(inference.dataSync(), [...training.dataSync()], 0.02);
    model.dispose();
  });

  it('refuses to work without images, and leaves no tensor behind', async () => {
    const model = createModel(engine, 'small_cnn', { classes: 2, seed: 3 });
    const before = engine.tf.memory().numTensors;
    await expect(adaptBatchNorm(engine, model, given())).rejects.toThrow('without images');
    const images = batch(4, 1);
    await adaptBatchNorm(engine, model, given(images));
    images.dispose();
    expect(engine.tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});
