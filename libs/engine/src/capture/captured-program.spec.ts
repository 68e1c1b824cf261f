import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testTensorflow } from '../../../../test/services/test-services.js';
import type { Tensor } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import { captureGraph } from './capture-graph.js';
import { createProgram } from './create-program.js';
import { programInputsContract } from './program-inputs.contract.js';
import { programContract } from './program.contract.js';
import { refusalsContract } from './refusals.contract.js';

const tensorflow = await testTensorflow();

/** What is used here of tfjs-node, which runs SavedModels on TensorFlow alone. */
interface TfjsNode {
  node: { loadSavedModel(folder: string): Promise<{ predict(x: Tensor): Tensor; dispose(): void }> };
}

describe.skipIf(tensorflow === undefined)('captured programs', () => {
  programContract('tensorflow');
  programInputsContract('tensorflow');
  refusalsContract('tensorflow');

  it.each([true, false])('refuse a SavedModel and a capture in a function, with capture: %s', async (capture) => {
    const engine = await loadEngine({ backend: 'tensorflow' });
    const graph = () =>
      captureGraph(engine, {
        constants: {},
        input: { name: 'images', shape: [null, 3] },
        run: (images) => ({ double: images.mul(2) }),
      });
    const folder = mkdtempSync(join(tmpdir(), 'saved-model-'));
    try {
      writeFileSync(join(folder, 'saved_model.pb'), graph().savedModel());
      const { node } = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu') as TfjsNode;
      const model = await node.loadSavedModel(folder);
      const doubled = () => Array.from(model.predict(engine.tf.ones([1, 3])).dataSync());
      expect(doubled()).toEqual([2, 2, 2]);
      const create = (run: (x: Tensor) => Record<string, Tensor>) => () =>
        createProgram(engine, {
          state: {},
          capture,
          functions: { bad: { inputs: { x: { shape: [1, 3] } }, run: ({ x }) => run(x!) } },
        });
      const predicting = create((x) => ({ y: model.predict(x) }));
      expect(predicting).toThrow('The captured function "bad" runs a SavedModel');
      expect(predicting).toThrow('run it before and pass its outputs as inputs, or convert it for tf.loadGraphModel');
      expect(create((x) => (graph(), { y: x }))).toThrow(
        'The captured function "bad" captures a graph: capture it before or after',
      );
      expect(doubled()).toEqual([2, 2, 2]);
      model.dispose();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
