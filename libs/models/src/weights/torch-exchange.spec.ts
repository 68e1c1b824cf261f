import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder, loadEngine, type Engine } from '#engine';
import { noise, torchWeights } from '../../../../test/golden/torch-models.js';
import { createModel, MODELS } from '../create-model.js';
import { declaredShapes } from '../declared-shapes.js';
import { writeSafetensors } from '../safetensors.js';
import { loadStateDict } from '../state-dict.js';
import { fitWeights } from './fit-weights.js';
import { readTorchFile } from './torch/torch-file.js';
import { torchStateDict } from './torch-state-dict.js';

// The bench's own Python, made by bench/engine/rivals/python-environment.js; elsewhere the hashes of
// torch-state-dict.spec.ts are the proof.
const python = join(cacheFolder(), 'bench', 'python-torch-2.14.1', 'bin', 'python');
const [HEIGHT, WIDTH, BATCH] = [41, 35, 4];
const CLASSES = 5;
// One of each family: the layers of the others are the same, and their state dictionaries are compared by hash.
const SIBLINGS = new Set(['resnet8', 'resnet56', 'wrn_40_2', 'resnet34', 'shufflenet_v2_x0_5']);
const NAMES = Object.keys(MODELS).filter((name) => !SIBLINGS.has(name));

describe.skipIf(!existsSync(python))('weights that PyTorch loads and saves', () => {
  let engine: Engine;
  let folder: string;
  let logits: Record<string, number[]>;
  const weightsOf = (name: string) => torchWeights(declaredShapes(name, { classes: CLASSES }).shapes);

  beforeAll(async () => {
    engine = await loadEngine();
    folder = await mkdtemp(join(tmpdir(), 'torch-exchange-'));
    for (const name of NAMES) {
      const exported = torchStateDict(weightsOf(name), { model: name, classes: CLASSES });
      await writeFile(join(folder, `${name}.safetensors`), writeSafetensors(exported));
    }
    const script = resolve(import.meta.dirname, '../../../../test/golden/torch-exchange.py');
    // PyTorch makes a folder for what it might compile as soon as it is imported.
    const env = { ...process.env, TORCHINDUCTOR_CACHE_DIR: join(folder, 'inductor') };
    await promisify(execFile)(python, [script, folder, String(HEIGHT), String(WIDTH)], { env });
    logits = JSON.parse(await readFile(join(folder, 'logits.json'), 'utf8')) as Record<string, number[]>;
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true }));

  it.each(NAMES)('%s: load with strict=True there, come back, and give the same logits', async (name) => {
    const original = weightsOf(name);
    const larger = name === 'inception_v3' ? 70 : 0;
    const [height, width] = [HEIGHT + larger, WIDTH + larger];
    const { state } = fitWeights(name, await readTorchFile(join(folder, `${name}.pth`)), name);
    expect(Object.keys(state)).toEqual(Object.keys(original));
    expect(Object.keys(original).filter((key) => !sameBits(state[key].values, original[key].values))).toEqual([]);
    const { tf } = engine;
    const model = createModel(engine, name, { classes: CLASSES, seed: 4 });
    loadStateDict(model, original);
    const pixels = Float32Array.from(noise('images', BATCH * height * width * 3), (value) => value * 4);
    const own = tf.tidy(() =>
      model.forward(tf.tensor(pixels, [BATCH, height, width, 3]), 'inference').logits.dataSync(),
    );
    const furthest = Math.max(...logits[name].map((value, index) => Math.abs(value - own[index])));
    expect(furthest).toBeLessThan(1e-4);
    model.dispose();
  });
});

function sameBits(a: Float32Array, b: Float32Array): boolean {
  const [left, right] = [a, b].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  return left.equals(right);
}
