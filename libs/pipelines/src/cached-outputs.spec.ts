import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDataset, type Dataset, type Split } from '#datasets';
import { loadEngine, type Engine } from '#engine';
import { createModel } from '#models';
import { recording, temporaryFolder, TOY_SIZE, toySpec, writeToyImages } from '../../../test/pipelines/toy.js';
import { buildClassifier, partsOf } from './build-classifier.js';
import { cachedOutputs } from './cached-outputs.js';
import type { Classifier } from './classifier.js';
import { imageBatches } from './image-batches.js';
import { joinSplits } from './join-splits.js';

describe('cached outputs', () => {
  let engine: Engine;
  let folder: string;
  let dataset: Dataset;
  let classifier: Classifier;
  let remove: () => Promise<void>;
  let cache: string;
  let caches = 0;
  beforeAll(async () => {
    engine = await loadEngine();
    ({ folder, remove } = await temporaryFolder());
    await writeToyImages(path.join(folder, 'images'), 30);
    const spec = toySpec('transfer', path.join(folder, 'images'), {
      dataset: { path: path.join(folder, 'images'), train: 40, unlabelled: 20, validation: 0.2, test: 0.2 },
      backbone: { model: 'small_cnn', weights: 'none' },
    });
    const { signal, log } = recording(folder);
    const options = { cacheFolder: path.join(folder, 'datasets'), signal, log, seed: 0 };
    dataset = await openDataset(spec.dataset, spec.image, options);
    const model = createModel(engine, 'small_cnn', { classes: 3, seed: 9 });
    classifier = buildClassifier(engine, {
      ...partsOf(model),
      classNames: [...dataset.classes],
      image: spec.image,
      outputs: 'softmax',
    });
    model.dispose();
  });
  beforeEach(() => {
    cache = path.join(folder, `cache-${caches++}`);
  });
  afterAll(async () => {
    classifier.dispose();
    await dataset.close();
    await remove();
  });

  const outputs = (split: Split, context = recording(cache), name: 'logits' | 'features' = 'logits') =>
    cachedOutputs(engine, classifier, name, split, context);
  const entries = () => readdir(path.join(cache, 'outputs'));
  /** What the classifier says of one image, looked at on its own. */
  const alone = (pixels: Uint8Array): Float32Array =>
    engine.tf.tidy(
      () =>
        classifier
          .forward(engine.tf.tensor(pixels, [1, TOY_SIZE, TOY_SIZE, 3], 'int32'))
          .logits.dataSync() as Float32Array,
    );

  it('are looked up under shuffling for the very image of each place in a batch', async () => {
    const images = joinSplits(dataset.train, dataset.unlabelled);
    const logits = await outputs(images);
    const options = { batchSize: 7, seed: 3, epoch: 2, firstBatch: 1, signal: new AbortController().signal };
    const places: number[] = [];
    const lookUp = (indices: Int32Array) => {
      places.push(...indices);
      return {};
    };
    const pixels: Uint8Array[] = [];
    for await (const batch of imageBatches(engine, images, options, lookUp)) {
      const size = batch.images.length / 7;
      for (let at = 0; at < 7; at++) pixels.push(batch.images.slice(at * size, (at + 1) * size));
      engine.tf.dispose([batch.labels, batch.labelled]);
    }
    // 52 images: seven whole batches, the first of which was passed over.
    expect(places.length).toBe(42);
    expect([...places].sort((a, b) => a - b)).not.toEqual(places);
    places.forEach((place, at) => {
      alone(pixels[at]).forEach((logit, c) => expect(logits[place * 3 + c]).toBeCloseTo(logit, 4));
    });
  });

  it('are computed once, and are the same numbers from the cache', async () => {
    const first = await outputs(dataset.train);
    const unreadable: Split = { ...dataset.train, read: () => Promise.reject(new Error('read again')) };
    expect(await outputs(unreadable)).toEqual(first);
    expect(await entries()).toHaveLength(1);
  });

  it('are other entries for another order, another split, other outputs and another classifier', async () => {
    const { train } = dataset;
    await outputs(train);
    await outputs({ ...train, hashes: [...train.hashes].reverse() });
    await outputs(dataset.validation);
    expect(await outputs(train, recording(cache), 'features')).toHaveLength(train.length * 80);
    const bias = { shape: [3], values: Float32Array.of(1, 2, 3) };
    const { parts } = classifier;
    const other = buildClassifier(engine, { ...parts, state: { ...parts.state, 'fc.bias': bias } });
    await cachedOutputs(engine, other, 'logits', train, recording(cache));
    other.dispose();
    expect(await entries()).toHaveLength(5);
  });

  it('are computed anew, with a warning, where the entry is damaged', async () => {
    const first = await outputs(dataset.train);
    const [entry] = await entries();
    await writeFile(path.join(cache, 'outputs', entry), 'damaged');
    const context = recording(cache);
    expect(await outputs(dataset.train, context)).toEqual(first);
    expect(context.lines.join('\n')).toContain('is computed anew');
    expect(await entries()).toEqual([entry]);
  });

  it('are given all the same where the cache cannot be written', async () => {
    const file = path.join(folder, 'a-file');
    await writeFile(file, '');
    const context = recording(file);
    expect(await outputs(dataset.train, context)).toHaveLength(dataset.train.length * 3);
    expect(context.lines.join('\n')).toContain('could not be cached');
  });
});
