import { batches, type Split } from '#datasets';
import type { Program } from '#engine';
import type { Classifier } from '../classifier/classifier.js';
import { probabilitiesOf } from '../classifier/probabilities.js';
import { Thumbprints } from '../guards/look-alikes.js';
import { lookBatch } from '../outputs/look-batch.js';
import { stayResponsive } from '../stay-responsive.js';
import { mostProbable } from './evaluation.js';
import { logitsOfBatch } from './report-program.js';
import { sampledIndices } from './sampled-split.js';

/** Test images that are kept in memory: to be attacked and corrupted without being read again. */
export interface TestSample {
  /** Places in the test split, ascending. */
  indices: Int32Array;
  imageSize: number;
  /** Bytes, `[images, imageSize, imageSize, 3]`. */
  images: Uint8Array;
  labels: Int32Array;
  /** 1 where the model is right about the image as it is, else 0. */
  right: Uint8Array;
}

/** A wrong answer with the image that it was given for. */
export interface SeenMistake {
  index: number;
  label: number;
  prediction: number;
  confidence: number;
  labelProbability: number;
  /** `imageSize² × 3` bytes. */
  pixels: Uint8Array;
}

/** All that one pass over the test images leaves behind. */
export interface TestPass {
  /** `[images, classes]` */
  logits: Float32Array;
  /** The teacher's, where it saw the same images. */
  teacherLogits?: Float32Array;
  sample: TestSample;
  /** The surest first. */
  mistakes: SeenMistake[];
  thumbprints: Thumbprints;
}

export interface TestPassOptions {
  signal: AbortSignal;
  seed: number;
  /** How many images to keep. */
  sampleSize: number;
  mistakes: number;
  onProgress(done: number): void;
}

/**
 * Looks at every test image once, and keeps of it what the rest of the report needs, so that nothing is read again.
 * @param program with the function `look`, and `teacher` where `teacherWidth` is given
 * @param teacherWidth classes of the teacher
 */
export async function testPass(
  program: Program,
  classifier: Pick<Classifier, 'logitSize' | 'outputs'>,
  test: Split,
  teacherWidth: number | undefined,
  { signal, seed, sampleSize, mistakes: most, onProgress }: TestPassOptions,
): Promise<TestPass> {
  const { imageSize, length, labels } = test;
  const { logitSize: classes, outputs } = classifier;
  const bytes = imageSize ** 2 * 3;
  const batchSize = lookBatch(length);
  const whole = new Uint8Array(batchSize * bytes);
  const chosen = sampledIndices(length, sampleSize, seed);
  const pass: TestPass = {
    logits: new Float32Array(length * classes),
    ...(teacherWidth === undefined ? {} : { teacherLogits: new Float32Array(length * teacherWidth) }),
    sample: {
      indices: chosen,
      imageSize,
      images: new Uint8Array(chosen.length * bytes),
      labels: chosen.map((index) => labels[index]),
      right: new Uint8Array(chosen.length),
    },
    mistakes: [],
    thumbprints: new Thumbprints(length, imageSize),
  };
  let sampled = 0;
  for await (const batch of batches(test, { batchSize, signal })) {
    await stayResponsive(signal);
    // Places behind the last image hold anything: what comes of them is cut off.
    if (batch.size < batchSize) whole.set(batch.images);
    const images = batch.size < batchSize ? whole : batch.images;
    const first = batch.indices[0];
    pass.logits.set(logitsOfBatch(program, 'look', images).subarray(0, batch.size * classes), first * classes);
    if (teacherWidth !== undefined) {
      const ofTeacher = logitsOfBatch(program, 'teacher', images).subarray(0, batch.size * teacherWidth);
      pass.teacherLogits!.set(ofTeacher, first * teacherWidth);
    }
    const own = pass.logits.subarray(first * classes, (first + batch.size) * classes);
    const probabilities = probabilitiesOf(own, classes, outputs);
    for (let i = 0; i < batch.size; i++) {
      const pixels = batch.images.subarray(i * bytes, (i + 1) * bytes);
      const row = probabilities.subarray(i * classes, (i + 1) * classes);
      const prediction = mostProbable(row);
      const label = batch.labels[i];
      const index = first + i;
      pass.thumbprints.add(pixels);
      if (chosen[sampled] === index) {
        pass.sample.images.set(pixels, sampled * bytes);
        pass.sample.right[sampled] = prediction === label ? 1 : 0;
        sampled++;
      }
      if (prediction !== label) {
        const found = { index, label, prediction, confidence: row[prediction], labelProbability: row[label] };
        keepSurest(pass.mistakes, { ...found, pixels }, most);
      }
    }
    onProgress(first + batch.size);
  }
  return pass;
}

/** Puts a mistake in its place among the surest, with a copy of its pixels, if it is one of them. */
function keepSurest(kept: SeenMistake[], mistake: SeenMistake, most: number): void {
  if (kept.length >= most && mistake.confidence <= (kept.at(-1)?.confidence ?? Infinity)) return;
  const at = kept.findIndex(({ confidence }) => confidence < mistake.confidence);
  kept.splice(at < 0 ? kept.length : at, 0, { ...mistake, pixels: mistake.pixels.slice() });
  if (kept.length > most) kept.pop();
}

/** The images of a sample that are at these places of the test split. */
export function partOfSample(sample: TestSample, indices: Int32Array): TestSample {
  const { imageSize, images, labels, right } = sample;
  const wanted = new Set(indices);
  const rows = Array.from(sample.indices.keys()).filter((row) => wanted.has(sample.indices[row]));
  const bytes = imageSize ** 2 * 3;
  const some = new Uint8Array(rows.length * bytes);
  rows.forEach((row, i) => some.set(images.subarray(row * bytes, (row + 1) * bytes), i * bytes));
  return {
    indices: Int32Array.from(rows, (row) => sample.indices[row]),
    imageSize,
    images: some,
    labels: Int32Array.from(rows, (row) => labels[row]),
    right: Uint8Array.from(rows, (row) => right[row]),
  };
}

/** Share of a sample's images that the model is right about as they are. */
export function cleanTop1({ right }: TestSample): number {
  return right.length === 0 ? 0 : right.reduce((sum, one) => sum + one, 0) / right.length;
}
