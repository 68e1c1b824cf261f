import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel } from '#models';
import { recording, saveArtifacts, temporaryFolder } from '../../../../test/pipelines/toy.js';
import { buildClassifier, partsOf } from './build-classifier.js';
import type { Classifier, ClassifierParts } from './classifier.js';
import { openClassifier, writeModelFolder } from './model-folder.js';

const image: ClassifierParts['image'] = { size: 16, resize: 'crop', mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] };

describe('a model folder', () => {
  let engine: Engine;
  let folder: string;
  let remove: () => Promise<void>;
  let classifier: Classifier;
  let modelFolder: string;
  beforeAll(async () => {
    engine = await loadEngine();
  });
  beforeEach(async () => {
    ({ folder, remove } = await temporaryFolder());
    const model = createModel(engine, 'small_cnn', { classes: 4, seed: 1 });
    const layer = (inputs: number, outputs: number) => ({
      weight: {
        shape: [inputs, outputs],
        values: Float32Array.from({ length: inputs * outputs }, (_, i) => i / 7 - 1),
      },
      bias: { shape: [outputs], values: Float32Array.from({ length: outputs }, (_, i) => i) },
    });
    classifier = buildClassifier(engine, {
      ...partsOf(model),
      sigmoidLayers: [layer(4, 5), layer(5, 3)],
      classNames: ['x', 'y', 'z'],
      image,
      outputs: 'sigmoid',
    });
    model.dispose();
    const context = recording(folder);
    await writeModelFolder(context, classifier);
    modelFolder = await saveArtifacts(context, folder);
  });
  afterEach(async () => {
    classifier.dispose();
    await remove();
  });

  const outputsOf = ({ forward }: Classifier) =>
    engine.tf.tidy(() => {
      const pixels = Int32Array.from({ length: 2 * 16 * 16 * 3 }, (_, i) => (i * 37) % 256);
      const { logits, features } = forward(engine.tf.tensor(pixels, [2, 16, 16, 3], 'int32'));
      return [Array.from(logits.dataSync()), Array.from(features.dataSync())];
    });

  it('gives back the classifier that was written, to the bit', async () => {
    const opened = await openClassifier(engine, modelFolder);
    expect(outputsOf(opened)).toEqual(outputsOf(classifier));
    expect(outputsOf(opened)[0]).toHaveLength(6);
    expect(opened.fingerprint).toBe(classifier.fingerprint);
    const { classNames, outputs, parameters, logitSize } = opened;
    expect({ classNames, outputs, image: opened.image, parameters, logitSize }).toEqual({
      classNames: ['x', 'y', 'z'],
      outputs: 'sigmoid',
      image,
      // 89,674 with ten classes (see small-cnn.ts), of which 810 are the head; here the head has 4 outputs.
      parameters: 89_674 - 810 + 81 * 4 + 5 * 5 + 6 * 3,
      logitSize: 3,
    });
    opened.dispose();
  });

  it('has another fingerprint for another preprocessing or another weight', () => {
    const { parts } = classifier;
    const other = buildClassifier(engine, { ...parts, image: { ...image, size: 17 } });
    const bias = { shape: [4], values: Float32Array.of(0, 0, 0, 1e-7) };
    const changed = buildClassifier(engine, { ...parts, state: { ...parts.state, 'fc.bias': bias } });
    expect(new Set([classifier, other, changed].map(({ fingerprint }) => fingerprint)).size).toBe(3);
    other.dispose();
    changed.dispose();
  });

  it.each([
    ['is missing', 'model.json is missing', () => rm(modelFolder, { recursive: true })],
    ['has no weights', 'weights.safetensors is missing', () => rm(path.join(modelFolder, 'weights.safetensors'))],
    [
      'has a description that is no JSON',
      'model.json does not describe a model',
      () => writeFile(path.join(modelFolder, 'model.json'), '{'),
    ],
    ['has a description of another form', 'format', () => change({ format: 'other/1' })],
    ['has other weights', 'SHA-256 differs', () => writeFile(path.join(modelFolder, 'weights.safetensors'), 'weights')],
    ['names too few classes', 'it has 3 outputs, but 2 class names', () => change({ classes: ['x', 'y'] })],
    ['names another head', 'layer 1 on the sigmoid does not fit', () => change({ networkOutputs: 5 })],
    [
      'names an unknown network',
      'unknown model "small_cn"; did you mean "small_cnn"',
      () => change({ architecture: 'small_cn' }),
    ],
    ['names another network', 'the weights do not fit resnet20', () => change({ architecture: 'resnet20' })],
  ])('is refused in words where it %s', async (_, message, damage) => {
    await damage();
    const failure = openClassifier(engine, modelFolder);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ name: 'UserError' });
  });

  async function change(fields: Record<string, unknown>): Promise<void> {
    const file = path.join(modelFolder, 'model.json');
    const description = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    await writeFile(file, JSON.stringify({ ...description, ...fields }));
  }
});
