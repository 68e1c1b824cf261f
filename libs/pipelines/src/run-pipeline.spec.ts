import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PIPELINES as NAMES } from '#contracts';
import { loadEngine, type Engine } from '#engine';
import { recording, saveArtifacts, temporaryFolder, toySpec, writeToyImages } from '../../../test/pipelines/toy.js';
import { nullRunContext } from './null-run-context.js';
import { PIPELINES, runPipeline } from './run-pipeline.js';

/** The pipelines on the engine that runs where TensorFlow does not; the other specs run them on TensorFlow. */
describe('runPipeline', () => {
  let engine: Engine;
  let folder: string;
  let images: string;
  let cache: string;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'wasm' });
    ({ folder, remove } = await temporaryFolder());
    images = path.join(folder, 'images');
    cache = path.join(folder, 'cache');
    await writeToyImages(images, 16);
  });
  afterAll(() => remove());

  it('has a pipeline for every name of the schema', () => {
    expect(Object.keys(PIPELINES).sort()).toEqual([...NAMES].sort());
  });

  it('runs all three on WebAssembly, with the budget of a slow engine where the spec allows it', async () => {
    const training = { epochs: 3, batchSize: 8, optimizer: { learningRate: 0.02 } };
    const transfer = recording(cache);
    await runPipeline({
      engine,
      spec: toySpec('transfer', images, {
        backbone: { model: 'small_cnn', weights: 'none' },
        training,
        resources: { onSlowEngine: 'reduced' },
      }),
      seed: 1,
      context: transfer,
    });
    expect(transfer.lines[0]).toContain('training.epochs 2 instead of 3');
    const teacher = await saveArtifacts(transfer, path.join(folder, 'teacher'));
    const logistic = await runPipeline({
      engine,
      spec: toySpec('logistic', images, { teacher: { path: teacher }, features: 'penultimate' }),
      seed: 1,
      context: recording(cache),
    });
    expect(logistic.test.top1).toBe(1);
    expect(logistic.engine.backend).toBe('wasm');
    const distillation = await runPipeline({
      engine,
      spec: toySpec('distillation', images, {
        teacher: { path: teacher },
        student: { model: 'small_cnn' },
        training: { ...training, epochs: 1 },
      }),
      seed: 1,
      context: recording(cache),
    });
    expect(distillation.test.images).toBe(12);
    expect(distillation.teacher!.name).toBe('small_cnn');
  });

  it('is a plain function with the null context, and takes paths from the base folder', async () => {
    const spec = toySpec('transfer', './images', {
      backbone: { model: 'small_cnn', weights: 'none' },
      training: { epochs: 1, batchSize: 16 },
    });
    const report = await runPipeline({
      engine,
      spec,
      seed: 1,
      context: nullRunContext({ cacheFolder: cache }),
      baseFolder: folder,
    });
    expect(report.pipeline).toBe('transfer');
  });

  it('does nothing where it is aborted before it begins', async () => {
    const reason = new Error('cancelled');
    const context = recording(cache, { signal: AbortSignal.abort(reason) });
    const spec = toySpec('transfer', './nowhere', { backbone: { model: 'small_cnn', weights: 'none' } });
    await expect(runPipeline({ engine, spec, seed: 1, context })).rejects.toBe(reason);
    expect(context.lines).toEqual([]);
  });

  it('says which dataset folder is missing, naming dataset.path', async () => {
    const spec = toySpec('transfer', './nowhere', { backbone: { model: 'small_cnn', weights: 'none' } });
    const failure = runPipeline({ engine, spec, seed: 1, context: recording(cache), baseFolder: folder });
    await expect(failure).rejects.toMatchObject({ name: 'UserError', field: 'dataset.path' });
    await expect(failure).rejects.toThrow(path.join(folder, 'nowhere'));
  });
});
