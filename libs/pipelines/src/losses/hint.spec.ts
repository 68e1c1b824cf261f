import { beforeAll, describe, it } from 'vitest';
import { loadEngine, type Engine, type Tensor } from '#engine';
import { golden } from '../../../../test/golden/distillation.js';
import { expectValueAndGradients } from '../../../../test/golden/pipelines.js';
import { hint } from './hint.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

describe('hint', () => {
  it("of a projection is half of PyTorch's mse_loss, with its gradients in the features and the projector", () => {
    const { tf, kernels } = engine;
    const { features, weight, bias, teacher } = golden.hint;
    const target = tf.tensor2d(teacher, [6, 4]);
    const compute = (x: Tensor, w: Tensor, b: Tensor) =>
      hint(engine, kernels.biasAdd(tf.matMul(x as never, w as never), b), target);
    const inputs = [tf.tensor2d(features, [6, 3]), tf.tensor2d(weight, [3, 4]), tf.tensor1d(bias)];
    expectValueAndGradients(engine, compute, inputs, golden.hint);
  });
});
