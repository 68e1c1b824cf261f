import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PredictionSchema, type Prediction } from '#contracts';
import { loadEngine, type Engine } from '#engine';
import { recording, saveArtifacts, temporaryFolder, toySpec, writeToyImages } from '../../../test/pipelines/toy.js';
import { predictImages } from './predict-images.js';
import { evaluate } from './report/evaluation.js';
import { runPipeline } from './run-pipeline.js';

describe('predictImages', () => {
  let engine: Engine;
  let folder: string;
  let model: string;
  let report: Awaited<ReturnType<typeof runPipeline>>;
  let remove: () => Promise<void>;
  const { signal } = new AbortController();
  beforeAll(async () => {
    engine = await loadEngine();
    ({ folder, remove } = await temporaryFolder());
    // Test images of their own, so that their files are known.
    await writeToyImages(path.join(folder, 'images', 'train'), 10);
    await writeToyImages(path.join(folder, 'images', 'test'), 7, { first: 50 });
    const context = recording(path.join(folder, 'cache'));
    report = await runPipeline({
      engine,
      spec: toySpec('transfer', path.join(folder, 'images'), {
        dataset: { path: path.join(folder, 'images') },
        backbone: { model: 'small_cnn', weights: 'none' },
        // One epoch, so that some images are misjudged and probabilities are not all 1.
        training: { epochs: 1, batchSize: 8, optimizer: { learningRate: 0.01 } },
        // Larger than the files, so that images are fitted.
        image: { size: 17 },
      }),
      seed: 1,
      context,
    });
    model = await saveArtifacts(context, path.join(folder, 'run'));
  });
  afterAll(() => remove());

  const predict = async (images: string[], topK = 3): Promise<Prediction[]> => {
    const found: Prediction[] = [];
    for await (const prediction of predictImages(engine, model, images, { topK, signal })) found.push(prediction);
    return found;
  };
  const testFiles = () =>
    ['copper', 'moss', 'slate'].flatMap((name) =>
      Array.from({ length: 7 }, (_, index) => path.join(folder, 'images', 'test', name, `0${50 + index}.png`)),
    );

  it("says of the test images what the run's evaluation said", async () => {
    const files = testFiles();
    const predictions = await predict(files);
    const names = report.classes;
    const probabilities = Float32Array.from(
      predictions.flatMap(({ classes }) => names.map((name) => classes.find((c) => c.name === name)!.probability)),
    );
    const labels = files.map((file) => names.indexOf(path.basename(path.dirname(file))));
    const { loss, confusionMatrix } = evaluate(probabilities, labels, names);
    expect(confusionMatrix).toEqual(report.test.confusionMatrix);
    expect(loss).toBeCloseTo(report.test.loss, 5);
  });

  it('gives predictions in the order of the images, most probable class first, as many as asked for', async () => {
    const files = testFiles().reverse();
    const predictions = await predict(files, 2);
    expect(predictions.map(({ image }) => image)).toEqual(files);
    for (const prediction of predictions) {
      expect(PredictionSchema.parse(prediction)).toEqual(prediction);
      expect(prediction.classes).toHaveLength(2);
      expect(prediction.classes[0].probability).toBeGreaterThanOrEqual(prediction.classes[1].probability);
    }
  });

  it('says of an image alone what it says of it among others', async () => {
    const files = testFiles();
    const among = await predict(files);
    const [alone] = await predict([files[4]]);
    alone.classes.forEach(({ name, probability }, rank) => {
      expect(among[4].classes[rank].name).toBe(name);
      expect(among[4].classes[rank].probability).toBeCloseTo(probability, 5);
    });
  });

  it('reports an image that is damaged, missing or no image, and goes on', async () => {
    const damaged = path.join(folder, 'damaged.png');
    await writeFile(damaged, Buffer.from('89504e470d0a1a0a00', 'hex'));
    const good = testFiles()[0];
    const found = await predict([damaged, path.join(folder, 'missing.png'), folder, good]);
    expect(found.map(({ error }) => error === undefined)).toEqual([false, false, false, true]);
    expect(found[1].error).toContain('there is no such file');
    expect(found[2].error).toBe('it is a folder');
    expect(found[0].classes).toEqual([]);
    expect(found[3].classes).toHaveLength(3);
  });

  it('stops when it is aborted, and leaves no tensor behind', async () => {
    await predict(testFiles());
    const before = engine.tf.memory().numTensors;
    await predict(testFiles());
    const controller = new AbortController();
    const images = predictImages(engine, model, testFiles(), { topK: 1, signal: controller.signal });
    await images.next();
    controller.abort(new Error('enough'));
    await expect(
      (async () => {
        for await (const _ of images);
      })(),
    ).rejects.toThrow('enough');
    expect(engine.tf.memory().numTensors).toBe(before);
  });
});
