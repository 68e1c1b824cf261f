import { beforeAll, describe, it } from 'vitest';
import { loadEngine, type Engine, type Tensor } from '#engine';
import { golden } from '../../../../test/golden/distillation.js';
import { expectClose, expectValueAndGradients } from '../../../../test/golden/pipelines.js';
import { averagePoolTo } from '../outputs/average-pool-to.js';
import { projection } from '../teacher/hint-projector.js';
import { hint } from './hint.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

describe('hint', () => {
  it("of a projection is half of PyTorch's mse_loss, with its gradients in the features and the projector", () => {
    const { tf } = engine;
    const { features, weight, bias, teacher } = golden.hint;
    const target = tf.tensor2d(teacher, [6, 4]);
    const compute = (x: Tensor, w: Tensor, b: Tensor) => hint(engine, projection(engine, x, w, b), target);
    const inputs = [tf.tensor2d(features, [6, 3]), tf.tensor2d(weight, [3, 4]), tf.tensor1d(bias)];
    expectValueAndGradients(engine, compute, inputs, golden.hint);
  });

  it.each(golden.hintOfMaps.map((maps) => [maps.studentSize, maps.teacherSize, maps] as const))(
    "of maps of %d² places follows others of %d² as PyTorch's, with its gradients in the features and the projector",
    (studentSize, teacherSize, maps) => {
      const { tf } = engine;
      const target = averagePoolTo(engine, tf.tensor(maps.teacher, [2, teacherSize, teacherSize, 4]), maps.size);
      expectClose(target.dataSync<'float32'>(), maps.target);
      const compute = (x: Tensor, w: Tensor, b: Tensor) =>
        hint(engine, projection(engine, averagePoolTo(engine, x, maps.size), w, b), target);
      const features = tf.tensor(maps.features, [2, studentSize, studentSize, 3]);
      const inputs = [features, tf.tensor2d(maps.weight, [3, 4]), tf.tensor1d(maps.bias)];
      expectValueAndGradients(engine, compute, inputs, maps);
    },
  );
});
