import { describe, expect, it } from 'vitest';
import { expectClose, golden } from '../../../../test/golden/pipelines.js';
import { applyLinearMap } from './logistic-regression.js';
import { foldStandardisation, measure, standardise } from './standardisation.js';

const { width, fits } = golden.logistic;
const raw = Float32Array.from(golden.logistic.raw);
const { bias, weight } = fits[0];
const map = { weight: Float64Array.from(weight), bias: Float64Array.from(bias) };

describe('standardisation', () => {
  it("has the mean and deviation of scikit-learn's StandardScaler, and its result", () => {
    const standardisation = measure(raw, width);
    expectClose(standardisation.mean, golden.logistic.mean, 1e-8);
    expectClose(standardisation.deviation, golden.logistic.deviation, 1e-8);
    expectClose(standardise(raw, standardisation), golden.logistic.features);
  });

  it('makes zeros of a column that never changes', () => {
    const constant = Float32Array.of(7, 1, 7, 3);
    expect([...standardise(constant, measure(constant, 2))]).toEqual([0, -1, 0, 1]);
  });

  it('folds into a linear map: the same logits from raw features', () => {
    const standardisation = measure(raw, width);
    const expected = applyLinearMap(standardise(raw, standardisation), map);
    expectClose(applyLinearMap(raw, foldStandardisation(map, standardisation)), expected, 1e-4);
  });

  it('folds a column that never changes into no weight at all', () => {
    const constant = Float32Array.of(7, 1, 7, 3);
    const folded = foldStandardisation(
      { weight: Float64Array.of(5, 1), bias: Float64Array.of(0) },
      measure(constant, 2),
    );
    expect([...folded.weight, ...folded.bias]).toEqual([0, 1, -2]);
  });
});
