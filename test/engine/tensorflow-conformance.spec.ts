import { describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { testTensorflow } from '../services/test-services.js';
import { conformanceContract } from './conformance.contract.js';
import { differencesWhenCaptured, watchOps, type OpWatch } from './watch-ops.js';

const tensorflow = await testTensorflow();

describe.skipIf(tensorflow === undefined)('on TensorFlow', () => {
  let engine: Engine;
  let ops: OpWatch;
  conformanceContract({
    load: async () => {
      engine = await loadEngine({ backend: 'tensorflow' });
      ops = watchOps(engine);
      return engine;
    },
    batch: 2,
  });

  describe('every op that they execute', () => {
    it('gives the same bits when it is captured', () => {
      const { tf, kernels } = engine;
      // No pipeline draws by a seed that is a tensor.
      tf.tidy(() => kernels.randomUniform([5], tf.scalar(42, 'int32'), tf.scalar(7, 'int32'), 3));
      ops.stop();
      expect(ops.notKept()).toEqual([]);
      expect(ops.executed.length).toBeGreaterThan(300);
      // What takes no real numbers is among them.
      const names = ops.executed.map(({ op }) => op);
      expect(names).toEqual(expect.arrayContaining(['StatelessRandomUniform', 'OneHot', 'LogicalAnd', 'BitwiseXor']));
      expect(differencesWhenCaptured(engine, ops.executed)).toEqual([]);
    }, 180_000);

    it('would be named for a single bit', () => {
      const [first, second, third] = ops.executed;
      const values = second.outputs[0].values.slice();
      new Uint8Array(values.buffer)[0] ^= 1;
      const changed = { ...second, outputs: [{ ...second.outputs[0], values }, ...second.outputs.slice(1)] };
      const [named, ...others] = differencesWhenCaptured(engine, [first, changed, third]);
      expect(named).toContain(second.op);
      expect(others).toEqual([]);
    });
  });
});
