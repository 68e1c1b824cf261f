import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StateDict } from '../model.js';

interface WeightsManifest {
  weightsManifest: {
    paths: string[];
    weights: { name: string; shape: number[]; dtype: string; quantization?: unknown }[];
  }[];
}

const BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1 };

/**
 * Reads the float32 weights of a TensorFlow.js model: `model.json` names each array's shape, and the shards, joined,
 * hold the arrays one after the other. https://www.tensorflow.org/js/guide/save_load
 */
export async function readTfjsWeights(folder: string): Promise<StateDict> {
  const model = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as WeightsManifest;
  const weights: StateDict = {};
  for (const group of model.weightsManifest) {
    const bytes = Buffer.concat(await Promise.all(group.paths.map((path) => readFile(join(folder, path)))));
    let offset = 0;
    for (const { name, shape, dtype, quantization } of group.weights) {
      const width = BYTES[dtype];
      if (width === undefined || quantization !== undefined)
        throw new Error(`${name}: ${dtype} weights cannot be read`);
      const end = offset + width * shape.reduce((product, size) => product * size, 1);
      if (end > bytes.length) throw new Error(`the shards end before ${name}`);
      if (dtype === 'float32') {
        weights[name] = { shape, values: new Float32Array(Uint8Array.from(bytes.subarray(offset, end)).buffer) };
      }
      offset = end;
    }
  }
  return weights;
}
