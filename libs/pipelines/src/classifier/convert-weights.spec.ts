import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError, type ModelFormat } from '#contracts';
import { loadEngine, type Engine } from '#engine';
import { createModel, declaredShapes, readWeightsFile, stateDict, writeSafetensors, type Model } from '#models';
import { torchWeights } from '../../../../test/golden/torch-models.js';
import { buildClassifier } from './build-classifier.js';
import { convertWeights, type Conversion } from './convert-weights.js';
import { inspectWeights } from './inspect-weights.js';
import { openClassifier } from './model-folder.js';
import { writeClassifier } from './write-classifier.js';

const CLASSES = ['cat', 'dog', 'cow'];
const SIZE = 40;

describe('convertWeights', () => {
  let engine: Engine;
  let folder: string;
  let bare: string;
  let count = 0;
  beforeAll(async () => {
    engine = await loadEngine();
    folder = await mkdtemp(join(tmpdir(), 'convert-'));
    bare = join(folder, 'small_cnn.safetensors');
    await writeFile(bare, writeSafetensors(torchWeights(declaredShapes('small_cnn', { classes: 3 }).shapes)));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const surroundings = () => ({ cacheFolder: folder, signal: new AbortController().signal });
  const options = { classes: CLASSES, size: SIZE, mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.25] } as const;
  const convert = async (file: string, to: ModelFormat, more: Partial<Conversion> = {}) => {
    const out = join(folder, `out-${count++}`);
    const report = await convertWeights(engine, file, { to, out, ...more } as Conversion, surroundings());
    return { out, report };
  };
  const described = (file: string, to: ModelFormat) => convert(file, to, options as never);

  /** A model folder of small_cnn that answers a yes-or-no question per class, through so many layers on its sigmoid. */
  const questions = async (layers: number): Promise<string> => {
    const { tensors: state } = await readWeightsFile(bare);
    const weight = { shape: [3, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9) };
    const bias = { shape: [3], values: Float32Array.of(0, 1, 2) };
    const classifier = buildClassifier(engine, {
      ...{ architecture: 'small_cnn', networkOutputs: 3, state, classNames: CLASSES },
      outputs: 'sigmoid',
      sigmoidLayers: Array.from({ length: layers }, () => ({ weight, bias })),
      image: { size: SIZE, resize: 'crop', mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.25] },
    });
    const out = join(folder, `questions-${count++}`);
    await writeClassifier(engine, classifier, { to: 'model-folder', out });
    classifier.dispose();
    return out;
  };

  it.each(['torch', 'safetensors', 'tfjs'] as const)(
    'goes to %s and back with a question per class, as the metadata says',
    async (to) => {
      const asked = await questions(0);
      const { out } = await convert(asked, to);
      expect((await readWeightsFile(out)).metadata.outputs).toBe('sigmoid');
      const back = (await convert(out, 'model-folder')).out;
      const [first, second] = [await openClassifier(engine, asked), await openClassifier(engine, back)];
      expect(second.outputs).toBe('sigmoid');
      expect(second.fingerprint).toBe(first.fingerprint);
      first.dispose();
      second.dispose();
    },
  );

  it('takes no network alone for a model with layers on its sigmoid', async () => {
    const layered = await questions(1);
    for (const to of ['torch', 'safetensors'] as const) {
      await expect(convert(layered, to)).rejects.toThrow(/has layers on the sigmoid of its network, which a file/);
    }
    const { out } = await convert(layered, 'tfjs');
    await expect(convert(out, 'model-folder')).rejects.toThrow(/only the network can be taken from a graph/);
    const graph = await openClassifier(engine, out);
    expect(graph).toMatchObject({ outputs: 'sigmoid', classNames: CLASSES });
    graph.dispose();
  });

  it.each(['torch', 'safetensors', 'model-folder', 'tfjs'] as const)(
    'goes to %s and back without a changed bit',
    async (to) => {
      const { out, report } = await described(bare, to);
      expect(report).toMatchObject({ format: to, classes: CLASSES, assumed: [], outputs: 3 });
      const again = (await convert(out, 'safetensors')).out;
      const direct = (await described(bare, 'safetensors')).out;
      expect((await readFile(again)).equals(await readFile(direct))).toBe(true);
      expect(await inspectWeights(out)).toMatchObject({
        architecture: 'small_cnn',
        layout: to === 'torch' ? 'torch' : 'tensorflow',
        classes: CLASSES,
        image: { size: SIZE, mean: [0.4, 0.5, 0.6] },
      });
    },
  );

  it('reads a Keras model whose layers are called as ours are', async () => {
    const state = torchWeights(declaredShapes('small_cnn', { classes: 3 }).shapes);
    const parts: Record<string, string> = { running_mean: 'moving_mean', running_var: 'moving_variance' };
    const weights = Object.entries(state).map(([name, { shape }]) => {
      const [, layer, part] = /^(.*)\.([a-z_]+)$/.exec(name)!;
      const norm: Record<string, string> = layer.startsWith('bn')
        ? { weight: 'gamma', bias: 'beta' }
        : { weight: 'kernel' };
      return { name: `${layer}/${norm[part] ?? parts[part] ?? part}`, shape, dtype: 'float32' };
    });
    const keras = await mkdtemp(join(folder, 'keras-'));
    const manifest = [{ paths: ['all.bin'], weights }];
    await writeFile(
      join(keras, 'all.bin'),
      Buffer.concat(Object.values(state).map(({ values }) => Buffer.from(values.buffer))),
    );
    const model = { format: 'layers-model', modelTopology: { model_config: {} }, weightsManifest: manifest };
    await writeFile(join(keras, 'model.json'), JSON.stringify(model));
    expect(await inspectWeights(keras)).toMatchObject({ format: 'tfjs-layers-model', architecture: 'small_cnn' });
    const { tensors } = await readWeightsFile((await described(keras, 'safetensors')).out);
    expect(tensors).toEqual(state);
  });

  it('says what it assumed of a file that says nothing', async () => {
    const { report } = await convert(bare, 'model-folder');
    expect(report.classes).toEqual(['0', '1', '2']);
    expect(report.image).toMatchObject({ size: 32, mean: [0.485, 0.456, 0.406] });
    expect(report.assumed).toEqual([
      'classes: the numbers of the outputs, from 0',
      "images: prepared with ImageNet's mean and deviation",
      'images: of 32 pixels',
    ]);
  });

  it.each<[string, Partial<Conversion>, RegExp]>([
    ['another model', { model: 'resnet8' }, /are of small_cnn, not of resnet8/],
    ['another class', { classes: ['cat', 'hen', 'cow'] }, /class 2 is "dog" in .*, and "hen" is asked for/],
    ['fewer classes', { classes: ['cat', 'dog'] }, /2 class names are given, and the weights in .* have 3/],
    ['another mean', { mean: [0, 0, 0] }, /was trained with mean 0\.4, 0\.5, 0\.6, and 0, 0, 0 is asked for/],
  ])('refuses %s than the weights say, and says both', async (_, more, message) => {
    const { out } = await described(bare, 'torch');
    const refused = convert(out, 'safetensors', more);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(UserError);
  });

  it('overwrites nothing, and leaves nothing behind where it fails', async () => {
    const taken = convertWeights(engine, bare, { to: 'torch', out: bare }, surroundings());
    await expect(taken).rejects.toThrow(/there is something at .* already/);
    const before = await readdir(folder);
    await expect(convert(join(folder, 'nowhere'), 'torch')).rejects.toThrow(/there is nothing at/);
    expect(await readdir(folder)).toEqual(before);
  });

  it('lists what it can of weights of nothing that is known', async () => {
    const path = join(folder, 'other.safetensors');
    await writeFile(path, writeSafetensors({ a: { shape: [2], values: Float32Array.of(1, NaN) } }));
    const report = await inspectWeights(path);
    expect(report).toMatchObject({ format: 'safetensors', numbers: 2, tensors: [{ name: 'a', shape: [2] }] });
    expect(report.architecture).toBeUndefined();
    await expect(convert(path, 'torch')).rejects.toThrow(/does not say of which model its weights are/);
  });

  it('finds NaN', async () => {
    const path = join(folder, 'nan.safetensors');
    const model: Model = createModel(engine, 'small_cnn', { classes: 3, seed: 0 });
    const state = stateDict(model);
    state['fc.bias'].values[1] = NaN;
    await writeFile(path, writeSafetensors(state));
    expect((await inspectWeights(path)).problems).toEqual(['the weights hold NaN in fc.bias at position 1']);
    await expect(convert(path, 'torch')).rejects.toThrow(/NaN in fc\.bias/);
  });
});
