import { createRequire } from 'node:module';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { testTensorflow } from '../../../../test/services/test-services.js';
import { createProgram } from '../capture/create-program.js';
import type { Graph } from '../capture/graph.js';
import type { Engine, Tensor, Tf, Variable } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import type { OptimizerOptions } from '../optimizer.js';
import { createOptimizer } from '../training/create-optimizer.js';

const tf = createRequire(import.meta.url)('@tensorflow/tfjs') as Tf;
const tensorflow = await testTensorflow();

/** The ops of the graphs that left their last pass. */
const captured: string[] = [];
vi.mock(import('./prune.js'), async (original) => {
  const { prune } = await original();
  const watched = (graph: Graph) => {
    const pruned = prune(graph);
    captured.push(...[...pruned.nodes].map(({ op }) => op));
    return pruned;
  };
  return { prune: watched };
});

describe.skipIf(tensorflow === undefined)("an optimizer's step, captured", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'tensorflow' });
  });
  afterEach(() => captured.splice(0));

  const sgd = { kind: 'sgd', weightDecay: 0 } as const;
  const adamw = { kind: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
  it.each<[OptimizerOptions & { watched?: string }, Record<string, number>]>([
    [
      { ...sgd, momentum: 0.9, nesterov: false, weightDecay: 1e-2 },
      { ResourceApplyMomentum: 2, AssignVariableOp: 0 },
    ],
    [
      { ...sgd, momentum: 0.9, nesterov: true },
      { ResourceApplyMomentum: 2, AssignVariableOp: 0 },
    ],
    [
      { ...sgd, momentum: 0, nesterov: false },
      { ResourceApplyMomentum: 0, AssignVariableOp: 2 },
    ],
    // Two more assignments: the number of steps, and the weight that is decayed before it is moved.
    [
      { ...adamw, weightDecay: 1e-2 },
      { ResourceApplyAdam: 2, AssignVariableOp: 2 },
    ],
    [
      { ...adamw, beta1: 0.3, beta2: 0.4 },
      { ResourceApplyAdam: 2, AssignVariableOp: 1 },
    ],
    [
      { ...adamw, beta1: 0, clipNorm: 0.1 },
      { ResourceApplyAdam: 2, AssignVariableOp: 1 },
    ],
    // Of w, somebody wants what the one op makes where the old one was.
    ...['firstMoment/w', 'secondMoment/w', 'w'].map(
      (watched): [OptimizerOptions & { watched: string }, Record<string, number>] => [
        { ...adamw, watched },
        { ResourceApplyAdam: 1, AssignVariableOp: 4 },
      ],
    ),
  ])(
    'is one op for each parameter, and gives the bits of the eager one for five steps: %o',
    ({ watched, ...options }, ops) => {
      const start = tf.randomNormal([41, 30], 0, 1, 'float32', 1);
      const make = () => {
        const weights: Record<string, Variable> = { w: tf.variable(start), b: tf.variable(tf.zeros([30])) };
        const optimizer = createOptimizer(engine, weights, options as OptimizerOptions);
        const step = ({ x, rate }: Record<string, Tensor>) => {
          const { value, grads } = tf.variableGrads(() =>
            tf
              .matMul(x as never, weights.w as never)
              .add(weights.b!)
              .square()
              .mean(),
          );
          optimizer.apply({ w: grads[weights.w!.name]!, b: grads[weights.b!.name]! }, rate!);
          const seen = watched === undefined ? undefined : { ...weights, ...optimizer.slots }[watched];
          return { loss: value, ...(seen && { seen: seen.abs().max() }) };
        };
        return { weights, optimizer, step };
      };
      const [eager, fused] = [make(), make()];
      const program = createProgram(engine, {
        state: { ...fused.weights, ...fused.optimizer.slots },
        functions: { step: { inputs: { x: { shape: [8, 41] }, rate: { shape: [] } }, run: fused.step } },
      });
      tf.tidy(() => {
        for (let seed = 2; seed < 7; seed++) {
          const inputs = { x: tf.randomNormal([8, 41], 0, 1, 'float32', seed), rate: tf.scalar(0.1) };
          program.call('step', inputs);
          eager.step(inputs);
        }
      });
      program.pull();
      const all = ({ weights, optimizer }: typeof eager) => Object.values({ ...weights, ...optimizer.slots });
      const expected = all(eager).map((variable) => Array.from(variable.dataSync()));
      expect(all(fused).map((variable) => Array.from(variable.dataSync()))).toEqual(expected);
      // Each state is assigned once more where it is set from outside.
      const inStep = (op: string) =>
        captured.filter((each) => each === op).length - (op === 'AssignVariableOp' ? all(fused).length : 0);
      for (const [op, count] of Object.entries(ops)) expect([op, inStep(op)]).toEqual([op, count]);
      program.dispose();
      tf.dispose([start, ...all(eager), ...all(fused)]);
    },
  );
});
