import { expect, it } from 'vitest';
import { large, significant } from './units.js';

it.each([
  [0, '0'],
  [999, '999'],
  [1000, '1 k'],
  [12_500_000, '12.5 M'],
  [5_713_216_096, '5.71 G'],
])('writes %d with its power of a thousand', (value, text) => expect(large(value)).toBe(text));

it.each([
  [0.41236, '0.4124'],
  [1234.5, '1,235'],
  [-0.5, '-0.5'],
])('writes %d with four significant digits', (value, text) => expect(significant(value)).toBe(text));
