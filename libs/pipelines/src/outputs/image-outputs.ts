import { batches, type Split } from '#datasets';
import { createProgram, type Engine, type Program, type ProgramFunction, type Tensor, type Variable } from '#engine';
import { stayResponsive } from '../stay-responsive.js';
import { lookBatch } from './look-batch.js';

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

/** As `imageOutputs`, by a function of a program that there is already: a `lookFunction`, or one that takes any batch. */
export async function programOutputs(
  engine: Engine,
  program: Program,
  name: string,
  split: Split,
  options: LookOptions,
): Promise<Record<string, Float32Array>>;
/** @returns `undefined` where `isOver` says, before the last image, that there is no more time */
export async function programOutputs(
  engine: Engine,
  program: Program,
  name: string,
  split: Split,
  options: LookOptions & { isOver(): boolean },
): Promise<Record<string, Float32Array> | undefined>;
export async function programOutputs(
  engine: Engine,
  program: Program,
  name: string,
  split: Split,
  { signal, onProgress, isOver = () => false }: LookOptions & { isOver?(): boolean },
): Promise<Record<string, Float32Array> | undefined> {
  const outputs: Record<string, Float32Array> = {};
  let done = 0;
  if (isOver()) return undefined;
  for await (const { size, rows } of looks(engine, program, name, split, { signal })) {
    for (const [key, values] of Object.entries(rows)) {
      const width = values.length / size;
      outputs[key] ??= new Float32Array(split.length * width);
      outputs[key].set(values, done * width);
    }
    done += size;
    onProgress?.(done);
    if (done < split.length && isOver()) return undefined;
  }
  return outputs;
}

/** What a look has found of the next images of a split. */
export interface Looked {
  /** Places in the split. */
  places: Int32Array;
  size: number;
  /** Each output, `[size, width]`. */
  rows: Record<string, Float32Array>;
}

/**
 * Looks at the images of a split batch by batch.
 * @param options.batchSize that of the program's function; default: of a `lookFunction` for this split
 * @param options.order places of the images to look at, in this order; default: all of the split
 * @param options.more further inputs of the function for the images at these places, `[batchSize, …]`
 */
export async function* looks(
  engine: Engine,
  program: Program,
  name: string,
  split: Split,
  {
    signal,
    batchSize = lookBatch(split.length),
    order,
    more = () => ({}),
  }: {
    signal: AbortSignal;
    batchSize?: number;
    order?: Int32Array;
    more?(places: Int32Array, batchSize: number): Record<string, Tensor>;
  },
): AsyncGenerator<Looked> {
  const whole = new Uint8Array(batchSize * split.imageSize ** 2 * 3);
  for await (const batch of batches(split, { batchSize, order, signal })) {
    await stayResponsive(signal);
    // Places behind the last image hold anything: what comes of them is cut off.
    if (batch.size < batchSize) whole.set(batch.images);
    const inputs = more(batch.indices, batchSize);
    const found = program.call(name, { ...inputs, images: batch.size < batchSize ? whole : batch.images });
    const rows = Object.fromEntries(
      Object.entries(found).map(([key, tensor]) => {
        const width = tensor.size / batchSize;
        return [key, (tensor.dataSync() as Float32Array).slice(0, batch.size * width)];
      }),
    );
    engine.tf.dispose([inputs, found]);
    yield { places: batch.indices, size: batch.size, rows };
  }
}
