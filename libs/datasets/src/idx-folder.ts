import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '#contracts';
import { fit, hashPixels } from './fit.js';
import { IdxFormatError, parseIdx, type IdxArray } from './idx.js';
import type { Pixels } from './resample.js';
import type { Source, SourceImage, Target } from './source.js';

/** MNIST's file names, and how its relatives spell them. */
const FILES = {
  trainImages: ['train-images-idx3-ubyte', 'train-images.idx3-ubyte'],
  trainLabels: ['train-labels-idx1-ubyte', 'train-labels.idx1-ubyte'],
  testImages: ['t10k-images-idx3-ubyte', 't10k-images.idx3-ubyte', 'test-images-idx3-ubyte'],
  testLabels: ['t10k-labels-idx1-ubyte', 't10k-labels.idx1-ubyte', 'test-labels-idx1-ubyte'],
} as const;

export interface IdxFolderOptions {
  /** Default: the folder's name. */
  name?: string;
  /** Names of the labels 0, 1, …. Default: the labels that occur in training, by number. */
  classes?: readonly string[];
}

/** Images and labels of one split. */
interface Part {
  readonly images: IdxArray;
  readonly labels: IdxArray;
}

/**
 * A folder with the four IDX files of MNIST or a relative, each gzipped or not. Grey is repeated three times.
 * @throws UserError naming dataset.path and the file
 */
export async function openIdxFolder(folder: string, options: IdxFolderOptions = {}): Promise<Source> {
  const key = createHash('sha256');
  const read = async (names: readonly string[], dimensions: number): Promise<{ file: string; array: IdxArray }> => {
    const { file, bytes } = await readFirst(folder, names);
    key.update(createHash('sha256').update(bytes).digest());
    return { file, array: await parse(folder, file, bytes, dimensions) };
  };
  const part = async (imageNames: readonly string[], labelNames: readonly string[]): Promise<Part> => {
    const images = await read(imageNames, 3);
    const labels = await read(labelNames, 1);
    const [imageCount] = images.array.shape;
    const [labelCount] = labels.array.shape;
    if (labelCount !== imageCount) {
      const mismatch = `${labels.file} has ${labelCount} labels, but ${images.file} has ${imageCount} images`;
      throw problem(`${mismatch}, in ${folder}`);
    }
    return { images: images.array, labels: labels.array };
  };
  const train = await part(FILES.trainImages, FILES.trainLabels);
  const test = await part(FILES.testImages, FILES.testLabels);
  const [, height, width] = train.images.shape;
  if (test.images.shape[1] !== height || test.images.shape[2] !== width || height === 0 || width === 0) {
    const sizes = `${height} × ${width} and ${test.images.shape[1]} × ${test.images.shape[2]}`;
    throw problem(`The training and test images in ${folder} are of ${sizes} pixels`);
  }
  const { classes, indexOf } = classesOf(folder, train, test, options.classes);
  return {
    name: options.name ?? basename(folder),
    key: key.update(JSON.stringify(classes)).digest('hex'),
    classes,
    nativeSize: Math.max(height, width),
    count: train.labels.values.length + test.labels.values.length,
    async *images(target, signal) {
      yield* readPart(train, 'train', indexOf, target, signal);
      yield* readPart(test, 'test', indexOf, target, signal);
    },
  };
}

async function* readPart(
  { images, labels }: Part,
  origin: 'train' | 'test',
  indexOf: ReadonlyMap<number, number>,
  target: Target,
  signal: AbortSignal,
): AsyncGenerator<SourceImage> {
  const [, height, width] = images.shape;
  const size = height * width;
  for (const [i, label] of labels.values.entries()) {
    // Decoding is synchronous: without a pause now and then, nobody could abort it.
    if (i % 1000 === 0) await new Promise(setImmediate);
    signal.throwIfAborted();
    const image: Pixels = { width, height, pixels: repeatGrey(images.values.subarray(i * size, (i + 1) * size)) };
    yield { origin, label: indexOf.get(label) as number, hash: hashPixels(image), pixels: fit(image, target) };
  }
}

function repeatGrey(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let i = 0, at = 0; i < grey.length; i++) rgb[at++] = rgb[at++] = rgb[at++] = grey[i];
  return rgb;
}

function classesOf(
  folder: string,
  train: Part,
  test: Part,
  names: readonly string[] | undefined,
): { classes: readonly string[]; indexOf: ReadonlyMap<number, number> } {
  const inTrain = [...new Set(train.labels.values)].sort((a, b) => a - b);
  const numbers = names === undefined ? inTrain : [...names.keys()];
  const indexOf = new Map(numbers.map((label, index) => [label, index]));
  const unknown = [...new Set([...inTrain, ...test.labels.values])].find((label) => !indexOf.has(label));
  if (unknown !== undefined)
    throw problem(`The label ${unknown} in ${folder} is none of its ${numbers.length} classes`);
  if (numbers.length < 2) throw problem(`The labels in ${folder} name one class; a classifier needs two at least`);
  return { classes: names ?? numbers.map(String), indexOf };
}

async function readFirst(folder: string, names: readonly string[]): Promise<{ file: string; bytes: Buffer }> {
  for (const file of names.flatMap((name) => [name, `${name}.gz`])) {
    try {
      return { file, bytes: await readFile(join(folder, file)) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES' || code === 'EISDIR') throw problem(`${file} in ${folder} can't be read (${code})`, error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    }
  }
  throw problem(`There is no ${names[0]} (or ${names[0]}.gz) in ${folder}`);
}

async function parse(folder: string, file: string, bytes: Buffer, dimensions: number): Promise<IdxArray> {
  try {
    return await parseIdx(bytes, dimensions);
  } catch (error) {
    if (!(error instanceof IdxFormatError)) throw error;
    throw problem(`${file} in ${folder} is not the IDX file it should be: ${error.message}`, error);
  }
}

function problem(message: string, cause?: unknown): UserError {
  const remedy =
    'The folder needs the four files of one dataset, whole: train-images-idx3-ubyte, train-labels-idx1-ubyte, ' +
    't10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, gzipped or not. Copy or download them again.';
  return new UserError(message, { field: 'dataset.path', remedy, cause });
}
