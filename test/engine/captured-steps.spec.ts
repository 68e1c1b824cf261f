import type { Scalar, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { AugmentationSpecSchema, PreparationSchema } from '#contracts';
import { augment, normalise } from '#datasets';
import { createOptimizer, createProgram, createWeightAverage, loadEngine, type Engine, type Tensor } from '#engine';
import { createModel, stateDict, type ForwardMode } from '#models';
import { crossEntropy } from '../../libs/pipelines/src/losses/cross-entropy.js';
import { kd } from '../../libs/pipelines/src/losses/kd.js';
import { testTensorflow } from '../services/test-services.js';

const tensorflow = await testTensorflow();
const BATCH = 4;
const CLASSES = 5;
const SIZE = 32;
const STEPS = 3;
const IMAGE = PreparationSchema.parse({ size: SIZE });
const AUGMENTATION = AugmentationSpecSchema.parse({
  flip: true,
  crop: 2,
  brightness: 0.2,
  contrast: 0.2,
  saturation: 0.2,
  hue: 0.1,
});

/**
 * Whole training steps: bytes in, augmentation, dropout, two losses, AdamW with clipping, running statistics, averages.
 * @returns every loss, and all state at the end
 */
function train(engine: Engine, name: string, mode: ForwardMode, captured: boolean): Record<string, number[]> {
  const { tf, kernels } = engine;
  const model = createModel(engine, name, { classes: CLASSES, seed: 3 });
  const start = stateDict(model);
  const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clipNorm: 1 };
  const optimizer = createOptimizer(engine, model.parameters, { kind: 'adamw', ...options });
  const average = createWeightAverage(engine, { ...model.parameters, ...model.statistics }, { decay: 0.99 });
  const state = { ...model.parameters, ...model.statistics, ...optimizer.slots, ...average.slots };

  const run = ({ bytes, labels, teacher, step }: Record<string, Tensor>): Record<string, Tensor> => {
    const images = normalise(engine, augment(engine, bytes, AUGMENTATION, { seed: 7, step }), IMAGE);
    const { value, grads } = tf.variableGrads(() => {
      const { logits } = model.forward(kernels.dropout(images, 0.1, 7, step, 1), mode);
      const oneHot = tf.oneHot(labels, CLASSES).toFloat();
      return tf.add(kd(engine, logits, teacher, 4), crossEntropy(engine, logits, oneHot, tf.ones([BATCH]))) as Scalar;
    }, Object.values(model.parameters));
    const byName = Object.entries(model.parameters).map(([key, variable]) => [key, grads[variable.name]]);
    optimizer.apply(Object.fromEntries(byName) as Record<string, Tensor>, tf.scalar(0.01));
    average.update(step);
    return { loss: value };
  };
  const signatures = {
    bytes: { shape: [BATCH, SIZE, SIZE, 3], dtype: 'int32' },
    labels: { shape: [BATCH], dtype: 'int32' },
    teacher: { shape: [BATCH, CLASSES] },
    step: { shape: [], dtype: 'int32' },
  } as const;
  const program = createProgram(engine, {
    state,
    capture: captured,
    functions: { train: { inputs: signatures, run } },
  });
  const found: Record<string, number[]> = {};
  for (let step = 0; step < STEPS; step++) {
    const inputs = {
      bytes: tf.randomUniform([BATCH, SIZE, SIZE, 3], 0, 256, 'int32', step + 1) as Tensor4D,
      labels: tf.tensor1d([0, 1, 2, 3], 'int32'),
      teacher: tf.randomNormal([BATCH, CLASSES], 0, 3, 'float32', step + 1) as Tensor2D,
      step: tf.scalar(step, 'int32'),
    };
    const { loss } = program.call('train', inputs);
    found[`loss of step ${step}`] = [...loss.dataSync()];
    tf.dispose([inputs, loss] as never);
  }
  program.pull();
  program.dispose();
  for (const [key, variable] of Object.entries(state)) found[key] = [...variable.dataSync()];
  // Training has moved the weights, so that there was something to agree on.
  for (const key of Object.keys(model.parameters)) expect(found[key], key).not.toEqual([...start[key].values]);
  model.dispose();
  tf.dispose([optimizer.slots, average.slots] as never);
  return found;
}

describe.skipIf(tensorflow === undefined)('captured training steps', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'tensorflow' });
  });

  it.each([
    ['small_cnn', 'train'],
    ['resnet8', 'train'],
    ['resnet8', 'frozen'],
    ['mobilenet_v2', 'train'],
    ['mobilenet_v2', 'frozen'],
  ] as const)(
    'give the bits of the eager ones, in all state: %s, batch normalisation in mode %s',
    (name, mode) => {
      const eager = train(engine, name, mode, false);
      const captured = train(engine, name, mode, true);
      const different = Object.keys(eager).filter((key) => !eager[key].every((v, i) => Object.is(v, captured[key][i])));
      expect(different).toEqual([]);
    },
    180_000,
  );
});
