import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '#contracts';
import { loadEngine, type Engine } from '#engine';
import { createModel, stateDict, writeModel, writeSafetensors, type Model, type ModelDescription } from '#models';
import { nullRunContext } from '../null-run-context.js';
import { openTeacher } from '../teacher/teacher.js';
import { findBackbone } from './backbone.js';
import { findWeights } from './weights.js';

const description: ModelDescription = {
  classes: ['cat', 'dog', 'cow'],
  preprocessing: { mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] },
  imageSize: 32,
  resize: 'squash',
};
const image = { size: 24, resize: 'squash' as const, mean: [0, 0, 0] as never, std: [1, 1, 1] as never };

describe('findWeights', () => {
  let engine: Engine;
  let folder: string;
  let model: Model;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'cpu' });
    folder = await mkdtemp(join(tmpdir(), 'weights-'));
    model = createModel(engine, 'small_cnn', { classes: 3, seed: 5 });
    await writeFile(join(folder, 'bare.safetensors'), writeSafetensors(stateDict(model)));
    for (const layout of ['torch', 'tensorflow'] as const) {
      await writeFile(join(folder, `${layout}.safetensors`), writeModel(model, description, { layout }));
    }
  });
  afterAll(() => rm(folder, { recursive: true }));
  const find = (weights: string, name = 'small_cnn') =>
    findWeights({ model: name, weights }, { field: 'backbone.weights', baseFolder: folder });

  it.each(['torch', 'tensorflow'])('reads a file that describes itself, in the layout of %s', async (layout) => {
    const found = await find(`${layout}.safetensors`);
    expect(found).toMatchObject({
      kind: 'saved',
      parts: {
        architecture: 'small_cnn',
        networkOutputs: 3,
        classNames: ['cat', 'dog', 'cow'],
        image: { size: 32, mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] },
      },
    });
    expect(found.kind === 'saved' && found.parts.state).toEqual(stateDict(model));
  });

  it('takes a file that says nothing of itself for the architecture that the spec names', async () => {
    const found = await find('./bare.safetensors');
    expect(found).toMatchObject({ kind: 'bare', parts: { architecture: 'small_cnn', networkOutputs: 3 } });
    expect(found.kind === 'bare' && found.parts.state).toEqual(stateDict(model));
  });

  it('names the field, and the model that they fit, where they are of another architecture', async () => {
    const bare = find('./bare.safetensors', 'resnet8');
    await expect(bare).rejects.toThrow(/bare\.safetensors: the weights do not fit resnet8/);
    await expect(bare).rejects.toMatchObject({
      field: 'backbone.weights',
      remedy: 'They fit small_cnn: name that model.',
    });
    await expect(find('./torch.safetensors', 'resnet8')).rejects.toThrow(/are of small_cnn, not of resnet8/);
  });

  it('refuses class names that are not as many as the outputs, and says both numbers', async () => {
    const two = createModel(engine, 'small_cnn', { classes: 2, seed: 5 });
    const metadata = {
      format: 'distillery-model/1',
      architecture: 'small_cnn',
      description: JSON.stringify(description),
    };
    await writeFile(join(folder, 'two.safetensors'), writeSafetensors(stateDict(two), metadata));
    await expect(find('./two.safetensors')).rejects.toThrow(
      /3 class names are given, and the weights in .*two\.safetensors have 2 outputs/,
    );
  });

  it.each(['none.pth', './nothing'])('says where there is nothing: %s', async (weights) => {
    await expect(find(weights)).rejects.toThrow(/there is nothing at/);
    await expect(find(weights)).rejects.toBeInstanceOf(UserError);
  });

  it('makes a backbone of a bare file, for images as the spec prepares them, and says so', async () => {
    const said: string[] = [];
    const context = nullRunContext({ log: (_, message) => said.push(message) });
    const spec = { backbone: { model: 'small_cnn', weights: './bare.safetensors', freeze: false }, image } as never;
    const backbone = await findBackbone(engine, spec, { seed: 1, baseFolder: folder, context });
    expect(backbone.image).toEqual(image);
    expect(said[0]).toMatch(/bare\.safetensors does not say how images were prepared/);
    const made = await backbone.load(7);
    expect(made.classes).toBe(7);
    expect(stateDict(made)['conv1.weight']).toEqual(stateDict(model)['conv1.weight']);
  });

  it('makes a teacher without classes of a bare file', async () => {
    const teacher = await openTeacher(
      engine,
      { model: 'small_cnn', weights: './bare.safetensors' },
      { baseFolder: folder, image, context: nullRunContext() },
    );
    expect(teacher).toMatchObject({ classNames: [], featureSize: 80 });
    teacher.dispose();
  });
});
