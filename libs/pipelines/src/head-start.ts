import type { Engine } from '#engine';
import { loadStateDict, stateDict, type Model } from '#models';
import { fitLogisticRegression } from './logistic-regression/logistic-regression.js';
import { foldStandardisation, measure, standardise } from './logistic-regression/standardisation.js';
import type { RunContext } from './run-context.js';
import { stayResponsive } from './stay-responsive.js';

/** λ of the starting head: weak enough to fit, strong enough not to be sure of what fine-tuning will change. */
const LAMBDA = 0.01;
const MAX_ITERATIONS = 200;

/**
 * Sets a model's head to the multinomial logistic regression of the labels on its backbone's features.
 * @param features `[images, featureSize]` of the backbone as it is
 */
export async function startHeadFromLogisticRegression(
  engine: Engine,
  model: Model,
  features: Float32Array,
  labels: Int32Array,
  context: RunContext,
): Promise<void> {
  const standardisation = measure(features, model.featureSize);
  const map = await fitLogisticRegression(engine, standardise(features, standardisation), labels, model.classes, {
    loss: 'multinomial',
    regularization: { kind: 'l2', lambda: LAMBDA },
    maxIterations: MAX_ITERATIONS,
    onIteration: () => stayResponsive(context.signal),
  });
  setHead(model, foldStandardisation(map, standardisation));
}

/** Replaces the head by a linear map of the features. */
export function setHead(model: Model, { weight, bias }: { weight: Float32Array; bias: Float32Array }): void {
  const [weightName, biasName] = model.head;
  loadStateDict(model, {
    ...stateDict(model),
    [weightName]: { shape: [model.featureSize, model.classes], values: weight },
    [biasName]: { shape: [model.classes], values: bias },
  });
}
