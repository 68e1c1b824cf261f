export { augment, AUGMENTATION_STREAMS } from './augment.js';
export { batchCount, batches, type BatchesOptions } from './batches.js';
export { CIFAR10_CLASSES } from './cifar10.js';
export * from './dataset.js';
export { normalise } from './normalise.js';
export { openDataset, type OpenDatasetOptions } from './open-dataset.js';
export { permutation } from './permutation.js';
export { readImage, type NoImage } from './read-image.js';
