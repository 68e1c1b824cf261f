import type { StateDict } from '../model.js';

/** One parameter or statistic. */
export type Weight = StateDict[string];

/** Whose order of axes: `torch` has convolutions OIHW and linear layers `[out, in]`, `tensorflow` HWIO and `[in, out]`. */
export type Layout = 'torch' | 'tensorflow';

/**
 * What PyTorch calls a parameter's shape. Of four axes of which the last is 1 it is a depthwise filter (no other
 * convolution here makes a single channel): `[height, width, channels, 1]` is `[channels, 1, height, width]`.
 */
export function torchShape(shape: readonly number[]): number[] {
  if (shape.length === 2) return [shape[1], shape[0]];
  if (shape.length !== 4) return [...shape];
  const [height, width, inputs, outputs] = shape;
  return outputs === 1 ? [inputs, 1, height, width] : [outputs, inputs, height, width];
}

/** A parameter in PyTorch's layout: the same numbers in another order. */
export function toTorch({ shape, values }: Weight): Weight {
  const [positions, inputs, outputs] = axesOf(shape);
  return { shape: torchShape(shape), values: reversed(values, positions, inputs, outputs) };
}

/**
 * A parameter of PyTorch's layout in TensorFlow's.
 * @param shape that it has there
 */
export function fromTorch({ values }: Weight, shape: readonly number[]): Weight {
  const [positions, inputs, outputs] = axesOf(shape);
  return { shape: [...shape], values: reversed(values, outputs, inputs, positions) };
}

/** TensorFlow's axes, height and width as one. */
function axesOf(shape: readonly number[]): [positions: number, inputs: number, outputs: number] {
  if (shape.length === 2) return [shape[0], 1, shape[1]];
  if (shape.length !== 4) return [1, 1, shape.reduce((product, size) => product * size, 1)];
  const [height, width, inputs, outputs] = shape;
  return [height * width, inputs, outputs];
}

/** `[a, b, c]` → `[c, b, a]`: for filters HWIO ↔ OIHW, depthwise ones too, since there one axis is 1. */
function reversed(values: Float32Array, a: number, b: number, c: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let k = 0; k < c; k++) result[(k * b + j) * a + i] = values[(i * b + j) * c + k];
    }
  }
  return result;
}
