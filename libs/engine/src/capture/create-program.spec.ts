import { describe, expect, it } from 'vitest';
import { testTensorflow } from '../../../../test/services/test-services.js';
import { loadEngine } from '../load/load-engine.js';
import type { ProgramOptions } from '../program.js';
import { createProgram } from './create-program.js';

const tensorflow = await testTensorflow();

describe.skipIf(tensorflow === undefined)('createProgram on TensorFlow', () => {
  it('does not capture where the program, or the engine for all of its programs, says so', async () => {
    const engine = await loadEngine({ backend: 'tensorflow' });
    const { tf } = engine;
    const counter = tf.variable(tf.scalar(0));
    const count: ProgramOptions = {
      state: { counter },
      functions: {
        step: {
          inputs: {},
          run: () => {
            counter.assign(tf.add(counter, 1));
            return {};
          },
        },
      },
    };
    /** What the variable is after a step, which a captured one takes in a state of its own. */
    const after = (...parameters: Parameters<typeof createProgram>) => {
      tf.tidy(() => counter.assign(tf.scalar(0)));
      const program = createProgram(...parameters);
      program.call('step', {});
      program.dispose();
      return counter.dataSync()[0];
    };
    expect(after(engine, count)).toBe(0);
    expect(after(engine, { ...count, capture: false })).toBe(1);
    expect(after({ ...engine, captures: false }, count)).toBe(1);
    expect(after({ ...engine, captures: false }, { ...count, capture: true })).toBe(0);
    counter.dispose();
  });
});
