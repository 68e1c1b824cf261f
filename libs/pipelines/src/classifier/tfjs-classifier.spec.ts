import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram, loadEngine, type Engine, type Tensor } from '#engine';
import { declaredShapes } from '#models';
import { torchWeights } from '../../../../test/golden/torch-models.js';
import { checkSameClasses } from '../teacher/teacher.js';
import { buildClassifier } from './build-classifier.js';
import type { Classifier } from './classifier.js';
import { openClassifier } from './model-folder.js';
import { TFJS_DESCRIPTION_FILE } from './tfjs-description.js';
import { writeClassifier } from './write-classifier.js';

const SIZE = 24;
const BATCH = 4;
const CLASSES = ['cat', 'dog', 'cow'];
const image = { size: SIZE, resize: 'squash' as const, mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.25] } as never;

describe('openTfjsClassifier', () => {
  let engine: Engine;
  let folder: string;
  let original: Classifier;
  beforeAll(async () => {
    engine = await loadEngine();
    folder = await mkdtemp(join(tmpdir(), 'tfjs-'));
    const state = torchWeights(declaredShapes('small_cnn', { classes: 3 }).shapes);
    const parts = { architecture: 'small_cnn', networkOutputs: 3, state, sigmoidLayers: [] };
    original = buildClassifier(engine, { ...parts, classNames: CLASSES, image, outputs: 'softmax' });
    await writeClassifier(engine, original, { to: 'tfjs', out: join(folder, 'ours') });
    await elsewhere('graph');
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** The same graph, as if it came from elsewhere: it takes prepared images and says nothing of itself. */
  async function elsewhere(name: string, description?: object): Promise<string> {
    const to = join(folder, name);
    await cp(join(folder, 'ours'), to, { recursive: true });
    const { userDefinedMetadata: _, ...model } = JSON.parse(await readFile(join(to, 'model.json'), 'utf8'));
    await writeFile(join(to, 'model.json'), JSON.stringify(model));
    if (description !== undefined) await writeFile(join(to, TFJS_DESCRIPTION_FILE), JSON.stringify(description));
    return to;
  }
  const prepared = { size: SIZE, mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] };
  const pixels = () => Uint8Array.from({ length: BATCH * SIZE * SIZE * 3 }, (_, index) => (index * 7919) % 256);
  const logitsOf = (classifier: Classifier) => {
    const program = createProgram(engine, {
      state: {},
      constants: classifier.variables,
      functions: {
        look: {
          inputs: { images: { shape: [BATCH, SIZE, SIZE, 3], dtype: 'uint8' } },
          run: ({ images }) => ({ logits: classifier.forward(images).logits }),
        },
      },
    });
    const { logits } = program.call('look', { images: pixels() });
    program.dispose();
    return logits.dataSync<'float32'>();
  };
  const furthest = (a: Float32Array, b: Float32Array) =>
    Math.max(...a.map((value, index) => Math.abs(value - b[index])));

  it('answers as the network that it was written from, captured', async () => {
    const opened = await openClassifier(engine, join(folder, 'ours'));
    expect(opened).toMatchObject({ classNames: CLASSES, outputs: 'softmax', logitSize: 3 });
    expect(furthest(logitsOf(opened), logitsOf(original))).toBeLessThan(1e-4);
    expect(opened.multiplyAdds()).toBe(original.multiplyAdds());
    opened.dispose();
  });

  it('gives logits of a graph from elsewhere that answers with probabilities', async () => {
    const path = await elsewhere('softmax', { classes: CLASSES, image: prepared, logits: 'probabilities' });
    const opened = await openClassifier(engine, path);
    // Up to a constant for each image.
    const centred = (logits: Float32Array) => logits.map((value, at) => value - logits[at - (at % 3)]);
    expect(furthest(centred(logitsOf(opened)), centred(logitsOf(original)))).toBeLessThan(1e-4);
    expect(() => checkSameClasses(opened, ['cat', 'hen', 'cow'])).toThrow(
      'class 2 is "dog" for the teacher and "hen" in the dataset',
    );
    expect(() => opened.parts).toThrow(/no model can be built on top of a TensorFlow\.js model/);
    opened.dispose();
  });

  it('gives the logarithms of the probabilities of a layers model', async () => {
    const { tf } = engine;
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [SIZE, SIZE, 3], filters: 4, kernelSize: 3, activation: 'relu' }),
        tf.layers.globalAveragePooling2d({}),
        tf.layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    const path = await mkdtemp(join(folder, 'layers-'));
    await model.save(
      tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
        const manifest = [{ paths: ['all.bin'], weights: weightSpecs }];
        await writeFile(
          join(path, 'model.json'),
          JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest: manifest }),
        );
        await writeFile(join(path, 'all.bin'), Buffer.from(weightData as ArrayBuffer));
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      }),
    );
    await writeFile(
      join(path, TFJS_DESCRIPTION_FILE),
      JSON.stringify({ classes: CLASSES, image: { ...prepared, std: [1, 1, 1] } }),
    );
    const opened = await openClassifier(engine, path);
    const expected = tf.tidy(() =>
      tf
        .log(
          model.predict(
            tf.tensor(
              Float32Array.from(pixels(), (value) => value / 255),
              [BATCH, SIZE, SIZE, 3],
            ),
          ) as Tensor,
        )
        .dataSync<'float32'>(),
    );
    expect(furthest(logitsOf(opened), expected)).toBeLessThan(1e-4);
    opened.dispose();
    model.dispose();
  });

  it.each<[string, object | undefined, RegExp]>([
    ['that nothing describes', undefined, /does not say what its outputs mean/],
    [
      'with other classes than outputs',
      { classes: ['cat'], image: prepared },
      /several outputs \(.*\): name one as "logits"/,
    ],
    [
      'with fewer classes',
      { classes: ['cat'], image: prepared, logits: 'logits' },
      /makes \[1,3\], and 1 classes are named/,
    ],
    [
      'of another size',
      { classes: CLASSES, image: { ...prepared, size: 32 }, logits: 'logits' },
      /fails on an image of 32×32/,
    ],
    ['without the node', { classes: CLASSES, image: prepared, logits: 'none' }, /has no node none/],
    ['described with a wrong key', { names: CLASSES }, /distillery\.json does not describe a model/],
  ])('refuses a graph %s', async (name, description, message) => {
    const path = await elsewhere(`refused ${name}`, description);
    await expect(openClassifier(engine, path)).rejects.toThrow(message);
  });
});
