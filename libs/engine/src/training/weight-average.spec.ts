import { beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../capture/create-program.js';
import type { Engine, Variable } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import { createWeightAverage } from './weight-average.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

const variable = (value: number) => engine.tf.variable(engine.tf.scalar(value));
const set = (w: Variable, value: number) => w.assign(engine.tf.scalar(value) as never);
const valueOf = (w: Variable) => w.dataSync()[0]!;

describe('createWeightAverage', () => {
  it('moves the average towards the weights by 1 − decay at each update', () => {
    const w = variable(0);
    const average = createWeightAverage(engine, { w }, { decay: 0.9 });
    const values = [10, 20, 20].map((value) => {
      set(w, value);
      average.update();
      return valueOf(average.slots['average/w']!);
    });
    // By hand: 0.1·10; 0.9·1 + 0.1·20; 0.9·2.9 + 0.1·20.
    [1, 2.9, 4.61].forEach((expected, i) => expect(values[i]).toBeCloseTo(expected, 5));
  });

  it('follows closely at first where it is told the step', () => {
    const w = variable(0);
    const average = createWeightAverage(engine, { w }, { decay: 0.5 });
    set(w, 100);
    const after = [0, 1, 1000].map((step) => {
      average.slots['average/w']!.assign(engine.tf.scalar(0) as never);
      average.update(engine.tf.scalar(step, 'int32'));
      return valueOf(average.slots['average/w']!);
    });
    // By hand: d = 1/10, 2/11, and the decay itself.
    [90, (100 * 9) / 11, 50].forEach((expected, i) => expect(after[i]).toBeCloseTo(expected, 3));
  });

  it('swaps averages and weights, and back', () => {
    const [a, b] = [variable(1), variable(2)];
    const average = createWeightAverage(engine, { a, b }, { decay: 0.9 });
    const program = createProgram(engine, {
      state: { a, b, ...average.slots },
      functions: { exchange: { inputs: {}, run: () => (average.exchange(), {}) } },
    });
    set(a, 10);
    set(b, 20);
    program.push();
    const pulled = () => {
      program.call('exchange', {});
      program.pull();
      return [a, b, average.slots['average/a']!, average.slots['average/b']!].map(valueOf);
    };
    expect(pulled()).toEqual([1, 2, 10, 20]);
    expect(pulled()).toEqual([10, 20, 1, 2]);
    program.dispose();
  });

  it('keeps no tensor but its slots', () => {
    const { tf } = engine;
    const w = variable(1);
    const average = createWeightAverage(engine, { w }, { decay: 0.9 });
    const step = tf.scalar(3, 'int32');
    const before = tf.memory().numTensors;
    average.update(step);
    average.exchange();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses a decay that is no share', () => {
    expect(() => createWeightAverage(engine, {}, { decay: 1 })).toThrow('decay must be between 0 and 1, got 1');
  });
});
