import { expect, it } from 'vitest';
import { divisibleByEight } from './divisible-by-eight.js';

// By hand. 11.2 is nearer to 8 than to 16, but 8 is less than nine tenths of it.
it.each([
  [1, 8],
  [8, 8],
  [8.4, 8],
  [11.2, 16],
  [12, 16],
  [18, 24],
  [33.6, 32],
  [89.6, 88],
  [1280, 1280],
])('%d channels become %i', (width, expected) => {
  expect(divisibleByEight(width)).toBe(expected);
});
