import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as Datasets from '#datasets';
import { recording, toySpec } from '../../../test/pipelines/toy.js';
import { toyGround, trainTeacher } from '../../../test/pipelines/toy-ground.js';
import { buildClassifier } from './classifier/build-classifier.js';
import { openClassifier } from './classifier/model-folder.js';
import { writeClassifier } from './classifier/write-classifier.js';
import { runPipeline } from './run-pipeline.js';

/** Makes the mistake on purpose: an image that is tested with is among those that are trained on. */
const mistaken = vi.hoisted(() => ({ sharesAnImage: false }));
vi.mock('#datasets', async (original) => {
  const { watchedDatasets } = await import('../../../test/pipelines/watched-datasets.js');
  return watchedDatasets(
    await original<typeof Datasets>(),
    () => () => {},
    (dataset) => {
      if (!mistaken.sharesAnImage) return dataset;
      const hashes = [dataset.test.hashes[0], ...dataset.train.hashes.slice(1)];
      return { ...dataset, train: { ...dataset.train, hashes } };
    },
  );
});

const ground = await toyGround();
const { engine, folder, images, cache } = ground;
const teacher = await trainTeacher(ground);

/** Each guard has a spec of its own; here each is found in the runs that it guards. */
describe('a run', () => {
  beforeEach(() => {
    mistaken.sharesAnImage = false;
  });

  const context = () => recording(cache);
  const specs = {
    transfer: { backbone: { model: 'small_cnn', weights: 'none' } },
    distillation: { teacher: { path: teacher }, student: { model: 'small_cnn' } },
    logistic: { teacher: { path: teacher } },
  };
  const run = (pipeline: keyof typeof specs, into = context(), fields: Record<string, unknown> = {}) =>
    runPipeline({
      engine,
      spec: toySpec(pipeline, images, { ...specs[pipeline], ...fields }),
      seed: 1,
      context: into,
    });

  it.each(['transfer', 'distillation', 'logistic'] as const)(
    'of %s ends before its first step where an image is trained on and tested with',
    async (pipeline) => {
      mistaken.sharesAnImage = true;
      const into = context();
      const failure = run(pipeline, into);
      await expect(failure).rejects.toThrow(/^1 image is in train and in test of .* \(SHA-256 of the pixels/);
      await expect(failure).rejects.toMatchObject({ name: 'UserError', field: 'dataset' });
      expect(into.points).toEqual([]);
    },
  );

  it('of distillation refuses a teacher that gives probabilities', async () => {
    const trained = await openClassifier(engine, teacher);
    const [weight, bias] = trained.head;
    const { state } = trained.parts;
    const certain = buildClassifier(engine, {
      ...trained.parts,
      state: {
        ...state,
        [weight]: { ...state[weight], values: new Float32Array(state[weight].values.length) },
        [bias]: { ...state[bias], values: Float32Array.of(0.2, 0.3, 0.5) },
      },
    });
    const out = path.join(folder, 'probabilities');
    await writeClassifier(engine, certain, { to: 'model-folder', out });
    for (const classifier of [trained, certain]) classifier.dispose();
    const failure = run('distillation', context(), { teacher: [{ path: teacher }, { path: out }] });
    await expect(failure).rejects.toThrow('the teacher small_cnn gives probabilities where logits are expected');
    await expect(failure).rejects.toMatchObject({ name: 'UserError', field: 'teacher.1' });
  });

  it('of distillation refuses a teacher whose answer to an image depends on the others in the batch', async () => {
    const trained = await openClassifier(engine, teacher);
    const out = path.join(folder, 'of-a-batch');
    await writeClassifier(engine, trained, { to: 'tfjs', out });
    trained.dispose();
    await expect(run('distillation', context(), { teacher: { path: out } })).resolves.toBeDefined();
    await multiplyByTheBatch(path.join(out, 'model.json'));
    const failure = run('distillation', context(), { teacher: { path: out } });
    await expect(failure).rejects.toThrow(
      'works in training mode: its answer to an image changes with the other images',
    );
    await expect(failure).rejects.toMatchObject({ name: 'UserError' });
  });
});

/** Makes the logits z of a graph z · zᵀz, in which zᵀz is a sum over the batch. */
async function multiplyByTheBatch(file: string): Promise<void> {
  const model = JSON.parse(await readFile(file, 'utf8')) as {
    modelTopology: { node: { name: string; op: string; input: string[]; attr: object }[] };
  };
  const { node } = model.modelTopology;
  const logits = node.find(({ name }) => name === 'logits')!;
  const [z] = logits.input;
  const product = (transposed: boolean) => ({
    op: 'MatMul',
    attr: { T: { type: 1 }, transpose_a: { b: transposed }, transpose_b: { b: false } },
  });
  node.push({ name: 'squares', input: [z, z], ...product(true) });
  Object.assign(logits, { input: [z, 'squares'], ...product(false) });
  await writeFile(file, JSON.stringify(model));
}
