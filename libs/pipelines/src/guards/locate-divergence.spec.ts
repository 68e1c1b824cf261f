import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadEngine, type Engine, type Variable } from '#engine';
import { createModel } from '#models';
import { recording, temporaryFolder, toySpec, writeToyImages } from '../../../../test/pipelines/toy.js';
import { runPipeline } from '../run-pipeline.js';
import { describeOrigin, firstNotFinite } from './first-not-finite.js';
import { snapshotOf } from './locate-divergence.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

describe('firstNotFinite', () => {
  it('names the layer of a network that makes the first number that is not finite, and leaves nothing behind', () => {
    const { tf } = engine;
    const model = createModel(engine, 'small_cnn', { classes: 3, seed: 1 });
    const images = tf.ones([1, 12, 12, 3]);
    const look = () => firstNotFinite(engine, () => model.forward(images, 'inference'), model.parameters);
    const before = tf.memory().numTensors;
    expect(look()).toBeUndefined();
    // A mistake on purpose: weights with whose sum float32 cannot cope, behind two layers that are sound.
    tf.tidy(() => model.parameters['conv3.weight'].assign(tf.fill([3, 3, 48, 64], 3e38)));
    expect(look()).toMatchObject({ layer: 'conv3', within: true });
    expect(describeOrigin(look()!)).toMatch(/^\w+ in the layer conv3$/);
    expect(tf.memory().numTensors).toBe(before);
    expect(Object.hasOwn(tf.engine(), 'runKernelFunc')).toBe(false);
    tf.dispose(images);
    model.dispose();
  });

  it('says so of what no layer has touched', () => {
    const { tf } = engine;
    const origin = firstNotFinite(engine, () => tf.log(tf.scalar(-1)), {});
    expect(describeOrigin(origin!)).toBe('Log, before the first layer');
  });
});

describe('snapshotOf', () => {
  it('reads no state that is too large to be held twice', () => {
    const state = (size: number) => ({ w: { size } as Variable });
    const read = vi.fn(() => ({}));
    expect(snapshotOf(state(2 ** 26 + 1), 0, read)).toBeUndefined();
    expect(read).not.toHaveBeenCalled();
    expect(snapshotOf(state(2 ** 26), 7, read)).toEqual({ state: {}, step: 7 });
  });
});

describe('a training that diverges', () => {
  let folder: string;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ folder, remove } = await temporaryFolder());
    await writeToyImages(path.join(folder, 'images'), 12);
  });
  afterAll(() => remove());

  const train = (fields: Record<string, unknown>) =>
    runPipeline({
      engine,
      spec: toySpec('transfer', path.join(folder, 'images'), {
        backbone: { model: 'small_cnn', weights: 'none' },
        ...fields,
      }),
      seed: 1,
      context: recording(path.join(folder, 'cache')),
    });

  /** λ so large that each step multiplies the weights by about −100 λ. */
  const message = (lambda: number) => {
    const training = { epochs: 2, batchSize: 8, optimizer: { learningRate: 100 }, schedule: { kind: 'constant' } };
    return train({ training, regularization: { lambda } }).catch((error: Error) => error.message);
  };

  it('says which update made the first number that is none', async () => {
    // Variances overflow while the loss is still a number: what is normalised with infinity is zero.
    expect(await message(100)).toMatch(
      /^the training has diverged: .*; the update of step \d+ made the first, in bn\d\.running_var$/,
    );
  });

  it('says which layer did, though by then all weights are lost', async () => {
    expect(await message(1e6)).toMatch(
      /^the training has diverged: .*; [\w ]+ (in|after) the layer [\w.]+ made the first at step \d+$/,
    );
  });
});
