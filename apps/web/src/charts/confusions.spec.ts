import { expect, it } from 'vitest';
import { mostConfused } from './confusions.js';

it("ranks errors by their share of the label's images and leaves hits out", () => {
  const matrix = [
    [90, 10, 0],
    [3, 5, 2],
    [0, 0, 7],
  ];
  expect(mostConfused(matrix, 2)).toEqual([
    { label: 1, prediction: 0, images: 3, share: 0.3 },
    { label: 1, prediction: 2, images: 2, share: 0.2 },
  ]);
});

it('finds nothing in a perfect matrix, and bears a class without images', () => {
  expect(
    mostConfused(
      [
        [4, 0],
        [0, 0],
      ],
      5,
    ),
  ).toEqual([]);
});
