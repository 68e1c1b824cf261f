import { describe, expect, it } from 'vitest';
import { studentQuantile } from './student-t.js';

describe('studentQuantile', () => {
  // The table of every textbook, 0.975 two-sided 95 %; of 1 and 2 degrees of freedom there are closed forms:
  // tan(π(p − ½)) and (2p − 1) √(2 / (4p(1 − p))).
  it.each([
    [0.975, 1, Math.tan(Math.PI * 0.475)],
    [0.975, 2, 0.95 * Math.sqrt(2 / (4 * 0.975 * 0.025))],
    [0.975, 3, 3.182446],
    [0.975, 4, 2.776445],
    [0.975, 10, 2.228139],
    [0.975, 30, 2.042272],
    [0.95, 5, 2.015048],
    [0.995, 9, 3.249836],
    [0.975, 1e6, 1.959966],
  ])('of %d with %d degrees of freedom is %d', (p, degrees, expected) => {
    expect(studentQuantile(p, degrees)).toBeCloseTo(expected, 5);
  });

  it('lies between its neighbours where the degrees of freedom are no whole number', () => {
    const between = studentQuantile(0.975, 2.5);
    expect(between).toBeLessThan(studentQuantile(0.975, 2));
    expect(between).toBeGreaterThan(studentQuantile(0.975, 3));
  });

  it('refuses what has none', () => {
    expect(() => studentQuantile(0.975, 0)).toThrow(RangeError);
    expect(() => studentQuantile(1, 3)).toThrow(RangeError);
  });
});
