import type { Split } from '#datasets';
import { createProgram, type Engine } from '#engine';
import type { OutputChunk } from '#teacher-outputs';
import type { Classifier } from '../classifier/classifier.js';
import { checkInferenceMode } from '../guards/inference-mode.js';
import { rowsOf, widthOf, type AskedOutput } from './asked-output.js';
import { looks } from './image-outputs.js';
import { lookBatch } from './look-batch.js';
import type { OutputView } from './output-view.js';

/** A chunk is given away when it has so many rows or numbers, or after so long: what a process that is killed loses. Milliseconds. */
const CHUNK_ROWS = 4096;
const CHUNK_NUMBERS = 2 ** 24;
const CHUNK_MS = 10_000;

export type ComputedChunk = Omit<OutputChunk, 'largestError'>;

export interface ComputeOptions {
  signal: AbortSignal;
  view?: OutputView;
  /** Takes what is done, in parts; also what is done when the work is interrupted. */
  keep(chunk: ComputedChunk): Promise<void>;
  /** Images looked at so far. */
  onProgress?(done: number): void;
}

/**
 * Lets a classifier look at the images at these places of a split. Batches have the size that a look at the whole split
 * has, since another size may change the last bits.
 * @throws UserError where the classifier works in training mode
 */
export async function computeOutputs(
  engine: Engine,
  classifier: Classifier,
  output: AskedOutput,
  split: Split,
  places: Int32Array,
  { signal, view, keep, onProgress }: ComputeOptions,
): Promise<void> {
  checkInferenceMode(engine, classifier);
  const batchSize = lookBatch(split.length);
  const { imageSize } = split;
  const program = createProgram(engine, {
    state: {},
    constants: classifier.variables,
    functions: {
      look: {
        inputs: {
          images: { shape: [batchSize, imageSize, imageSize, 3], dtype: 'uint8' },
          ...view?.inputs(batchSize),
        },
        run: ({ images, ...inputs }) => ({
          rows: rowsOf(engine, classifier, output, view === undefined ? images : view.apply(images, inputs)),
        }),
      },
    },
  });
  const width = widthOf(classifier, output);
  let hashes: string[] = [];
  let batches: Float32Array[] = [];
  let deviceMs = 0;
  const give = async (): Promise<void> => {
    if (hashes.length === 0) return;
    const chunk = { width, hashes, values: joined(batches), deviceMs };
    [hashes, batches, deviceMs] = [[], [], 0];
    await keep(chunk);
  };
  let done = 0;
  let givenAt = performance.now();
  let lookedAt = givenAt;
  try {
    const options = { signal, batchSize, order: places, more: view?.rows };
    for await (const looked of looks(engine, program, 'look', split, options)) {
      batches.push(looked.rows.rows);
      for (const place of looked.places) hashes.push(split.hashes[place]);
      deviceMs += performance.now() - lookedAt;
      done += looked.size;
      onProgress?.(done);
      const isFull = hashes.length >= CHUNK_ROWS || hashes.length * width >= CHUNK_NUMBERS;
      if (isFull || performance.now() - givenAt > CHUNK_MS) {
        await give();
        givenAt = performance.now();
      }
      lookedAt = performance.now();
    }
  } finally {
    program.dispose();
    await give();
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
