import { expect } from 'vitest';
import { createProgram, createOptimizer, type Engine, type Tensor } from '#engine';
import { createModel, stateDict, type ForwardMode, type Model, type StateDict } from '#models';
import { noise } from './torch-models.js';

/** Different batches; their steps come round again. */
const BATCHES = 4;
/** Of weights and statistics at the end, absolute. */
const TOLERANCE = 2e-3;

export interface Training {
  name: string;
  variant?: string;
  mode: ForwardMode;
  size: number;
  batch: number;
  steps: number;
  learningRate: number;
}

/**
 * Trains two copies of a model on the same images, one through captured programs and one eagerly, and expects the same
 * losses, weights and statistics.
 */
export function expectCapturedAsEager(engine: Engine, training: Training): void {
  const losses = train(engine, training, true);
  const eager = train(engine, training, false);
  losses.values.forEach((loss, step) => {
    expect(Number.isFinite(loss)).toBe(true);
    expect(Math.abs(loss - eager.values[step]), `loss of step ${step}: ${loss} and ${eager.values[step]}`).toBeLessThan(
      1e-4 * Math.max(1, Math.abs(loss)),
    );
  });
  const furthest = (from: StateDict, name: string) => {
    const [values, others] = [losses.state[name].values, from[name].values];
    let most = 0;
    for (let at = 0; at < values.length; at++) most = Math.max(most, Math.abs(values[at] - others[at]));
    return most;
  };
  const names = Object.keys(losses.state);
  for (const name of names) expect(furthest(eager.state, name), name).toBeLessThan(TOLERANCE);
  // They agree on something: training moved the weights by far more than that.
  expect(Math.max(...names.map((name) => furthest(losses.initial, name)))).toBeGreaterThan(10 * TOLERANCE);
}

function train(engine: Engine, { name, variant, mode, size, batch, steps, learningRate }: Training, captured: boolean) {
  const { tf } = engine;
  const classes = 5;
  const model = createModel(engine, name, { classes, seed: 3, variant });
  const initial = stateDict(model);
  const optimizer = createOptimizer(engine, model.parameters, { kind: 'sgd', momentum: 0.9, nesterov: false });
  const run = (inputs: Record<string, Tensor>) => ({ loss: sgdStep(engine, model, optimizer, inputs, mode) });
  const program = captured
    ? createProgram(engine, {
        state: { ...model.parameters, ...model.statistics, ...optimizer.slots },
        functions: {
          train: {
            inputs: {
              images: { shape: [batch, size, size, 3] },
              labels: { shape: [batch, classes] },
              learningRate: { shape: [] },
            },
            run,
          },
        },
      })
    : undefined;
  // Capturing must leave the variables as they were.
  if (captured) expect(sameBits(stateDict(model), initial)).toBe(true);

  const values: number[] = [];
  for (let step = 0; step < steps; step++) {
    const pixels = Float32Array.from(noise(`step ${step % BATCHES}`, batch * size * size * 3), (value) => value * 4);
    const inputs = {
      images: tf.tensor(pixels, [batch, size, size, 3]),
      labels: tf.tidy(() =>
        tf
          .oneHot(
            tf.tensor1d(
              Array.from({ length: batch }, (_, index) => (index + (step % BATCHES)) % classes),
              'int32',
            ),
            classes,
          )
          .toFloat(),
      ),
      learningRate: tf.scalar(learningRate),
    };
    const outputs = program === undefined ? tf.tidy(() => run(inputs)) : program.call('train', inputs);
    values.push(outputs.loss.dataSync()[0]);
    tf.dispose([outputs, inputs]);
  }
  program?.pull();
  program?.dispose();
  const state = stateDict(model);
  tf.dispose(Object.values(optimizer.slots));
  model.dispose();
  return { values, initial, state };
}

function sgdStep(
  engine: Engine,
  model: Model,
  optimizer: ReturnType<typeof createOptimizer>,
  inputs: Record<string, Tensor>,
  mode: ForwardMode,
): Tensor {
  const { tf, kernels } = engine;
  const { value, grads } = tf.variableGrads(
    () =>
      tf.mean(
        kernels.softmaxCrossEntropy(model.forward(inputs.images, mode).logits as never, inputs.labels as never),
      ) as never,
    Object.values(model.parameters),
  );
  const gradients = Object.fromEntries(
    Object.entries(model.parameters).map(([name, variable]) => [name, grads[variable.name]]),
  );
  optimizer.apply(gradients, inputs.learningRate);
  return value;
}

function sameBits(a: StateDict, b: StateDict): boolean {
  return Object.entries(a).every(([name, { values }]) =>
    Buffer.from(values.buffer).equals(Buffer.from(b[name].values.buffer)),
  );
}
