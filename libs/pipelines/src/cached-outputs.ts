import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Engine } from '#engine';
import type { Split } from '#datasets';
import { readSafetensors, writeSafetensors } from '#models';
import type { Classifier } from './classifier.js';
import { imageOutputs } from './image-outputs.js';
import type { RunContext } from './run-context.js';

/** What of a classifier is asked for: `[images, logitSize]` or `[images, featureSize]`. */
export type OutputName = 'logits' | 'features';

/** Raised whenever the same key could mean other numbers. */
const FORMAT = 2;

/**
 * What a classifier says of every image of a split, row i for image i; computed once on a machine, whatever run asks for
 * it. An entry is named by the hash of all that its numbers depend on: the classifier's fingerprint, the images' content
 * in their order, the size at which they are stored, and the engine down to its threads, which change the last bits. A
 * shuffled or grown split is therefore another entry, and no row can be taken for another image's.
 * @param split opened with the classifier's own image size and resizing
 */
export async function cachedOutputs(
  engine: Engine,
  classifier: Classifier,
  name: OutputName,
  split: Split,
  context: Pick<RunContext, 'cacheFolder' | 'signal' | 'log'>,
  onProgress?: (done: number) => void,
): Promise<Float32Array> {
  if (split.length === 0) return new Float32Array(0);
  const width = name === 'logits' ? classifier.logitSize : classifier.featureSize;
  const file = join(context.cacheFolder, 'outputs', `${keyOf(engine, classifier, name, split)}.safetensors`);
  const cached = await readOutputs(file, split.length * width, context);
  if (cached !== undefined) {
    onProgress?.(split.length);
    return cached;
  }
  const outputs = await imageOutputs(
    engine,
    split,
    (images) => ({ [name]: classifier.forward(images)[name] }),
    classifier.variables,
    { signal: context.signal, onProgress },
  );
  const values = outputs[name];
  await writeOutputs(file, values, width, context);
  return values;
}

function keyOf(engine: Engine, classifier: Classifier, name: OutputName, split: Split): string {
  const images = createHash('sha256').update(split.hashes.join('\n')).digest('hex');
  const { backend, version, threads } = engine;
  const identity = [FORMAT, name, classifier.fingerprint, images, split.imageSize, backend, version, threads];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
}

async function readOutputs(
  file: string,
  count: number,
  context: Pick<RunContext, 'log'>,
): Promise<Float32Array | undefined> {
  try {
    const { tensors } = await readSafetensors(file);
    const { values } = tensors.outputs;
    if (values.length !== count) throw new Error(`it has ${values.length} numbers instead of ${count}`);
    return values;
  } catch (error) {
    const absent = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
    if (!absent) context.log('warn', `${file} is computed anew: ${(error as Error).message}`);
    return undefined;
  }
}

/** Whole or not at all, so that runs that compute the same at once do not disturb each other. */
async function writeOutputs(
  file: string,
  values: Float32Array,
  width: number,
  context: Pick<RunContext, 'log'>,
): Promise<void> {
  const work = `${file}.${randomUUID()}.work`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(work, writeSafetensors({ outputs: { shape: [values.length / width, width], values } }));
    await rename(work, file);
  } catch (error) {
    await rm(work, { force: true }).catch(() => {});
    context.log(
      'warn',
      `The outputs could not be cached, and are computed again next time: ${(error as Error).message}`,
    );
  }
}
