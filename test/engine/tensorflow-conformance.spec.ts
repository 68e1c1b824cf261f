import { describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { testTensorflow } from '../services/test-services.js';
import { conformanceContract } from './conformance.contract.js';
import { differencesWhenCaptured, watchOps, type OpWatch } from './watch-ops.js';

const tensorflow = await testTensorflow();
const COLOURS = { brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.1 };

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
    transfers: [
      { training: { augmentation: { flip: true, crop: 2, mixup: 0.2, ...COLOURS } } },
      { training: { augmentation: { randAugment: {} } } },
      ...['l1', 'l2', 'l2-sp'].map((kind) => ({ regularization: { kind, lambda: 1e-3 } })),
      ...[
        { kind: 'adamw', learningRate: 1e-3, weightDecay: 0.01, clipNorm: 1 },
        { kind: 'lars', learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4 },
      ].map((optimizer) => ({
        training: { optimizer, averageDecay: 0.9, dropout: 0.2, augmentation: { cutmix: 1 } },
      })),
    ],
  });

  describe('every op that they execute', () => {
    it('gives the same bits when it is captured', () => {
      ops.stop();
      expect(ops.notKept()).toEqual([]);
      expect(ops.executed.length).toBeGreaterThan(300);
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
