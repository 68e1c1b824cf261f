import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Backend, Engine, Tensor, Variable } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import type { TensorflowBackend } from '../load/tensorflow-backend.js';
import type { Program, ProgramFunction } from '../program.js';
import { createOptimizer } from '../training/create-optimizer.js';
import { InputMismatchError } from './capture-error.js';
import { createProgram } from './create-program.js';

/** Node's garbage collector, which it hides without a flag. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** What `createProgram` promises on every backend. One backend per process, so a spec file runs it for one. */
export function programContract(backend: Backend): void {
  let engine: Engine;
  let tf: Engine['tf'];
  beforeAll(async () => {
    engine = await loadEngine({ backend });
    ({ tf } = engine);
  });

  /** A small network with everything that training uses: convolution, batch norm, noise, momentum, weight decay. */
  function network() {
    const { kernels } = engine;
    const variable = (name: string, shape: number[], seed: number) =>
      tf.tidy(() => tf.variable(tf.randomNormal(shape, 0, 0.3, 'float32', seed), true, `${name}-${variables++}`));
    const parameters = { filter: variable('filter', [3, 3, 3, 8], 1), weight: variable('weight', [8, 4], 2) };
    // Two variables made from one tensor share its data until they are assigned to.
    const [ones, zeros] = [tf.ones([8]), tf.zeros([8])];
    const batchNorm = { gamma: tf.variable(ones), beta: tf.variable(zeros) };
    const statistics = { mean: tf.variable(zeros, false), variance: tf.variable(ones, false) };
    tf.dispose([ones, zeros]);
    const trained: Record<string, Variable> = { ...parameters, ...batchNorm };
    const optimizer = createOptimizer(engine, trained, {
      kind: 'sgd',
      momentum: 0.9,
      nesterov: true,
      learningRateFactors: { weight: 10 },
    });

    function forward(x: Tensor4D, training: boolean): Tensor2D {
      const convolved = tf.conv2d(x, parameters.filter as never, 2, 'same') as Tensor4D;
      const { gamma, beta } = batchNorm;
      const { mean, variance } = statistics;
      if (!training) {
        const y = tf.batchNorm4d(convolved, mean as never, variance as never, beta as never, gamma as never, 1e-3);
        return tf
          .relu(y)
          .mean<Tensor2D>([1, 2])
          .matMul(parameters.weight as Variable) as Tensor as Tensor2D;
      }
      const batch = kernels.batchNormTraining(convolved, gamma, beta, 1e-3);
      mean.assign(mean.mul(0.9).add(batch.mean.mul(0.1)) as never);
      variance.assign(variance.mul(0.9).add(batch.variance.mul(0.1)) as never);
      return tf
        .relu(batch.y)
        .mean<Tensor2D>([1, 2])
        .matMul(parameters.weight as Variable) as Tensor as Tensor2D;
    }

    const train: ProgramFunction = {
      inputs: {
        x: { shape: [6, 8, 8, 3] },
        y: { shape: [6, 4] },
        learningRate: { shape: [] },
        step: { shape: [], dtype: 'int32' },
      },
      run: ({ x, y, learningRate, step }) => {
        const noise = kernels.randomUniform(x!.shape, 7, step!, 0).sub(0.5).mul(0.1);
        const { value, grads } = tf.variableGrads(
          () => kernels.softmaxCrossEntropy(forward(x!.add(noise), true), y as Tensor2D).mean(),
          Object.values(trained),
        );
        const byName = Object.fromEntries(Object.entries(trained).map(([name, v]) => [name, grads[v.name]!]));
        optimizer.apply(byName, learningRate!);
        return { loss: value };
      },
    };
    const evaluate: ProgramFunction = {
      inputs: { x: { shape: [2, 8, 8, 3] } },
      run: ({ x }) => ({ probabilities: tf.softmax(forward(x as Tensor4D, false)) }),
    };
    return { state: { ...trained, ...statistics, ...optimizer.slots }, train, evaluate };
  }
  let variables = 0;

  function batch() {
    return {
      x: tf.randomNormal([6, 8, 8, 3], 0, 1, 'float32', 3),
      y: tf.oneHot(tf.tensor1d([0, 1, 2, 3, 0, 1], 'int32'), 4).toFloat(),
      learningRate: tf.scalar(0.05),
    };
  }

  const valuesOf = (state: Readonly<Record<string, Variable>>) =>
    Object.fromEntries(Object.entries(state).map(([name, variable]) => [name, Array.from(variable.dataSync())]));

  const scalarOf = (tensor: Tensor) => tensor.dataSync()[0]!;

  describe('a program', () => {
    it('gives the losses and the state of the same steps run eagerly, over 20 steps', () => {
      const eager = network();
      const captured = network();
      const program = createProgram(engine, {
        state: captured.state,
        functions: { train: captured.train, evaluate: captured.evaluate },
      });
      const inputs = batch();
      for (let i = 0; i < 20; i++) {
        const step = tf.scalar(i, 'int32');
        const expected = tf.tidy(() => scalarOf(eager.train.run({ ...inputs, step }).loss!));
        const { loss } = program.call('train', { ...inputs, step });
        expect(scalarOf(loss!)).toBeCloseTo(expected, 6);
        tf.dispose([loss!, step]);
      }
      const x = inputs.x.slice([0, 0, 0, 0], [2, -1, -1, -1]);
      const { probabilities } = program.call('evaluate', { x });
      const expected = eager.evaluate.run({ x }).probabilities!;
      expect(tf.max(tf.abs(probabilities!.sub(expected))).dataSync()[0]).toBeLessThan(1e-6);
      program.pull();
      for (const [name, values] of Object.entries(valuesOf(eager.state))) {
        const actual = captured.state[name as keyof typeof captured.state].dataSync();
        values.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 5));
      }
      program.dispose();
    });

    it('leaves the variables as they were when it is created', () => {
      const { state, train, evaluate } = network();
      const before = valuesOf(state);
      createProgram(engine, { state, functions: { train, evaluate } }).dispose();
      expect(valuesOf(state)).toEqual(before);
    });

    it('keeps no tensor between calls, and none after it is disposed of', () => {
      const { state, train } = network();
      const inputs = { ...batch(), step: tf.scalar(0, 'int32') };
      const binding = (tf.backend() as unknown as Partial<TensorflowBackend>).binding;
      const count = () => [tf.memory().numTensors, tf.memory().numDataBuffers, binding?.getNumOfSavedModels() ?? 0];
      tf.dispose(train.run(inputs));
      const before = count();
      const program = createProgram(engine, { state, functions: { train } });
      const afterCreation = count();
      expect(afterCreation[0]).toBe(before[0]);
      const natives: number[] = [];
      for (let i = 0; i < 10; i++) {
        tf.dispose(program.call('train', inputs));
        expect(count()).toEqual(afterCreation);
        natives.push(binding?.getNumOfTensors() ?? 0);
      }
      expect(new Set(natives).size).toBe(1);
      program.dispose();
      expect(count()).toEqual(before);
    });

    it('holds no more tensors and no more memory after many steps', () => {
      const { state, train } = network();
      const inputs = { ...batch(), step: tf.scalar(0, 'int32') };
      const binding = (tf.backend() as unknown as Partial<TensorflowBackend>).binding;
      const double: ProgramFunction = {
        inputs: { image: { shape: [64, 64, 3] } },
        run: ({ image }) => ({ image: image!.mul(2) }),
      };
      const program = createProgram(engine, { state, functions: { train, double } });
      const pixels = new Float32Array(64 * 64 * 3).fill(1);
      const steps = (count: number) => {
        for (let i = 0; i < count; i++) {
          tf.tidy(() => {
            const { loss } = program.call('train', { ...inputs, step: tf.scalar(i, 'int32') });
            expect(Number.isFinite(scalarOf(loss!))).toBe(true);
            expect(program.call('double', { image: tf.tensor(pixels, [64, 64, 3]) }).image!.dataSync()[99]).toBe(2);
          });
          if (i % 100 === 99) program.pull();
        }
        collectGarbage();
        return [tf.memory().numTensors, tf.memory().numDataBuffers, binding?.getNumOfTensors()];
      };
      const [few, many] = backend === 'tensorflow' ? [1_000, 10_000] : [200, 800];
      const warm = steps(few);
      const memory = process.memoryUsage.rss();
      expect(steps(many)).toEqual(warm);
      // Half of what it would be if one of the two images were kept at each step.
      expect(process.memoryUsage.rss() - memory).toBeLessThan((many * pixels.byteLength) / 2);
      program.dispose();
    });

    it('has its own state beside other programs of the same variables, whichever is disposed of first', () => {
      const counter = tf.variable(tf.scalar(0), false);
      const step: ProgramFunction = {
        inputs: { amount: { shape: [] } },
        run: ({ amount }) => {
          counter.assign(counter.add(amount!) as never);
          return { now: counter };
        },
      };
      const create = () => createProgram(engine, { state: { counter }, functions: { step } });
      const programs = [create(), create(), create()];
      const call = (program: Program, amount: number) =>
        tf.tidy(() => scalarOf(program.call('step', { amount: tf.scalar(amount) }).now!));
      const own = backend === 'tensorflow';
      expect(programs.map((program, i) => call(program, i + 1))).toEqual(own ? [1, 2, 3] : [1, 3, 6]);
      programs[1]!.dispose();
      expect(() => call(programs[1]!, 1)).toThrow('disposed of');
      expect([call(programs[0]!, 10), call(programs[2]!, 10)]).toEqual(own ? [11, 13] : [16, 26]);
      for (const program of programs) program.dispose();
    });

    it('takes up a change of the variables when they are pushed', () => {
      const counter = tf.variable(tf.scalar(1), false);
      const program = createProgram(engine, {
        state: { counter },
        functions: {
          add: {
            inputs: { amount: { shape: [] } },
            run: ({ amount }) => {
              counter.assign(counter.add(amount!) as never);
              return { now: counter };
            },
          },
        },
      });
      const add = (amount: number) => tf.tidy(() => scalarOf(program.call('add', { amount: tf.scalar(amount) }).now!));
      expect([add(2), add(3)]).toEqual([3, 6]);
      program.pull();
      expect(scalarOf(counter)).toBe(6);
      counter.assign(tf.scalar(100));
      program.push();
      expect(add(1)).toBe(101);
      program.dispose();
      expect(() => add(1)).toThrow('disposed of');
    });

    it('tells apart state variables that were made from one tensor', () => {
      const start = tf.scalar(1);
      const [a, b] = [tf.variable(start, false), tf.variable(start, false)];
      const program = createProgram(engine, {
        state: { a: a!, b: b! },
        functions: {
          step: {
            inputs: {},
            run: () => {
              a!.assign(a!.mul(2) as never);
              return { sum: a!.add(b!).add(start) };
            },
          },
        },
      });
      const sums = [1, 2, 3].map(() => tf.tidy(() => scalarOf(program.call('step', {}).sum!)));
      expect(sums).toEqual([4, 6, 10]);
      program.dispose();
    });

    it('leaves no folder behind', async () => {
      const { state, evaluate } = network();
      createProgram(engine, { state, functions: { evaluate } }).dispose();
      const ours = (name: string) => name.startsWith('distillery-graph.') && name.includes(`.${process.pid}.`);
      expect((await readdir(tmpdir())).filter(ours)).toEqual([]);
    });
  });

  describe('a call', () => {
    it.each([
      ['a missing input', () => ({}), 'evaluate(): input "x" is missing, it must be float32 [2, 8, 8, 3]'],
      [
        'another shape',
        () => ({ x: tf.zeros([3, 8, 8, 3]) }),
        'must be float32 [2, 8, 8, 3], got float32 [3, 8, 8, 3]',
      ],
      ['another dtype', () => ({ x: tf.zeros([2, 8, 8, 3], 'int32') }), 'got int32 [2, 8, 8, 3]'],
      ['an unknown input', () => ({ x: tf.zeros([2, 8, 8, 3]), z: tf.scalar(0) }), 'input "z" is not declared'],
    ])('refuses %s by name', (_, inputs, message) => {
      const { state, evaluate } = network();
      const program = createProgram(engine, { state, functions: { evaluate } });
      expect(() => program.call('evaluate', inputs() as Record<string, Tensor>)).toThrow(InputMismatchError);
      expect(() => program.call('evaluate', inputs() as Record<string, Tensor>)).toThrow(message);
      expect(() => program.call('other', {})).toThrow('no function "other"');
      program.dispose();
    });
  });
}
