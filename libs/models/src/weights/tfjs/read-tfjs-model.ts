import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '#contracts';
import type { StateDict } from '../../model.js';
import { MAX_WEIGHTS_BYTES, withWeightsFile } from '../byte-source.js';
import { decodeTfjsWeight, TfjsWeightSchema, tfjsBytes, tfjsDecodedBytes, type TfjsWeight } from './tfjs-weight.js';

/** A TensorFlow.js model in a folder. */
export interface TfjsModel {
  format: 'graph-model' | 'layers-model';
  /** Weights of numbers by name, as the model calls them; whole numbers and truth values are constants of its graph. */
  tensors: StateDict;
  /** What its writer says of it, such as `architecture`; empty where that is nothing. */
  metadata: Readonly<Record<string, string>>;
  /** All of it, for `tf.loadGraphModel` or `tf.loadLayersModel`. */
  artifacts: { modelTopology: unknown; weightSpecs: readonly TfjsWeight[]; weightData: Uint8Array };
}

export const TFJS_MODEL_FILE = 'model.json';
const MAX_MODEL_JSON_BYTES = 64 * 1024 ** 2;
/** A file beside `model.json`: no name leads out of the folder. */
const shardName = z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/, 'is no name of a file in the same folder');
const ModelSchema = z.object({
  format: z.enum(['graph-model', 'layers-model']).optional(),
  modelTopology: z.unknown(),
  weightsManifest: z.array(z.object({ paths: z.array(shardName).max(10_000), weights: z.array(TfjsWeightSchema) })),
  userDefinedMetadata: z.record(z.string(), z.unknown()).optional(),
});

/**
 * Reads the weights of a TensorFlow.js model: `model.json` names each array, and the shards beside it, joined, hold the
 * arrays one after the other. Quantised ones (uint8, uint16, float16) become float32.
 * https://www.tensorflow.org/js/guide/save_load
 * @throws UserError that says what is wrong with the folder
 */
export async function readTfjsModel(folder: string): Promise<TfjsModel> {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new UserError(`${folder} is not a usable TensorFlow.js model: ${reason}`, {
      remedy: 'Convert the model once more with tensorflowjs_converter, or give its weights as safetensors or .pth.',
      cause,
    });
  };
  const model = parseModel(await readModelJson(folder, refuse), refuse);
  refuseLarge(model, refuse);
  const tensors: [string, StateDict[string]][] = [];
  const groups: Uint8Array[] = [];
  let left = MAX_WEIGHTS_BYTES;
  for (const { paths, weights } of model.weightsManifest) {
    const bytes = await readShards(folder, paths, left, refuse);
    left -= bytes.length;
    groups.push(bytes);
    let offset = 0;
    for (const weight of weights) {
      const end = offset + tfjsBytes(weight);
      if (end > bytes.length) return refuse(`the shards end before ${weight.name}`);
      const numbers = decodeTfjsWeight(weight, Uint8Array.from(bytes.subarray(offset, end)));
      if (numbers !== undefined) tensors.push([weight.name, numbers]);
      offset = end;
    }
    if (offset !== bytes.length) return refuse(`the shards have ${bytes.length - offset} bytes more than its weights`);
  }
  const metadata = Object.entries(model.userDefinedMetadata ?? {}).flatMap(([key, value]) =>
    typeof value === 'string' ? [[key, value] as const] : [],
  );
  const isLayers = typeof model.modelTopology === 'object' && 'model_config' in (model.modelTopology ?? {});
  return {
    format: model.format ?? (isLayers ? 'layers-model' : 'graph-model'),
    tensors: Object.fromEntries(tensors),
    metadata: Object.fromEntries(metadata),
    artifacts: {
      modelTopology: model.modelTopology,
      weightSpecs: model.weightsManifest.flatMap(({ weights }) => weights),
      weightData: groups.length === 1 ? groups[0] : Buffer.concat(groups),
    },
  };
}

type Refuse = (reason: string, cause?: unknown) => never;

async function readModelJson(folder: string, refuse: Refuse): Promise<string> {
  return withWeightsFile(join(folder, TFJS_MODEL_FILE), async (source) => {
    if (source.size > MAX_MODEL_JSON_BYTES) refuse(`${TFJS_MODEL_FILE} has ${source.size} bytes`);
    return Buffer.from((await source.read(0, source.size)).buffer).toString('utf8');
  });
}

function parseModel(text: string, refuse: Refuse): z.infer<typeof ModelSchema> {
  try {
    return ModelSchema.parse(JSON.parse(text));
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : [];
    const where =
      issue === undefined ? 'is not JSON' : `does not describe one: ${issue.path.join('.')} ${issue.message}`;
    return refuse(`${TFJS_MODEL_FILE} ${where}`, cause);
  }
}

/**
 * Refuses weights that would take too much memory, before any is read: quantised ones grow to four times what they have in
 * their shards, and a shard that came again would cost nothing in the file.
 */
function refuseLarge({ weightsManifest }: z.infer<typeof ModelSchema>, refuse: Refuse): void {
  const weights = weightsManifest.flatMap((group) => group.weights);
  const bytes = weights.reduce((sum, weight) => sum + tfjsDecodedBytes(weight), 0);
  if (bytes > MAX_WEIGHTS_BYTES) {
    refuse(`its weights would have ${bytes} bytes in memory, more than ${MAX_WEIGHTS_BYTES}`);
  }
  const seen = new Set<string>();
  for (const path of weightsManifest.flatMap((group) => group.paths)) {
    if (seen.has(path)) refuse(`${TFJS_MODEL_FILE} names the shard ${path} twice`);
    seen.add(path);
  }
}

async function readShards(folder: string, paths: readonly string[], most: number, refuse: Refuse): Promise<Uint8Array> {
  const shards: Uint8Array[] = [];
  let left = most;
  for (const path of paths) {
    await withWeightsFile(join(folder, path), async ({ size, read }) => {
      left -= size;
      if (left < 0) refuse(`its shards have more than ${MAX_WEIGHTS_BYTES} bytes`);
      shards.push(await read(0, size));
    });
  }
  return Buffer.concat(shards);
}
