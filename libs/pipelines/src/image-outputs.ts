import { createProgram, type Engine, type Program, type ProgramFunction, type Tensor, type Variable } from '#engine';
import { batches, type Split } from '#datasets';
import { stayResponsive } from './stay-responsive.js';

/** Images that are looked at at once. The same everywhere, since the batch's size may change a result's last bits. */
export const LOOK_BATCH = 64;

/** A function of stored images `[batch, size, size, 3]` (int32, 0 to 255), to be captured. */
export type Look = (images: Tensor) => Record<string, Tensor>;

export interface LookOptions {
  signal: AbortSignal;
  /** Images looked at so far. */
  onProgress?(done: number): void;
}

/** A look as a function of a program, for images of this size. */
export function lookFunction(imageSize: number, look: Look): ProgramFunction {
  return {
    inputs: { images: { shape: [LOOK_BATCH, imageSize, imageSize, 3], dtype: 'int32' } },
    run: ({ images }) => look(images),
  };
}

/**
 * Looks at every image of a split once, in the split's order.
 * @param state variables that the look reads
 * @returns each output, `[images, width]`
 */
export async function imageOutputs(
  engine: Engine,
  split: Split,
  look: Look,
  state: Readonly<Record<string, Variable>>,
  options: LookOptions,
): Promise<Record<string, Float32Array>> {
  const program = createProgram(engine, { state, functions: { look: lookFunction(split.imageSize, look) } });
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
  const { imageSize } = split;
  const pixels = new Int32Array(LOOK_BATCH * imageSize ** 2 * 3);
  const outputs: Record<string, Float32Array> = {};
  let done = 0;
  for await (const batch of batches(split, { batchSize: LOOK_BATCH, signal })) {
    await stayResponsive(signal);
    // Places behind the last image hold earlier ones: what comes of them is cut off.
    pixels.set(batch.images);
    const images = engine.tf.tensor(pixels, [LOOK_BATCH, imageSize, imageSize, 3], 'int32');
    const found = program.call(name, { images });
    for (const [key, tensor] of Object.entries(found)) {
      const width = tensor.size / LOOK_BATCH;
      outputs[key] ??= new Float32Array(split.length * width);
      outputs[key].set(tensor.dataSync().subarray(0, batch.size * width), done * width);
    }
    engine.tf.dispose([images, found]);
    done += batch.size;
    onProgress?.(done);
  }
  return outputs;
}
