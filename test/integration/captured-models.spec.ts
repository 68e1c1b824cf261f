import { beforeAll, describe, expect, it } from 'vitest';
import { createProgram, createSgd, loadEngine, type Engine, type ProgramFunction, type Tensor } from '#engine';
import { createModel, MODELS } from '#models';
import { testTensorflow } from '../services/test-services.js';

const tensorflow = await testTensorflow();
let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine({ backend: 'tensorflow' });
});

const CLASSES = 5;
const SHAPE = [16, 32, 32, 3] as const;

/** A model with one training step: forward, cross-entropy, backward, momentum. */
function trainee(name: string) {
  const { tf, kernels } = engine;
  const model = createModel(engine, name, { classes: CLASSES, seed: 1 });
  const optimizer = createSgd(engine, model.parameters, { momentum: 0.9, nesterov: true });
  const step: ProgramFunction = {
    inputs: { images: { shape: SHAPE }, targets: { shape: [SHAPE[0], CLASSES] }, learningRate: { shape: [] } },
    run: ({ images, targets, learningRate }) => {
      const { value, grads } = tf.variableGrads(() => {
        const { logits } = model.forward(images as never, 'train');
        return kernels.softmaxCrossEntropy(logits as never, targets as never).mean();
      }, Object.values(model.parameters));
      const byName = Object.entries(model.parameters).map(([key, variable]) => [key, grads[variable.name]!] as const);
      optimizer.apply(Object.fromEntries(byName), learningRate!);
      return { loss: value };
    },
  };
  return { step, state: { ...model.parameters, ...model.statistics, ...optimizer.slots } };
}

describe.skipIf(tensorflow === undefined)('a captured training step', () => {
  it.each(Object.keys(MODELS))('has the losses of the eager one over 20 steps of %s', (name) => {
    const { tf } = engine;
    const inputs = {
      images: tf.randomNormal([...SHAPE], 0, 1, 'float32', 2),
      targets: tf
        .oneHot(
          tf.tensor1d(
            Array.from({ length: SHAPE[0] }, (_, i) => i % CLASSES),
            'int32',
          ),
          CLASSES,
        )
        .toFloat(),
      learningRate: tf.scalar(0.01),
    };
    const eager = trainee(name);
    const captured = trainee(name);
    const program = createProgram(engine, { state: captured.state, functions: { step: captured.step } });
    const lossOf = (outputs: Record<string, Tensor>) => outputs.loss!.dataSync()[0]!;
    for (let i = 0; i < 20; i++) {
      const expected = tf.tidy(() => lossOf(eager.step.run(inputs)));
      const actual = tf.tidy(() => lossOf(program.call('step', inputs)));
      expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-4 * Math.max(1, Math.abs(expected)));
    }
    program.dispose();
  });
});
