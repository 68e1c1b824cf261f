import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { UserError } from '#contracts';
import { declaredShapes } from '../declared-shapes.js';
import { describedModel } from '../model-file.js';
import type { StateDict } from '../model.js';
import { readSafetensorsFrom } from '../safetensors.js';
import { withWeightsFile } from './byte-source.js';
import { kerasNames } from './tfjs/keras-names.js';
import { readTfjsModel, TFJS_MODEL_FILE } from './tfjs/read-tfjs-model.js';
import { readTflite } from './tflite/read-tflite.js';
import { readTorch } from './torch/torch-file.js';

export const WEIGHTS_FORMATS = ['safetensors', 'torch', 'tfjs-graph-model', 'tfjs-layers-model', 'tflite'] as const;
export type WeightsFormat = (typeof WEIGHTS_FORMATS)[number];

/** Weights as a file has them. */
export interface WeightsFile {
  format: WeightsFormat;
  /** Float32, in the layout and under the names of the file. */
  tensors: StateDict;
  /** What the file says of itself. */
  metadata: Readonly<Record<string, string>>;
}

/**
 * Reads weights of any format that is known, told by the file's first bytes: safetensors, PyTorch's `.pth`, TensorFlow
 * Lite, and TensorFlow.js (a folder with `model.json`, or that file).
 * @throws UserError that says what is wrong with the file
 */
export async function readWeightsFile(path: string): Promise<WeightsFile> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new UserError(`cannot read weights from ${path}: ${(cause as Error).message}`, { cause });
  });
  if (info.isDirectory()) return readTfjs(path);
  if (basename(path) === TFJS_MODEL_FILE) return readTfjs(dirname(path));
  return withWeightsFile(path, async (source) => {
    const beginning = Buffer.from((await source.read(0, Math.min(8, source.size))).buffer);
    if (isTorch(beginning)) return { format: 'torch', tensors: await readTorch(source, path), metadata: {} };
    if (beginning.toString('latin1', 4) === 'TFL3') {
      return { format: 'tflite', tensors: await readTflite(source, path), metadata: {} };
    }
    return { format: 'safetensors', ...(await readSafetensorsFrom(source, path)) };
  });
}

/** A zip file, or a pickle of protocol 2 that begins with a long whole number. */
function isTorch(beginning: Buffer): boolean {
  return beginning.toString('latin1', 0, 2) === 'PK' || beginning.toString('latin1', 0, 3) === '\x80\x02\x8a';
}

async function readTfjs(folder: string): Promise<WeightsFile> {
  const { format, tensors, metadata } = await readTfjsModel(folder);
  if (format === 'layers-model') return { format: 'tfjs-layers-model', tensors: kerasNames(tensors), metadata };
  const described = describedModel(metadata);
  if (described === undefined) return { format: 'tfjs-graph-model', tensors, metadata };
  // A graph that was written here: its other constants are of the preparation of images.
  const { shapes } = declaredShapes(described.architecture, { classes: 1, variant: described.variant });
  const weights = Object.entries(tensors).filter(([name]) => Object.hasOwn(shapes, name));
  return { format: 'tfjs-graph-model', tensors: Object.fromEntries(weights), metadata };
}
