import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder, loadEngine, type Engine } from '#engine';
import { convertWeights, openClassifier, runPipeline } from '#pipelines';
import { openCifar10 } from '../../libs/datasets/src/cifar10.js';
import type { SourceImage } from '../../libs/datasets/src/source.js';
import { exchangeWithTorch, writeImages } from '../golden/torch-exchange.js';
import { recording, saveArtifacts, toySpec } from '../pipelines/toy.js';
import { testPytorch } from '../services/test-services.js';

const python = await testPytorch();
// As many classes as the networks of torch-models.py have.
const CLASSES = 5;
const PER_CLASS = 24;
const SIDE = 32;
/** Of the networks' images, pixels: odd, so that the strides' rounding shows. */
const SIZE = 37;
const shape = [8, SIZE, SIZE, 3];
const NETWORKS = [
  ['resnet8', 'bce', 'sigmoid'],
  ['mobilenet_v2', 'ce', 'softmax'],
] as const;

// Weights from a formula say nothing of weights and running statistics as training leaves them.
describe.skipIf(python === undefined)('a network trained here on real images', () => {
  let engine: Engine;
  let folder: string;
  /** `[8, SIZE, SIZE, 3]` of 0 to 255. */
  let photos: Float32Array;
  let logits: Record<string, number[]>;
  const { signal } = new AbortController();
  const rgb = (pixels: Uint8Array) => sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } });
  const homeOf = (model: string) => path.join(folder, model);

  beforeAll(async () => {
    engine = await loadEngine();
    folder = await mkdtemp(path.join(os.tmpdir(), 'trained-in-pytorch-'));
    const images = await imagesOfCifar10();
    for (const [index, { label, pixels }] of images.entries()) {
      const file = path.join(folder, 'images', `class ${label}`, `${index}.png`);
      await mkdir(path.dirname(file), { recursive: true });
      await rgb(pixels).png().toFile(file);
    }
    const enlarged = images.slice(0, shape[0]).map(({ pixels }) => rgb(pixels).resize(SIZE, SIZE).raw().toBuffer());
    photos = Float32Array.from(Buffer.concat(await Promise.all(enlarged)));
    const exported = path.join(folder, 'exported');
    await mkdir(exported);
    for (const [model, kind] of NETWORKS) {
      const trained = await train(model, kind);
      const out = path.join(exported, `${model}.safetensors`);
      await convertWeights(engine, trained, { to: 'torch', out }, { cacheFolder: folder, signal });
      await writeImages(exported, model, { shape, values: photos });
    }
    logits = await exchangeWithTorch(python!, exported);
  }, 600_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** The first images of the first five classes; the whole of CIFAR-10 is fetched once into the user's cache. */
  async function imagesOfCifar10(): Promise<SourceImage[]> {
    const source = await openCifar10({ cacheFolder: cacheFolder(), signal, log: () => {} });
    const taken: SourceImage[] = [];
    for await (const image of source.images({ size: SIDE, resize: 'squash' }, signal)) {
      if ('reason' in image) throw new Error(image.reason);
      if (image.label < CLASSES && taken.filter(({ label }) => label === image.label).length < PER_CLASS) {
        taken.push(image);
      }
      if (taken.length === CLASSES * PER_CLASS) break;
    }
    return taken;
  }

  /** @returns the model folder */
  async function train(model: string, kind: string): Promise<string> {
    const spec = toySpec('transfer', path.join(folder, 'images'), {
      backbone: { model, weights: 'none' },
      image: { size: SIZE },
      loss: { kind },
      training: { epochs: 2, batchSize: 16, optimizer: { learningRate: 0.05 } },
    });
    const context = recording(path.join(folder, 'cache'));
    await runPipeline({ engine, spec, seed: 3, context });
    return saveArtifacts(context, homeOf(model));
  }

  it.each(NETWORKS)(
    '%s (%s) gives the same logits in PyTorch, which prepares the images as the file says',
    async (model, _, outputs) => {
      const classifier = await openClassifier(engine, path.join(homeOf(model), 'model'));
      expect(classifier.outputs).toBe(outputs);
      const own = engine.tf.tidy(() => classifier.forward(engine.tf.tensor(photos, shape)).logits.dataSync());
      classifier.dispose();
      const theirs = logits[model];
      expect(theirs).toHaveLength(shape[0] * CLASSES);
      expect(Math.max(...theirs.map((value, index) => Math.abs(value - own[index])))).toBeLessThan(1e-4);
      // It does not answer the same whatever it sees.
      const ofFirstClass = theirs.filter((_, index) => index % CLASSES === 0);
      expect(Math.max(...ofFirstClass) - Math.min(...ofFirstClass)).toBeGreaterThan(0.01);
    },
  );
});
