import { describe, expect, it } from 'vitest';
import { UserError } from '#contracts';
import { loadEngine } from '#engine';
import {
  createModel,
  parseSafetensors,
  readModel,
  stateDict,
  writeModel,
  writeSafetensors,
  type ModelDescription,
} from './index.js';

const description: ModelDescription = {
  classes: ['cat', 'dog', 'ünïcode'],
  preprocessing: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  imageSize: 96,
  resize: 'squash',
  outputs: 'sigmoid',
};

const engine = await loadEngine({ backend: 'cpu' });

describe('a model file', () => {
  it.each([
    ['small_cnn', undefined],
    ['mobilenet_v2', 'coco'],
  ])('rebuilds %s (variant %s) identically, with its description', async (name, variant) => {
    const model = createModel(engine, name, { classes: 3, seed: 4, variant });
    const read = await readModel(engine, writeModel(model, description));
    expect(read.description).toEqual(description);
    expect(read.model).toMatchObject({ name, classes: 3 });
    expect(read.model.variant).toBe(variant);
    const [original, again] = [model, read.model].map((each) => Buffer.from(writeModel(each, description)));
    expect(again.equals(original)).toBe(true);
  });

  it('takes the outputs for one question where a file says nothing of them', async () => {
    const model = createModel(engine, 'small_cnn', { classes: 3, seed: 4 });
    const { tensors, metadata } = parseSafetensors(writeModel(model, description));
    const { outputs: _, ...earlier } = metadata;
    const read = await readModel(engine, writeSafetensors(tensors, earlier));
    expect(read.description.outputs).toBe('softmax');
  });

  it('refuses weights that do not say of which model they are', async () => {
    const model = createModel(engine, 'small_cnn', { classes: 3, seed: 4 });
    const anonymous = readModel(engine, writeSafetensors(stateDict(model)));
    await expect(anonymous).rejects.toThrow(/does not say of which model/);
    await expect(anonymous).rejects.toBeInstanceOf(UserError);
  });

  it('refuses a file that names one architecture and holds another', async () => {
    const model = createModel(engine, 'small_cnn', { classes: 3, seed: 4 });
    const metadata = {
      format: 'distillery-model/1',
      architecture: 'resnet20',
      description: JSON.stringify(description),
    };
    const before = engine.tf.memory().numTensors;
    await expect(readModel(engine, writeSafetensors(stateDict(model), metadata))).rejects.toThrow(
      /do not fit resnet20/,
    );
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  it('refuses class names that are not as many as the classes', () => {
    const model = createModel(engine, 'small_cnn', { classes: 2, seed: 4 });
    expect(() => writeModel(model, description)).toThrow('3 class names for a model of 2 classes');
  });
});
