import { expect, it } from 'vitest';
import { OutputRows } from './output-rows.js';

const chunk = (hashes: string[], values: number[], width = 2) => ({
  ...{ width, hashes, deviceMs: 1, largestError: 0 },
  values: Float32Array.from(values),
});

it('puts each row where its image is, whatever the order of the chunk', () => {
  const rows = new OutputRows(['a', 'b', 'c', 'd'], 2);
  expect(rows.take(chunk(['c', 'x', 'a'], [5, 6, 0, 0, 1, 2]))).toBe(2);
  expect([rows.done, [...rows.missing()]]).toEqual([2, [1, 3]]);
  expect(rows.take(chunk(['d', 'b'], [7, 8, 3, 4]))).toBe(2);
  expect([...rows.values]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(rows.missing()).toHaveLength(0);
});

it('gives images of the same content the same row, and asks for it once', () => {
  const rows = new OutputRows(['a', 'b', 'a'], 2);
  expect([...rows.missing()]).toEqual([0, 1]);
  expect(rows.take(chunk(['a'], [1, 2]))).toBe(2);
  expect([...rows.values]).toEqual([1, 2, 0, 0, 1, 2]);
});

it('keeps the row that it has, and takes none of another width', () => {
  const rows = new OutputRows(['a'], 2);
  rows.take(chunk(['a'], [1, 2]));
  expect(rows.take(chunk(['a'], [3, 4]))).toBe(0);
  expect([...rows.values]).toEqual([1, 2]);
  expect(() => rows.take(chunk(['a'], [1, 2, 3], 3))).toThrow('rows of 3 numbers instead of 2');
});
