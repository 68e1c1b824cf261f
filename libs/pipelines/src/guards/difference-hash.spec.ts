import { expect, it } from 'vitest';
import { bitsOf, differenceHash, greys } from './difference-hash.js';

const SIZE = 48;
const slope = (grey: (x: number) => number) =>
  Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, at) => grey(Math.floor(at / 3) % SIZE));

it('a difference hash has a bit for each grey that is lighter than its right neighbour', () => {
  const rising = slope((x) => x * 5);
  const falling = slope((x) => 255 - x * 5);
  expect([...differenceHash(rising, SIZE)]).toEqual([0, 0]);
  expect([...differenceHash(falling, SIZE)]).toEqual([0xffffffff, 0xffffffff]);
});

it('greys are the means of their pixels, red, green and blue weighed as Rec. 601 does', () => {
  // Two rows of two pixels: red, green; blue, white.
  const pixels = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255);
  expect([...greys(pixels, 2, 2, 2)]).toEqual([76, 150, 29, 255]);
  expect([...greys(pixels, 2, 2, 1)]).toEqual([53, 202]);
  // More greys than pixels: each is the pixel that it lies in.
  expect([...greys(pixels, 2, 4, 1)]).toEqual([53, 53, 202, 202]);
});

it('bits of a word are counted', () => {
  expect([0, 1, 0x80000000, 0xffffffff, 0x12345678].map(bitsOf)).toEqual([0, 1, 1, 32, 13]);
});
