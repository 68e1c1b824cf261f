import type { CorruptionName, Report } from '#contracts';
import { contrast } from './contrast.js';
import type { Corruption } from './corruption.js';
import { gaussianBlur } from './gaussian-blur.js';
import { gaussianNoise } from './gaussian-noise.js';
import { jpeg } from './jpeg.js';

export const CORRUPT: Readonly<Record<CorruptionName, Corruption>> = {
  'gaussian-noise': gaussianNoise,
  'gaussian-blur': gaussianBlur,
  contrast,
  jpeg,
};

export type Benchmark = NonNullable<Report['corruptions']>['severities'];

/**
 * Strengths at severity 1 to 5, of `make_cifar_c.py` and `make_imagenet_c.py` of the paper's code (Hendrycks & Dietterich,
 * "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations", 2019).
 */
export const SEVERITIES: Readonly<Record<Benchmark, Readonly<Record<CorruptionName, readonly number[]>>>> = {
  'CIFAR-10-C': {
    'gaussian-noise': [0.04, 0.06, 0.08, 0.09, 0.1],
    'gaussian-blur': [0.4, 0.6, 0.7, 0.8, 1],
    contrast: [0.75, 0.5, 0.4, 0.3, 0.15],
    jpeg: [80, 65, 58, 50, 40],
  },
  'ImageNet-C': {
    'gaussian-noise': [0.08, 0.12, 0.18, 0.26, 0.38],
    'gaussian-blur': [1, 2, 3, 4, 6],
    contrast: [0.4, 0.3, 0.2, 0.1, 0.05],
    jpeg: [25, 18, 15, 10, 7],
  },
};

/** Stored images of more pixels a side than this are corrupted as ImageNet's are. */
const LARGEST_OF_CIFAR = 64;

/** The benchmark whose images are of about this size. */
export function benchmarkFor(imageSize: number): Benchmark {
  return imageSize <= LARGEST_OF_CIFAR ? 'CIFAR-10-C' : 'ImageNet-C';
}
