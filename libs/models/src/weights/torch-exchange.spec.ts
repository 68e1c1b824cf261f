import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { exchangeWithTorch, writeImages, type Images } from '../../../../test/golden/torch-exchange.js';
import { noise, torchWeights } from '../../../../test/golden/torch-models.js';
import { testPytorch } from '../../../../test/services/test-services.js';
import { createModel, MODELS } from '../create-model.js';
import { declaredShapes } from '../declared-shapes.js';
import { writeSafetensors } from '../safetensors.js';
import { loadStateDict } from '../state-dict.js';
import { fitWeights } from './fit-weights.js';
import { readTorchFile } from './torch/torch-file.js';
import { torchStateDict } from './torch-state-dict.js';

// Where there is no PyTorch, the hashes of torch-state-dict.spec.ts are the proof.
const python = await testPytorch();
const [HEIGHT, WIDTH, BATCH] = [41, 35, 4];
const CLASSES = 5;
const NAMES = Object.keys(MODELS);

describe.skipIf(python === undefined)('weights that PyTorch loads and saves', () => {
  let engine: Engine;
  let folder: string;
  let logits: Record<string, number[]>;
  const weightsOf = (name: string) => torchWeights(declaredShapes(name, { classes: CLASSES }).shapes);
  const imagesOf = (name: string): Images => {
    const larger = name === 'inception_v3' ? 70 : 0;
    const shape = [BATCH, HEIGHT + larger, WIDTH + larger, 3];
    const count = shape.reduce((product, size) => product * size);
    return { shape, values: Float32Array.from(noise('images', count), (value) => value * 4) };
  };

  beforeAll(async () => {
    engine = await loadEngine();
    folder = await mkdtemp(join(tmpdir(), 'torch-exchange-'));
    for (const name of NAMES) {
      const exported = torchStateDict(weightsOf(name), { model: name, classes: CLASSES });
      await writeFile(join(folder, `${name}.safetensors`), writeSafetensors(exported));
      await writeImages(folder, name, imagesOf(name));
    }
    logits = await exchangeWithTorch(python!, folder);
  }, 600_000);
  afterAll(() => rm(folder, { recursive: true }));

  it.each(NAMES)('%s: load with strict=True there, come back, and give the same logits', async (name) => {
    const original = weightsOf(name);
    const { state } = fitWeights(name, await readTorchFile(join(folder, `${name}.pth`)), name);
    expect(Object.keys(state)).toEqual(Object.keys(original));
    expect(Object.keys(original).filter((key) => !sameBits(state[key].values, original[key].values))).toEqual([]);
    const { tf } = engine;
    const model = createModel(engine, name, { classes: CLASSES, seed: 4 });
    loadStateDict(model, original);
    const { values, shape } = imagesOf(name);
    const own = tf.tidy(() => model.forward(tf.tensor(values, shape), 'inference').logits.dataSync());
    const furthest = Math.max(...logits[name].map((value, index) => Math.abs(value - own[index])));
    expect(furthest).toBeLessThan(1e-4);
    model.dispose();
  });
});

function sameBits(a: Float32Array, b: Float32Array): boolean {
  const [left, right] = [a, b].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  return left.equals(right);
}
