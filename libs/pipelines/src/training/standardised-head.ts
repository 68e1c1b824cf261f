import type { Tensor } from '#engine';
import { loadStateDict, stateDict, type Model, type StateDict } from '#models';
import { fitLogisticRegression, type LogisticLossKind } from '../logistic-regression/logistic-regression.js';
import {
  foldStandardisation,
  measure,
  moderate,
  standardise,
  type Standardisation,
} from '../logistic-regression/standardisation.js';
import type { Checkpoint, RunContext } from '../run-context.js';
import { stayResponsive } from '../stay-responsive.js';
import { headLogits, type Drop } from './dropout.js';

/** λ of the starting head: weak enough to fit, strong enough not to be sure of what fine-tuning will change. */
const START_LAMBDA = 0.01;
const MAX_ITERATIONS = 200;
const MEAN = 'standardisation/mean';
const DEVIATION = 'standardisation/deviation';

/**
 * A model's head that works, while it is trained, on standardised features: Wᵀ·(x − mean) / deviation + b. Raw features
 * of one network differ a hundredfold in size, and then no learning rate suits all of the head's weights. In the end the
 * standardisation is folded into the weights, and the head takes the features as they come.
 */
export interface StandardisedHead {
  /**
   * `[batch, featureSize]` → `[batch, classes]`; for a captured function with the head's variables in its state.
   * @param drop is done to the standardised features, of which zero is the mean
   */
  logits(features: Tensor, drop?: Drop): Tensor;
  readonly standardisation: Standardisation;
  /** The standardisation, for the checkpoint. */
  readonly kept: StateDict;
  /** Makes the model's own head compute what `logits` does. */
  fold(): void;
  dispose(): void;
}

/** @param features `[images, featureSize]` that the standardisation is measured on */
export function standardisedHead(model: Model, features: Float32Array): StandardisedHead {
  return headOf(model, moderate(measure(features, model.featureSize)));
}

/** The head of a training that goes on; `undefined` where it had no such head. */
export function continuedHead(model: Model, checkpoint: Checkpoint | undefined): StandardisedHead | undefined {
  const standardisation = standardisationIn(checkpoint);
  return standardisation && headOf(model, standardisation);
}

/** What the head of a checkpoint's network expects to have been done to its features; `undefined`: nothing. */
export function standardisationIn(checkpoint: Pick<Checkpoint, 'state'> | undefined): Standardisation | undefined {
  const mean = checkpoint?.state[MEAN];
  const deviation = checkpoint?.state[DEVIATION];
  if (mean === undefined || deviation === undefined) return undefined;
  return { mean: Float64Array.from(mean.values), deviation: Float64Array.from(deviation.values) };
}

function headOf(model: Model, standardisation: Standardisation): StandardisedHead {
  const { tf } = model.engine;
  const [weight, bias] = model.head.map((name) => model.parameters[name]);
  const shape = [model.featureSize];
  const meanValues = Float32Array.from(standardisation.mean);
  const deviationValues = Float32Array.from(standardisation.deviation);
  const mean = tf.tensor(meanValues, shape);
  const deviation = tf.tensor(deviationValues, shape);
  return {
    standardisation,
    kept: { [MEAN]: { shape, values: meanValues }, [DEVIATION]: { shape, values: deviationValues } },
    logits: (features, drop = (all) => all) => headLogits(model, drop(tf.div(tf.sub(features, mean), deviation))),
    fold: () => {
      const [w, b] = [weight, bias].map((variable) => Float64Array.from(variable.dataSync()));
      setHead(model, foldStandardisation({ weight: w, bias: b }, standardisation));
    },
    dispose: () => tf.dispose([mean, deviation]),
  };
}

/** Starts a standardised head as the logistic regression of the labels on the features. */
export async function solveHead(
  model: Model,
  { standardisation }: StandardisedHead,
  features: Float32Array,
  labels: Int32Array,
  { signal }: Pick<RunContext, 'signal'>,
  loss: LogisticLossKind = 'multinomial',
): Promise<void> {
  const x = standardise(features, standardisation);
  const map = await fitLogisticRegression(model.engine, x, labels, model.classes, {
    loss,
    regularization: { kind: 'l2', lambda: START_LAMBDA },
    maxIterations: MAX_ITERATIONS,
    onIteration: () => stayResponsive(signal),
  });
  setHead(model, { weight: Float32Array.from(map.weight), bias: Float32Array.from(map.bias) });
}

function setHead(model: Model, { weight, bias }: { weight: Float32Array; bias: Float32Array }): void {
  const [weightName, biasName] = model.head;
  loadStateDict(model, {
    ...stateDict(model),
    [weightName]: { shape: [model.featureSize, model.classes], values: weight },
    [biasName]: { shape: [model.classes], values: bias },
  });
}
