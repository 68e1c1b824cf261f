import { expect, it } from 'vitest';
import { lookBatch } from './look-batch.js';

it('looks at the next power of two of images at once, at most at 64', () => {
  expect([0, 1, 2, 3, 5, 8, 33, 64, 65, 10_000].map((images) => lookBatch(images))).toEqual([
    1, 1, 2, 4, 8, 8, 64, 64, 64, 64,
  ]);
  expect([9, 17].map((images) => lookBatch(images, 16))).toEqual([16, 16]);
});
