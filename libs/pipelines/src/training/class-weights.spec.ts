import { describe, expect, it } from 'vitest';
import { classWeights } from './class-weights.js';

describe('classWeights', () => {
  const classes = ['cat', 'dog', 'newt', 'owl'];
  const labels = Int32Array.from([0, 0, 0, 0, 0, 0, 1, 1, 2, 2]);

  it('balanced, is what scikit-learn makes of it, and nothing for a class without images', () => {
    // compute_class_weight('balanced'): 10 / (3 · [6, 2, 2]).
    const weights = classWeights({ classWeights: 'balanced' }, labels, classes)!;
    [10 / 18, 10 / 6, 10 / 6, 0].forEach((expected, index) => expect(weights[index]).toBeCloseTo(expected, 6));
    const mean = labels.reduce((sum, label) => sum + weights[label], 0) / labels.length;
    expect(mean).toBeCloseTo(1, 6);
  });

  it('by name, is 1 for a class that is not named', () => {
    expect([...classWeights({ classWeights: { newt: 4, cat: 0 } }, labels, classes)!]).toEqual([0, 1, 4, 1]);
    expect(classWeights({}, labels, classes)).toBeUndefined();
  });

  it('refuses a class that the dataset does not have, and names the nearest', () => {
    expect(() => classWeights({ classWeights: { newts: 4 } }, labels, classes)).toThrow(
      expect.objectContaining({
        name: 'UserError',
        field: 'loss.classWeights.newts',
        message: 'the dataset has no class "newts"',
        remedy: 'Did you mean "newt"?',
      }),
    );
  });
});
