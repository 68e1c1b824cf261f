import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PreparationSchema } from '#contracts';
import { openDataset, type Dataset, type Split } from '#datasets';
import { loadEngine, type Engine } from '#engine';
import { createModel } from '#models';
import { recording, temporaryFolder, TOY_SIZE, toySpec, writeToyImages } from '../../../../test/pipelines/toy.js';
import { buildClassifier, partsOf } from '../classifier/build-classifier.js';
import type { Classifier } from '../classifier/classifier.js';
import { imageBatches } from '../training/image-batches.js';
import { joinSplits } from '../training/join-splits.js';
import { CacheUse } from './cache-use.js';
import { cachedOutputs } from './cached-outputs.js';
import type { OutputView } from './output-view.js';

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
      image: PreparationSchema.parse(spec.image),
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

  const outputs = (
    split: Split,
    context = recording(cache),
    { name = 'logits', view, use }: { name?: 'logits' | 'features'; view?: OutputView; use?: CacheUse } = {},
  ) => cachedOutputs(engine, classifier, name, split, { ...context, cacheUse: use }, undefined, view);
  const row = (logits: Float32Array, place: number) => Array.from(logits.subarray(place * 3, place * 3 + 3));
  const unreadable = (split: Split): Split => ({ ...split, read: () => Promise.reject(new Error('read again')) });
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
      alone(pixels[at]).forEach((logit, c) => expect(logits[place * 3 + c]).toBeCloseTo(logit, 3));
    });
  });

  it('are computed once, and are the same numbers from the cache', async () => {
    const [cold, warm] = [new CacheUse(), new CacheUse()];
    const first = await outputs(dataset.train, recording(cache), { use: cold });
    expect(await outputs(unreadable(dataset.train), recording(cache), { use: warm })).toEqual(first);
    expect(await entries()).toHaveLength(1);
    const { length } = dataset.train;
    expect(cold.report()).toMatchObject({ rows: length, hits: 0, hitRate: 0, deviceSecondsSaved: 0 });
    const { deviceSecondsComputed } = cold.report()!;
    expect(deviceSecondsComputed).toBeGreaterThan(0);
    expect(warm.report()).toMatchObject({ rows: length, hits: length, hitRate: 1, deviceSecondsComputed: 0 });
    expect(warm.report()!.deviceSecondsSaved).toBeCloseTo(deviceSecondsComputed, 9);
  });

  it('are logits in float16, with the error that was measured, and features in float32', async () => {
    const use = new CacheUse();
    const logits = await outputs(dataset.train, recording(cache), { use });
    const pixels = new Uint8Array(TOY_SIZE ** 2 * 3);
    await dataset.train.read([0], pixels);
    const exact = alone(pixels);
    const { largestError } = use.report()!;
    expect(largestError).toBeGreaterThan(0);
    expect(largestError).toBeLessThan(1e-3);
    exact.forEach((logit, c) => expect(Math.abs(logits[c] - logit)).toBeLessThan(largestError + 1e-5));
    const ofFeatures = new CacheUse();
    await outputs(dataset.train, recording(cache), { use: ofFeatures, name: 'features' });
    expect(ofFeatures.report()!.largestError).toBe(0);
  });

  it('find the rows of a shuffled, a smaller and a grown split by their images', async () => {
    const { train, validation } = dataset;
    const logits = await outputs(train);
    const order = Int32Array.from(train.hashes, (_, place) => train.length - 1 - place);
    const shuffled = unreadable({ ...train, hashes: [...train.hashes].reverse() });
    const found = await outputs(shuffled);
    order.forEach((place, at) => expect(row(found, at)).toEqual(row(logits, place)));

    const reads: number[] = [];
    const grown = joinSplits(train, { ...validation, name: 'train' });
    const watched: Split = {
      ...grown,
      read: (indices, out) => {
        reads.push(...Array.from(indices));
        return grown.read(indices, out);
      },
    };
    const use = new CacheUse();
    const all = await outputs(watched, recording(cache), { use });
    expect(reads).toEqual(Array.from(validation.hashes, (_, index) => train.length + index));
    expect(use.report()).toMatchObject({ rows: grown.length, hits: train.length });
    expect(all.slice(0, logits.length)).toEqual(logits);
    expect(await entries()).toHaveLength(1);
  });

  it('look at images of the same content once', async () => {
    const { train } = dataset;
    const hashes = train.hashes.map((hash, place) => (place % 2 === 1 ? train.hashes[place - 1] : hash));
    const logits = await outputs({ ...train, hashes });
    for (let place = 1; place < train.length; place += 2) expect(row(logits, place)).toEqual(row(logits, place - 1));
  });

  it('are other entries for other outputs, another classifier and another view', async () => {
    const { train } = dataset;
    await outputs(train);
    await outputs(dataset.validation);
    expect(await entries()).toHaveLength(1);
    expect(await outputs(train, recording(cache), { name: 'features' })).toHaveLength(train.length * 80);
    const bias = { shape: [3], values: Float32Array.of(1, 2, 3) };
    const { parts } = classifier;
    const other = buildClassifier(engine, { ...parts, state: { ...parts.state, 'fc.bias': bias } });
    await cachedOutputs(engine, other, 'logits', train, recording(cache));
    other.dispose();
    const view: OutputView = {
      ...{ key: 'darker', description: 'half as bright', inputs: () => ({}), rows: () => ({}) },
      apply: (images) => engine.tf.div(images, 2),
    };
    expect(await outputs(train, recording(cache), { view })).not.toEqual(await outputs(train));
    expect(await entries()).toHaveLength(4);
  });

  it('keep what was computed before an interruption', async () => {
    const { train } = dataset;
    const stop = new AbortController();
    let reads = 0;
    // More than one batch, so that there is a first one when the second is stopped.
    const long: Split = {
      ...train,
      length: 100,
      labels: new Int32Array(100),
      hashes: Array.from({ length: 100 }, (_, place) => createHash('sha256').update(`${place}`).digest('hex')),
      read: (indices, out) => {
        if (++reads === 2) stop.abort(new Error('stopped'));
        out.fill(indices[0]);
        return Promise.resolve();
      },
    };
    await expect(outputs(long, recording(cache, { signal: stop.signal }))).rejects.toThrow('stopped');
    const use = new CacheUse();
    await outputs(long, recording(cache), { use });
    expect(use.report()!.rows).toBe(100);
    expect([0, 64]).toContain(use.report()!.hits);
    expect(reads).toBeLessThanOrEqual(4);
  });

  it('are computed by one of those who ask at the same time', async () => {
    const uses = Array.from({ length: 3 }, () => new CacheUse());
    const found = await Promise.all(uses.map((use) => outputs(dataset.train, recording(cache), { use })));
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
    const rates = uses.map((use) => use.report()!.hitRate).sort();
    expect(rates).toEqual([0, 1, 1]);
  });

  it('are computed anew, with a warning, where a file is damaged', async () => {
    const first = await outputs(dataset.train);
    const [entry] = await entries();
    const folder = path.join(cache, 'outputs', entry);
    const [chunk] = (await readdir(folder)).filter((name) => name.endsWith('.rows'));
    await writeFile(path.join(folder, chunk), 'damaged');
    const context = recording(cache);
    expect(await outputs(dataset.train, context)).toEqual(first);
    expect(context.lines.join('\n')).toContain('is computed anew');
    expect(await entries()).toEqual([entry]);
  });

  it('are given all the same where the cache cannot be written', async () => {
    const file = path.join(folder, 'a-file');
    await writeFile(file, '');
    const context = recording(file);
    expect(await outputs(dataset.train, context)).toEqual(await outputs(dataset.train));
    expect(context.lines.filter((line) => line.includes('could not be cached'))).toHaveLength(1);
  });
});
