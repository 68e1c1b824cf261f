import { createProgram, type Engine, type Program, type ProgramFunction, type Tensor, type Variable } from '#engine';
import { batches, type Split } from '#datasets';
import { lookBatch } from './look-batch.js';
import { stayResponsive } from './stay-responsive.js';

/** A function of stored images `[batch, size, size, 3]` (int32, 0 to 255), to be captured. */
export type Look = (images: Tensor) => Record<string, Tensor>;

export interface LookOptions {
  signal: AbortSignal;
  /** Images looked at so far. */
  onProgress?(done: number): void;
}

/** A look as a function of a program, for the images of this split. */
export function lookFunction({ imageSize, length }: Pick<Split, 'imageSize' | 'length'>, look: Look): ProgramFunction {
  return {
    inputs: { images: { shape: [lookBatch(length), imageSize, imageSize, 3], dtype: 'uint8' } },
    run: ({ images }) => look(images),
  };
}

/**
 * Looks at every image of a split once, in the split's order.
 * @param constants variables that the look reads, which it finds as they are now
 * @returns each output, `[images, width]`
 */
export async function imageOutputs(
  engine: Engine,
  split: Split,
  look: Look,
  constants: Readonly<Record<string, Variable>>,
  options: LookOptions,
): Promise<Record<string, Float32Array>> {
  const program = createProgram(engine, { state: {}, constants, functions: { look: lookFunction(split, look) } });
  try {
    return await programOutputs(engine, program, 'look', split, options);
  } finally {
    program.dispose();
  }
}

/** As `imageOutputs`, by a `lookFunction` of a program that there is already. */
export async function programOutputs(
  engine: Engine,
  program: Program,
  name: string,
  split: Split,
  { signal, onProgress }: LookOptions,
): Promise<Record<string, Float32Array>> {
  const batchSize = lookBatch(split.length);
  const whole = new Uint8Array(batchSize * split.imageSize ** 2 * 3);
  const outputs: Record<string, Float32Array> = {};
  let done = 0;
  for await (const batch of batches(split, { batchSize, signal })) {
    await stayResponsive(signal);
    // Places behind the last image hold anything: what comes of them is cut off.
    if (batch.size < batchSize) whole.set(batch.images);
    const found = program.call(name, { images: batch.size < batchSize ? whole : batch.images });
    for (const [key, tensor] of Object.entries(found)) {
      const width = tensor.size / batchSize;
      outputs[key] ??= new Float32Array(split.length * width);
      outputs[key].set(tensor.dataSync().subarray(0, batch.size * width), done * width);
    }
    engine.tf.dispose(found);
    done += batch.size;
    onProgress?.(done);
  }
  return outputs;
}
