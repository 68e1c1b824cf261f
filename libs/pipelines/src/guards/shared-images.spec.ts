import { expect, it } from 'vitest';
import type { Split } from '#datasets';
import { checkNoSharedImages } from './shared-images.js';

const split = (name: Split['name'], hashes: string[]): Split => ({
  name,
  length: hashes.length,
  imageSize: 1,
  labels: new Int32Array(hashes.length),
  hashes,
  read: async () => {},
});
const dataset = (train: string[], unlabelled: string[] = []) => ({
  name: 'photos',
  train: split('train', train),
  validation: split('validation', ['v']),
  unlabelled: split('unlabelled', unlabelled),
  test: split('test', ['x', 'y']),
});

it('passes splits that share no image', () => {
  expect(() => checkNoSharedImages(dataset(['a', 'b'], ['c']))).not.toThrow();
});

it('stops where an image is trained on and tested with, and says which split it is in', () => {
  expect(() => checkNoSharedImages(dataset(['a', 'x', 'y']))).toThrow('2 images are in train and in test of photos');
  expect(() => checkNoSharedImages(dataset(['a'], ['y']))).toThrow('1 image is in unlabelled and in test of photos');
});
