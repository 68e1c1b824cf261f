import type { Tensor2D } from '@tensorflow/tfjs';
import type { Engine } from '#engine';
import { binaryCrossEntropy } from '../losses/binary-cross-entropy.js';
import type { LogitLoss } from '../losses/logit-loss.js';
import { multinomialCrossEntropy } from '../losses/multinomial-cross-entropy.js';
import { addColumns, exactLogisticLoss } from './exact-logistic-loss.js';
import { lbfgs, type SmoothFunction } from './lbfgs.js';

export type LogisticLossKind = 'bce' | 'multinomial';

export interface LogisticRegressionOptions {
  loss: LogisticLossKind;
  regularization: { kind: 'l1' | 'l2'; lambda: number };
  /** Where to begin: the solution of a neighbouring λ saves most of the work. Default: zeros. */
  start?: LinearMap;
  maxIterations?: number;
  /**
   * Goes on in float64 from where the engine's float32 products no longer tell a better point from a worse one. Default
   * false. Without effect where one evaluation would take more than 10⁸ multiplications.
   */
  precise?: boolean;
  /** Called before each iteration with the objective's value there; may throw to stop. */
  onIteration?(iteration: number, objective: number): void | Promise<void>;
}

/** logits = weightᵀ · features + bias. */
export interface LinearMap {
  /** `[width, classes]` */
  weight: Float64Array;
  /** `[classes]` */
  bias: Float64Array;
}

export interface FittedMap extends LinearMap {
  /** Value of the objective at the solution. */
  objective: number;
  iterations: number;
  converged: boolean;
  /** Of the products that the solution was found with. */
  precision: 'float32' | 'float64';
}

const LOSSES: Record<LogisticLossKind, LogitLoss> = {
  bce: binaryCrossEntropy,
  multinomial: multinomialCrossEntropy,
};

/** Largest gradient component at the end. The products are float32 on the engine and carry about six digits. */
const TOLERANCE = 2e-5;
/** The same of products in float64: below it the objective's own last digits decide. */
const PRECISE_TOLERANCE = 1e-7;
const PRECISE_ITERATIONS = 500;
/** What float64 products may cost: about a tenth of a second for an evaluation. Multiplications. */
const PRECISE_COST = 1e8;

/**
 * Logistic regression to its optimum, all images at once:
 *
 *     minimise  1/n · Σᵢ loss(Wᵀxᵢ + b, labelᵢ) + λ · (Σ |W|  or  ½ · Σ W²)
 *
 * The bias is free of the penalty. λ compares with scikit-learn's `LogisticRegression` as C = 1 / (λ · n). The two large
 * products run on the engine, everything else in float64; with `precise` the end of the search is in float64 altogether.
 * Deterministic.
 * @param features `[images, width]`, best standardised
 * @param labels class index of each image
 */
export async function fitLogisticRegression(
  engine: Engine,
  features: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  options: LogisticRegressionOptions,
): Promise<FittedMap> {
  const { tf } = engine;
  const images = labels.length;
  const width = features.length / images;
  const weights = width * classes;
  const { kind, lambda } = options.regularization;
  const loss = LOSSES[options.loss];
  const start = new Float64Array(weights + classes);
  if (options.start !== undefined) {
    start.set(options.start.weight);
    start.set(options.start.bias, weights);
  }

  const x = tf.tensor2d(features, [images, width]);
  const logitGradient = new Float32Array(images * classes);
  const onEngine = (parameters: Float64Array, gradient: Float64Array): number =>
    tf.tidy(() => {
      const weight = tf.tensor2d(Float32Array.from(parameters.subarray(0, weights)), [width, classes]);
      const bias = tf.tensor1d(Float32Array.from(parameters.subarray(weights)));
      const logits = tf.add(tf.matMul(x, weight), bias).dataSync();
      const value = loss(logits as Float32Array, labels, classes, logitGradient);
      const upstream = tf.tensor2d(logitGradient, [images, classes]);
      gradient.set((tf.matMul(x, upstream, true) as Tensor2D).dataSync());
      addColumns(logitGradient, gradient.fill(0, weights).subarray(weights));
      return value;
    });
  const penalised = (smooth: SmoothFunction): SmoothFunction => {
    if (kind !== 'l2') return smooth;
    return (parameters, gradient) => {
      let value = smooth(parameters, gradient);
      for (let j = 0; j < weights; j++) {
        value += (lambda / 2) * parameters[j] ** 2;
        gradient[j] += lambda * parameters[j];
      }
      return value;
    };
  };
  const l1 = kind === 'l1' ? new Float64Array(start.length).fill(lambda, 0, weights) : undefined;
  try {
    let result = await lbfgs(penalised(onEngine), start, {
      l1,
      tolerance: TOLERANCE,
      maxIterations: options.maxIterations ?? 1000,
      onIteration: options.onIteration,
    });
    const precise = options.precise === true && images * width * classes <= PRECISE_COST;
    if (precise) {
      const before = result.iterations;
      result = await lbfgs(penalised(exactLogisticLoss(features, labels, classes, loss)), result.x, {
        l1,
        tolerance: PRECISE_TOLERANCE,
        maxIterations: PRECISE_ITERATIONS,
        onIteration: (iteration, value) => options.onIteration?.(before + iteration, value),
      });
      result.iterations += before;
    }
    return {
      weight: result.x.slice(0, weights),
      bias: result.x.slice(weights),
      objective: result.value,
      iterations: result.iterations,
      converged: result.converged,
      precision: precise ? 'float64' : 'float32',
    };
  } finally {
    x.dispose();
  }
}

/** Logits `[images, classes]` of a linear map, computed in float64. */
export function applyLinearMap(
  features: Float32Array,
  map: { weight: ArrayLike<number>; bias: ArrayLike<number> },
): Float32Array {
  const classes = map.bias.length;
  const width = map.weight.length / classes;
  const images = features.length / width;
  const out = new Float32Array(images * classes);
  const row = new Float64Array(classes);
  for (let i = 0; i < images; i++) {
    for (let c = 0; c < classes; c++) row[c] = map.bias[c];
    for (let j = 0; j < width; j++) {
      const value = features[i * width + j];
      if (value === 0) continue;
      for (let c = 0; c < classes; c++) row[c] += value * map.weight[j * classes + c];
    }
    out.set(row, i * classes);
  }
  return out;
}
