import { describe, expect, it } from 'vitest';
import { featureMatrix, featureParts } from './feature-parts.js';

describe('featureMatrix', () => {
  const teacher = { featureSize: 3, logitSize: 2 };
  const logits = Float32Array.of(0, Math.log(3), 1, -1);
  const penultimate = Float32Array.of(1, 2, 3, 4, 5, 6);

  it('sets the parts of each image side by side, in the order asked for', () => {
    const parts = featureParts(['penultimate', 'sigmoid'], teacher);
    expect(parts.map(({ width }) => width)).toEqual([3, 2]);
    const [a, b, c, no, yes, d] = featureMatrix(parts, 2, { logits, penultimate });
    expect([a, b, c, d]).toEqual([1, 2, 3, 4]);
    expect([no, yes]).toEqual([0.5, 0.75]);
  });

  it('of one part is that part', () => {
    expect(featureMatrix(featureParts('logits', teacher), 2, { logits })).toEqual(logits);
    expect(featureMatrix(featureParts('penultimate', teacher), 2, { penultimate })).toEqual(penultimate);
  });

  it('refuses outputs of other images', () => {
    expect(() => featureMatrix(featureParts('logits', teacher), 3, { logits })).toThrow('not of 3 images');
  });
});
