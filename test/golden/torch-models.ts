import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Engine, Tensor } from '#engine';
import { createModel, loadStateDict, parameterCount, stateDict, type ForwardMode, type Model, type StateDict } from '#models';

/** What PyTorch computes, as `torch-models.py` wrote it down. */
interface Computed {
  /** Batch after batch, class after class. */
  logits: number[];
  loss: number;
  gradientNorms: Record<string, number>;
  /** The first numbers of some running statistics after one pass in training mode. */
  statistics: Record<string, number[]>;
}
interface Architecture {
  parameters: number;
  /** Of the sorted lines `NAME SHAPE` of the state dict, in PyTorch's layout. */
  shapesSha256: string;
  /** Of the whole state dict, numbers and all, with PyTorch's own layout and counters (`hash_of` of torch-models.py). */
  stateSha256: string;
  oblong: { height: number; width: number; logits: number[] };
}
/** One of each family. */
interface Trained {
  /** Height and width of the images, pixels. */
  size: number;
  inference: Computed;
  train: Computed;
}
interface Golden {
  models: Record<string, Architecture & Partial<Trained>>;
}

const CLASSES = 5;
const BATCH = 4;
const LABELS = [0, 3, 1, 3];
const golden = JSON.parse(readFileSync(new URL('./torch-models.json', import.meta.url), 'utf8')) as Golden;

/** Numbers in [-0.5, 0.5) from exact 32-bit arithmetic: the same as `noise` of torch-models.py. */
export function noise(name: string, count: number): Float64Array {
  let seed = 0x811c9dc5;
  for (const character of name) seed = Math.imul(seed ^ character.charCodeAt(0), 0x01000193);
  const numbers = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    let x = (Math.imul(index, 0x9e3779b1) + seed) >>> 0;
    x = (x ^ (x >>> 15)) >>> 0;
    x = Math.imul(x, 0x2c1b3c6d) >>> 0;
    x = (x ^ (x >>> 12)) >>> 0;
    x = Math.imul(x, 0x297a2d39) >>> 0;
    x = (x ^ (x >>> 15)) >>> 0;
    numbers[index] = x / 2 ** 32 - 0.5;
  }
  return numbers;
}

/** SHA-256 of PyTorch's state dict of an architecture with the weights of `torchWeights`. */
export function torchStateHash(name: string): string {
  return golden.models[name].stateSha256;
}

/** The weights of torch-models.py's `fill`, moved from PyTorch's layout to TensorFlow's. */
export function torchWeights(shapes: Readonly<Record<string, readonly number[]>>): StateDict {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, declared]) => {
      const shape = [...declared];
      const count = shape.reduce((product, size) => product * size, 1);
      const u = noise(name, count);
      if (shape.length === 4) {
        const [height, width, inputs, outputs] = shape;
        // Depthwise filters are [height, width, channels, 1] here and [channels, 1, height, width] there.
        const [there, per] = outputs === 1 ? [inputs, 1] : [outputs, inputs];
        const scale = Math.sqrt(12 / (per * height * width));
        const values = new Float32Array(count);
        for (let o = 0; o < there; o++)
          for (let i = 0; i < per; i++)
            for (let p = 0; p < height * width; p++) {
              const at = outputs === 1 ? p * inputs + o : (p * inputs + i) * outputs + o;
              values[at] = u[(o * per + i) * height * width + p] * scale;
            }
        return [name, { shape, values }];
      }
      if (shape.length === 2) {
        const [inputs, outputs] = shape;
        const scale = 4 / Math.sqrt(inputs);
        const values = new Float32Array(count);
        for (let index = 0; index < count; index++) {
          values[(index % inputs) * outputs + Math.floor(index / inputs)] = u[index] * scale;
        }
        return [name, { shape, values }];
      }
      const aroundOne = name.endsWith('running_var') || name.endsWith('weight');
      return [name, { shape, values: Float32Array.from(u, (value) => (aroundOne ? 1 + 0.4 * value : 0.4 * value)) }];
    }),
  );
}

/**
 * Checks logits, loss, the gradient's norm by parameter, and the running statistics after one pass against PyTorch's.
 * @param tolerance of logits and loss, absolute
 * @param gradientTolerance of a gradient's norm, relative; a norm far below the largest one counts as a tenth of it
 */
export function expectAsTorch(
  engine: Engine,
  name: string,
  mode: ForwardMode,
  tolerance: number,
  gradientTolerance: number,
): void {
  const { tf } = engine;
  const { size, inference, train } = golden.models[name] as Trained;
  const expected = mode === 'train' ? train : inference;
  const model = filledModel(engine, name);
  const images = imagesOf(engine, size, size);
  const before = statisticsOf(model);

  const logits = tf.tidy(() => model.forward(images, mode).logits.clone());
  closeTo([...logits.dataSync()], expected.logits, tolerance, 'logits');
  if (mode !== 'train') expect(statisticsOf(model), 'running statistics drift').toEqual(before);
  for (const [key, values] of Object.entries(expected.statistics)) {
    closeTo([...model.statistics[key].dataSync().slice(0, values.length)], values, 1e-5, key);
  }

  if (mode === 'inference') {
    tf.dispose([images, logits]);
    return model.dispose();
  }
  const labels = tf.oneHot(tf.tensor1d(LABELS, 'int32'), CLASSES).toFloat();
  const { value, grads } = tf.variableGrads(
    () =>
      tf.mean(
        engine.kernels.softmaxCrossEntropy(model.forward(images, mode).logits as never, labels as never),
      ) as never,
    Object.values(model.parameters),
  );
  expect(Math.abs(value.dataSync()[0] - expected.loss)).toBeLessThan(tolerance);
  const largest = Math.max(...Object.values(expected.gradientNorms));
  expect(Object.keys(model.parameters).sort()).toEqual(Object.keys(expected.gradientNorms).sort());
  for (const [key, variable] of Object.entries(model.parameters)) {
    const norm = Math.sqrt(sumOfSquares(grads[variable.name].dataSync<'float32'>()));
    const wanted = expected.gradientNorms[key];
    expect(Math.abs(norm - wanted), `gradient of ${key}: ${norm}, PyTorch has ${wanted}`).toBeLessThan(
      gradientTolerance * Math.max(wanted, largest / 10),
    );
  }
  if (mode === 'frozen') expect(statisticsOf(model)).toEqual(before);
  tf.dispose([images, labels, logits, value, grads]);
  model.dispose();
}

/** Checks names and shapes of all parameters and statistics, and the logits of images that are not square. */
export function expectShapesAndLogitsOfTorch(engine: Engine, name: string, tolerance = 1e-4): void {
  const { parameters, shapesSha256, oblong } = golden.models[name];
  const model = filledModel(engine, name);
  expect(parameterCount(model)).toBe(parameters);
  const lines = Object.entries(stateDict(model)).map(([key, { shape }]) => `${key} ${torchShape(shape).join(',')}`);
  expect(createHash('sha256').update(lines.sort().join('\n')).digest('hex')).toBe(shapesSha256);

  const images = imagesOf(engine, oblong.height, oblong.width);
  const { logits, features } = model.forward(images, 'inference');
  expect(features.shape).toEqual([BATCH, model.featureSize]);
  closeTo([...logits.dataSync()], oblong.logits, tolerance, 'logits');
  engine.tf.dispose([images, logits, features]);
  model.dispose();
}

function filledModel(engine: Engine, name: string): Model {
  const model = createModel(engine, name, { classes: CLASSES, seed: 0 });
  const variables = Object.entries({ ...model.parameters, ...model.statistics });
  loadStateDict(model, torchWeights(Object.fromEntries(variables.map(([key, { shape }]) => [key, shape]))));
  return model;
}

function imagesOf(engine: Engine, height: number, width: number): Tensor {
  const pixels = Float32Array.from(noise('images', BATCH * height * width * 3), (value) => value * 4);
  return engine.tf.tensor(pixels, [BATCH, height, width, 3]);
}

function torchShape(shape: number[]): number[] {
  if (shape.length === 2) return [shape[1], shape[0]];
  if (shape.length < 4) return shape;
  const [height, width, inputs, outputs] = shape;
  return outputs === 1 ? [inputs, 1, height, width] : [outputs, inputs, height, width];
}

function statisticsOf(model: Model): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(model.statistics).map(([key, variable]) => [key, Float32Array.from(variable.dataSync())]),
  );
}

function closeTo(actual: number[], expected: number[], tolerance: number, what: string): void {
  const differences = expected.map((value, index) => Math.abs(value - actual[index]));
  expect(actual).toHaveLength(expected.length);
  expect(Math.max(...differences), `${what}: ${actual.slice(0, 6)} for PyTorch's ${expected.slice(0, 6)}`).toBeLessThan(
    tolerance,
  );
}

function sumOfSquares(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
