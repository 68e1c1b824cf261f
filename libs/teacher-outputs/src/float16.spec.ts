import { describe, expect, it } from 'vitest';
import { fromFloat16, toFloat16 } from './float16.js';

describe('float16', () => {
  it('turns every binary16 number into itself', () => {
    const all = Uint16Array.from({ length: 0x10000 }, (_, word) => word);
    const numbers = fromFloat16(all);
    const isNumber = (_: number, at: number) => !Number.isNaN(numbers[at]);
    const back = toFloat16(numbers);
    expect(back.filter(isNumber)).toEqual(all.filter(isNumber));
    expect(fromFloat16(back.filter((_, at) => !isNumber(0, at))).every(Number.isNaN)).toBe(true);
  });

  it('knows the numbers that IEEE 754 names', () => {
    const named: [number, number][] = [
      [1, 0x3c00],
      [-2, 0xc000],
      [65504, 0x7bff],
      [2 ** -14, 0x0400],
      [2 ** -24, 0x0001],
      [1 / 3, 0x3555],
    ];
    for (const [number, word] of named) expect(toFloat16(Float32Array.of(number))[0]).toBe(word);
  });

  it('rounds to the nearest, halves to even, and past the largest to infinity', () => {
    const rounded = (value: number) => fromFloat16(toFloat16(Float32Array.of(value)))[0];
    expect(rounded(1 + 2 ** -11)).toBe(1);
    expect(rounded(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9);
    expect(rounded(2 ** -25)).toBe(0);
    expect(rounded(3 * 2 ** -25)).toBe(2 ** -23);
    expect(rounded(65519)).toBe(65504);
    expect(rounded(65520)).toBe(Infinity);
    expect(rounded(2 ** -14 - 2 ** -26)).toBe(2 ** -14);
  });

  it('is off by no more than 2⁻¹¹ of a number of normal size', () => {
    const numbers = Float32Array.from({ length: 2000 }, (_, at) => Math.sin(at) * 20 + Math.sign(Math.sin(at)));
    fromFloat16(toFloat16(numbers)).forEach((value, at) => {
      expect(Math.abs(value - numbers[at])).toBeLessThanOrEqual(2 ** -11 * Math.abs(numbers[at]));
    });
  });
});
