import type { Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Backend, Engine, Tensor } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import type { TensorflowBackend } from '../load/tensorflow-backend.js';
import { CaptureError, InputMismatchError } from './capture-error.js';
import { createProgram } from './create-program.js';

/** What a program does with sizes that are left open, bytes and constants, on every backend. */
export function programInputsContract(backend: Backend): void {
  let engine: Engine;
  let tf: Engine['tf'];
  beforeAll(async () => {
    engine = await loadEngine({ backend });
    ({ tf } = engine);
  });

  const numbers = (tensor: Tensor | undefined): number[] => Array.from(tensor!.dataSync());

  /** Counts its calls in the state and adds the count to each row's sum. */
  function countingProgram(maxShapes?: number) {
    const calls = tf.variable(tf.scalar(0), false);
    let captures = 0;
    const program = createProgram(engine, {
      state: { calls },
      functions: {
        sums: {
          inputs: { x: { shape: [null, 3] } },
          run: ({ x }) => {
            captures++;
            calls.assign(calls.add(1) as never);
            return { sums: x!.sum(1).add(calls) };
          },
        },
      },
      ...(maxShapes === undefined ? {} : { maxShapes }),
    });
    const sumsOf = (rows: number) => tf.tidy(() => numbers(program.call('sums', { x: tf.ones([rows, 3]) }).sums));
    return { program, calls, sumsOf, captures: () => captures };
  }

  describe('a size that is left open', () => {
    it('takes any size, and its state goes on where it was', () => {
      const { program, calls, sumsOf } = countingProgram();
      expect(sumsOf(2)).toEqual([4, 4]);
      expect(sumsOf(1)).toEqual([5]);
      expect(sumsOf(2)).toEqual([6, 6]);
      expect(sumsOf(4)).toEqual([7, 7, 7, 7]);
      program.pull();
      expect(numbers(calls)).toEqual([4]);
      program.dispose();
    });

    it('is captured once for each size', () => {
      const { program, sumsOf, captures } = countingProgram();
      for (const rows of [2, 5, 2, 5]) sumsOf(rows);
      const first = captures();
      for (const rows of [5, 2, 5]) sumsOf(rows);
      // On a backend without graphs each call is a call of the function.
      expect(captures() - first).toBe(backend === 'tensorflow' ? 0 : 3);
      program.dispose();
    });

    it('forgets the size that was not called for longest, and keeps no more sessions and tensors', () => {
      const { program, sumsOf, captures } = countingProgram(2);
      const binding = (tf.backend() as unknown as Partial<TensorflowBackend>).binding;
      const count = () => [tf.memory().numTensors, binding?.getNumOfTensors(), binding?.getNumOfSavedModels()];
      for (const rows of [1, 2, 1, 3]) sumsOf(rows);
      const before = count();
      const known = captures();
      sumsOf(1);
      if (backend === 'tensorflow') expect(captures()).toBe(known);
      sumsOf(2);
      expect(captures()).toBeGreaterThan(known);
      expect(count()).toEqual(before);
      program.dispose();
    });

    it('refuses another rank or another fixed size by name', () => {
      const { program } = countingProgram();
      const call = (shape: number[]) => () => program.call('sums', { x: tf.ones(shape) });
      expect(call([2, 4])).toThrow(InputMismatchError);
      expect(call([2, 4])).toThrow('sums(): input "x" must be float32 [any, 3], got float32 [2, 4]');
      expect(call([3])).toThrow('got float32 [3]');
      program.dispose();
    });

    it('leaves the program as it was where the function cannot be captured for a size', () => {
      const calls = tf.variable(tf.scalar(0), false);
      const program = createProgram(engine, {
        state: { calls },
        functions: {
          picky: {
            inputs: { x: { shape: [null] } },
            run: ({ x }) => {
              calls.assign(calls.add(1) as never);
              return { y: x!.size === 3 ? x!.add(Math.random()) : x!.add(calls) };
            },
          },
        },
      });
      const call = (size: number) => tf.tidy(() => numbers(program.call('picky', { x: tf.zeros([size]) }).y));
      expect(call(1)).toEqual([1]);
      expect(() => call(3)).toThrow(CaptureError);
      expect(() => call(3)).toThrow('Math.random');
      expect(call(2)).toEqual([2, 2]);
      expect(call(1)).toEqual([3]);
      program.dispose();
    });
  });

  describe('an input of bytes', () => {
    const bytesProgram = () =>
      createProgram(engine, {
        state: {},
        functions: {
          double: {
            inputs: { pixels: { shape: [null, 2], dtype: 'uint8' } },
            run: ({ pixels }) => ({ doubled: pixels!.mul(tf.scalar(2, 'int32')), halves: pixels!.toFloat().mul(0.5) }),
          },
        },
      });

    it('is seen by the function as whole numbers of 0 to 255', () => {
      const program = bytesProgram();
      tf.tidy(() => {
        const { doubled, halves } = program.call('double', { pixels: Uint8Array.of(0, 1, 128, 255) });
        expect(doubled!.dtype).toBe('int32');
        expect(doubled!.shape).toEqual([2, 2]);
        expect(numbers(doubled)).toEqual([0, 2, 256, 510]);
        expect(numbers(halves)).toEqual([0, 0.5, 64, 127.5]);
      });
      program.dispose();
    });

    it('may be a part of a larger buffer, which can be written to after the call', () => {
      const program = bytesProgram();
      const buffer = Uint8Array.of(9, 9, 3, 4);
      const first = program.call('double', { pixels: buffer.subarray(2) });
      buffer.fill(7);
      expect(numbers(first.doubled)).toEqual([6, 8]);
      tf.dispose(first);
      program.dispose();
    });

    it('refuses what is no whole number of rows, and a tensor in its place', () => {
      const program = bytesProgram();
      expect(() => program.call('double', { pixels: new Uint8Array(3) })).toThrow(
        'must be a Uint8Array of [any, 2], got a Uint8Array of 3 bytes',
      );
      expect(() => program.call('double', { pixels: tf.zeros([1, 2], 'int32') })).toThrow('got int32 [1, 2]');
      program.dispose();
    });

    it('keeps no tensor of a call', () => {
      const program = bytesProgram();
      const binding = (tf.backend() as unknown as Partial<TensorflowBackend>).binding;
      const call = () => tf.dispose(program.call('double', { pixels: new Uint8Array(8) }));
      call();
      const before = [tf.memory().numTensors, binding?.getNumOfTensors()];
      for (let i = 0; i < 5; i++) call();
      expect([tf.memory().numTensors, binding?.getNumOfTensors()]).toEqual(before);
      program.dispose();
    });
  });

  describe('a constant', () => {
    it('is read by the functions without being state', () => {
      const weight = tf.variable(tf.tensor2d([[2], [3]]), false);
      const program = createProgram(engine, {
        state: {},
        constants: { weight },
        functions: {
          product: {
            inputs: { x: { shape: [null, 2] } },
            run: ({ x }) => ({ y: tf.matMul(x as Tensor2D, weight as Tensor as Tensor2D) }),
          },
        },
      });
      expect(tf.tidy(() => numbers(program.call('product', { x: tf.tensor2d([[1, 10]]) }).y))).toEqual([32]);
      expect(tf.tidy(() => numbers(program.call('product', { x: tf.ones([2, 2]) }).y))).toEqual([5, 5]);
      program.dispose();
    });

    it('must not be assigned to, nor be part of the state as well', () => {
      const weight = tf.variable(tf.scalar(1), false, `constant-${performance.now()}`);
      const program = () =>
        createProgram(engine, {
          state: {},
          constants: { weight },
          functions: {
            change: { inputs: {}, run: () => (weight.assign(weight.add(1) as never), { y: weight.mul(1) }) },
          },
        });
      expect(program).toThrow('assigns to the variable "constant-');
      expect(program).toThrow('make it part of the state');
      expect(numbers(weight)).toEqual([1]);
      expect(() => createProgram(engine, { state: { weight }, constants: { again: weight }, functions: {} })).toThrow(
        '"weight" and "again" are one variable',
      );
    });
  });

  describe('a value that no input and no state changes', () => {
    it('may be read by the function', () => {
      const axes = tf.tensor1d([1], 'int32');
      const program = createProgram(engine, {
        state: {},
        functions: {
          sum: {
            inputs: { x: { shape: [2, 2] } },
            run: ({ x }) => ({ y: x!.sum(Array.from(axes.dataSync())), z: x!.mul(tf.scalar(3).add(1).dataSync()[0]!) }),
          },
        },
      });
      const x = tf.tensor2d([
        [1, 2],
        [3, 4],
      ]);
      const { y, z } = program.call('sum', { x });
      expect(numbers(y)).toEqual([3, 7]);
      expect(numbers(z)).toEqual([4, 8, 12, 16]);
      program.dispose();
    });
  });
}
