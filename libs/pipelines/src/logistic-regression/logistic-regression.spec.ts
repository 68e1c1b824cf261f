import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { expectClose, golden } from '../../../../test/golden/pipelines.js';
import { probabilitiesOf } from '../classifier/probabilities.js';
import { applyLinearMap, fitLogisticRegression } from './logistic-regression.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

const { classes, width, labels, fits } = golden.logistic;
const features = Float32Array.from(golden.logistic.features);

describe('fitLogisticRegression', () => {
  it.each(fits)("has scikit-learn's optimum for $loss with $kind, C = 1/(λn)", async (expected) => {
    const { loss, kind, lambda } = expected;
    const fit = await fitLogisticRegression(engine, features, labels, classes, {
      loss,
      regularization: { kind, lambda },
    });
    expect(fit.converged).toBe(true);
    expectClose([fit.objective], [expected.objective]);
    // The search ends at a gradient of 2e-5, which leaves the weights this far from the optimum.
    expectClose(fit.weight, expected.weight, 1e-4);
    const mean = fit.bias.reduce((sum, value) => sum + value, 0) / classes;
    expectClose(loss === 'multinomial' ? fit.bias.map((value) => value - mean) : fit.bias, expected.bias, 1e-4);
    const zeros = (weights: ArrayLike<number>) => Array.from(weights, (value) => value === 0);
    if (kind === 'l1') expect(zeros(fit.weight)).toEqual(zeros(expected.weight));

    const logits = applyLinearMap(features.subarray(0, 10 * width), fit);
    const probabilities = probabilitiesOf(logits, classes, loss === 'multinomial' ? 'softmax' : 'sigmoid');
    expectClose(probabilities, expected.probabilities, 1e-4);
  });

  it.each(fits)(
    "has scikit-learn's optimum to five digits and more where it goes on in float64: $loss, $kind",
    async (expected) => {
      const { loss, kind, lambda } = expected;
      const fit = await fitLogisticRegression(engine, features, labels, classes, {
        loss,
        regularization: { kind, lambda },
        precise: true,
      });
      expect(fit).toMatchObject({ converged: true, precision: 'float64' });
      expectClose([fit.objective], [expected.objective], 1e-8);
      expectClose(fit.weight, expected.weight, 1e-5);
      const mean = fit.bias.reduce((sum, value) => sum + value, 0) / classes;
      expectClose(loss === 'multinomial' ? fit.bias.map((value) => value - mean) : fit.bias, expected.bias, 1e-5);
    },
  );

  it('gives the same numbers again, and leaves no tensor behind', async () => {
    const before = engine.tf.memory().numTensors;
    const fit = () =>
      fitLogisticRegression(engine, features, labels, classes, {
        loss: 'bce',
        regularization: { kind: 'l2', lambda: 0.1 },
      });
    expect(await fit()).toEqual(await fit());
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  it('gets to the same optimum, sooner, from the solution of a neighbouring λ', async () => {
    const at = (lambda: number, start?: Awaited<ReturnType<typeof fitLogisticRegression>>) =>
      fitLogisticRegression(engine, features, labels, classes, {
        loss: 'multinomial',
        regularization: { kind: 'l2', lambda },
        start,
      });
    const cold = await at(0.02);
    const warm = await at(0.02, await at(0.025));
    expectClose([warm.objective], [cold.objective]);
    expect(warm.iterations).toBeLessThan(cold.iterations);
  });

  it('frees its tensors when it is stopped', async () => {
    const before = engine.tf.memory().numTensors;
    const stopped = fitLogisticRegression(engine, features, labels, classes, {
      loss: 'bce',
      regularization: { kind: 'l1', lambda: 0.01 },
      onIteration: (iteration) => {
        if (iteration === 3) throw new Error('cancelled');
      },
    });
    await expect(stopped).rejects.toThrow('cancelled');
    expect(engine.tf.memory().numTensors).toBe(before);
  });
});

describe('applyLinearMap', () => {
  it('is weightᵀ · features + bias, by hand', () => {
    const map = { weight: [1, 2, 3, 4, 5, 6], bias: [10, 20] };
    // [1, 0, 2] · [[1, 2], [3, 4], [5, 6]] = [11, 14]; [0, −1, 0.5] · … = [−0.5, −1]
    expect([...applyLinearMap(Float32Array.of(1, 0, 2, 0, -1, 0.5), map)]).toEqual([21, 34, 9.5, 19]);
  });
});
