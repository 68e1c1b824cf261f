import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine, type Tensor } from '#engine';
import { declaredShapes, MODELS } from '#models';
import { torchWeights } from '../../../../test/golden/torch-models.js';
import { buildClassifier } from './build-classifier.js';
import type { Classifier, ClassifierParts } from './classifier.js';
import { inspectWeights } from './inspect-weights.js';
import { writeClassifier } from './write-classifier.js';

const CLASSES = ['cat', 'dog', 'cow'];
const BATCH = 3;
// All but resnet34, whose layers are resnet18's.
const FORMS = Object.values(MODELS)
  .filter(({ name }) => name !== 'resnet34')
  .flatMap(({ name, variants }) => [undefined, ...Object.keys(variants)].map((variant) => [name, variant] as const));

describe('writeClassifier', () => {
  let engine: Engine;
  let folder: string;
  let count = 0;
  beforeAll(async () => {
    engine = await loadEngine();
    folder = await mkdtemp(join(tmpdir(), 'write-classifier-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  function make(architecture: string, variant?: string, outputs: ClassifierParts['outputs'] = 'softmax'): Classifier {
    const state = torchWeights(declaredShapes(architecture, { classes: CLASSES.length, variant }).shapes);
    // An activation is not clipped to below zero.
    for (const [name, { values }] of Object.entries(state)) if (name.endsWith('.limit')) values.fill(6);
    // Odd, and small.
    const size = architecture === 'inception_v3' ? 75 : 33;
    return buildClassifier(engine, {
      ...{
        architecture,
        variant,
        state,
        networkOutputs: CLASSES.length,
        sigmoidLayers: [],
        classNames: CLASSES,
        outputs,
      },
      image: { size, resize: 'squash', mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.25] },
    });
  }

  const imagesFor = ({ image: { size } }: Classifier) => ({
    /** Of 0 to 255. */
    pixels: Float32Array.from({ length: BATCH * size * size * 3 }, (_, index) => (index * 7919) % 256),
    shape: [BATCH, size, size, 3],
  });
  const logitsOf = (classifier: Classifier) => {
    const { pixels, shape } = imagesFor(classifier);
    return engine.tf.tidy(() => classifier.forward(engine.tf.tensor(pixels, shape)).logits.dataSync<'float32'>());
  };
  const write = async (classifier: Classifier, to: 'tfjs' | 'saved-model') => {
    const out = join(folder, `${to}-${count++}`);
    await writeClassifier(engine, classifier, { to, out });
    return out;
  };
  const expectClose = (found: ArrayLike<number>, expected: ArrayLike<number>) => {
    expect(found).toHaveLength(expected.length);
    const differences = Array.from(found, (value, index) => Math.abs(value - expected[index]));
    expect(Math.max(...differences)).toBeLessThan(1e-5);
  };

  /** What TensorFlow.js's own executor makes of the first so many images, for each number that is asked for. */
  async function runTfjs(out: string, { pixels, shape }: ReturnType<typeof imagesFor>, batches: readonly number[]) {
    const { tf } = engine;
    const json = JSON.parse(await readFile(join(out, 'model.json'), 'utf8'));
    const bytes = await readFile(join(out, 'weights.bin'));
    const weightSpecs = json.weightsManifest[0].weights;
    const graph = await tf.loadGraphModel({
      load: async () => ({ ...json, weightSpecs, weightData: Uint8Array.from(bytes).buffer }),
    });
    const results = batches.map((batch) =>
      tf.tidy(() => {
        const images = tf.slice(tf.tensor(pixels, shape), 0, batch);
        const outputs = graph.execute({ images }, ['logits', 'probabilities']) as Tensor[];
        const [logits, probabilities] = outputs.map((output) => output.dataSync<'float32'>());
        return { logits, probabilities };
      }),
    );
    graph.dispose();
    return results;
  }

  function runSavedModel(out: string, { pixels, shape }: ReturnType<typeof imagesFor>): Float32Array {
    const { binding } = engine.tf.backend() as unknown as { binding: SavedModels };
    const session = binding.loadSavedModel(out, 'serve');
    const input = binding.createTensor(shape, binding.TF_FLOAT, pixels);
    const [output] = binding.runSavedModel(session, [input], 'images:0', 'logits:0');
    const logits = Float32Array.from(binding.tensorDataSync(output.id));
    for (const id of [input, output.id]) binding.deleteTensor(id);
    binding.deleteSavedModel(session);
    return logits;
  }

  it.each(FORMS)(
    'writes %s (variant %s) as graphs that give the same logits in TensorFlow.js, for batches of any size, and in TensorFlow',
    async (architecture, variant) => {
      const classifier = make(architecture, variant);
      const expected = logitsOf(classifier);
      const images = imagesFor(classifier);

      const tfjs = await write(classifier, 'tfjs');
      const [all, first] = await runTfjs(tfjs, images, [BATCH, 1]);
      expectClose(all.logits, expected);
      expectClose(first.logits, expected.subarray(0, CLASSES.length));
      // Its weights have the names of the network, so it is read as weights too.
      const read = await inspectWeights(tfjs);
      expect(read).toMatchObject({ format: 'tfjs-graph-model', classes: CLASSES, architecture, problems: [] });

      const savedModel = await write(classifier, 'saved-model');
      expect((await readdir(savedModel)).sort()).toEqual(['assets.extra', 'saved_model.pb']);
      expectClose(runSavedModel(savedModel, images), expected);
      classifier.dispose();
      for (const out of [tfjs, savedModel]) await rm(out, { recursive: true });
    },
    120_000,
  );

  it.each([
    ['softmax', (z: number, all: number[]) => Math.exp(z) / all.reduce((sum, other) => sum + Math.exp(other), 0)],
    ['sigmoid', (z: number) => 1 / (1 + Math.exp(-z))],
  ] as const)(
    'writes a graph whose probabilities are the %s of its logits, where the outputs are that',
    async (outputs, p) => {
      const classifier = make('small_cnn', undefined, outputs);
      const out = await write(classifier, 'tfjs');
      const [{ logits, probabilities }] = await runTfjs(out, imagesFor(classifier), [BATCH]);
      const rows = Array.from({ length: BATCH }, (_, row) => [...logits.slice(row * 3, row * 3 + 3)]);
      expectClose(
        probabilities,
        rows.flatMap((row) => row.map((z) => p(z, row))),
      );
      classifier.dispose();
    },
  );
});

interface SavedModels {
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(session: number): void;
  createTensor(shape: number[], dtype: number, values: Float32Array): number;
  deleteTensor(id: number): void;
  runSavedModel(session: number, ids: number[], inputs: string, outputs: string): { id: number }[];
  tensorDataSync(id: number): Float32Array;
  TF_FLOAT: number;
}
