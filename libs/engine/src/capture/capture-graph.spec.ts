import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Tensor, Variable } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import type { TensorflowBackend } from '../load/tensorflow-backend.js';
import { captureGraph } from './capture-graph.js';

describe('captureGraph', () => {
  let engine: Engine;
  let weight: Variable;
  beforeAll(async () => {
    engine = await loadEngine();
    weight = engine.tf.variable(engine.tf.tensor([1, -2, 3, 0.5, 0.25, -1], [3, 2]));
  });
  const capture = () =>
    captureGraph(engine, {
      constants: { 'layer.weight': weight },
      input: { name: 'images', shape: [null, 3] },
      run: (images) => {
        const { tf } = engine;
        // A slice and a reshape as they are recorded have the size of the batch in them.
        const part = tf.slice(tf.matMul(images as never, weight as never), [0, 0], [-1, 1]);
        return { logits: tf.relu(tf.add(tf.reshape(part, [images.shape[0], 1]), 1)) };
      },
    });
  const expected = [2, 0, 9]; // relu(x · [1, 3, ¼] + 1) for the rows below
  const rows = [
    [1, 0, 0],
    [-4, 0, 0],
    [0, 2, 8],
  ];

  it("is what TensorFlow.js's own executor computes, for batches of any size", async () => {
    const { tf } = engine;
    const { weightData, ...artifacts } = capture().graphModel();
    expect(artifacts.weightSpecs.map(({ name }) => name)).toContain('layer.weight');
    const model = await tf.loadGraphModel({
      load: async () => ({ ...(artifacts as object), weightData: Uint8Array.from(weightData).buffer }) as never,
    });
    for (const count of [1, 3]) {
      const output = model.predict({ images: tf.tensor(rows.slice(0, count)) }) as Tensor;
      expect([...output.dataSync()]).toEqual(expected.slice(0, count));
    }
    model.dispose();
  });

  it('is what TensorFlow computes from the SavedModel', () => {
    const { binding } = engine.tf.backend() as unknown as TensorflowBackend;
    const folder = mkdtempSync(join(tmpdir(), 'saved-model-'));
    try {
      writeFileSync(join(folder, 'saved_model.pb'), capture().savedModel());
      const session = binding.loadSavedModel(folder, 'serve');
      const input = binding.createTensor([3, 3], binding.TF_FLOAT, Float32Array.from(rows.flat()));
      const [output] = binding.runSavedModel(session, [input], 'images:0', 'logits:0');
      expect(output.shape).toEqual([3, 1]);
      expect([...(binding.tensorDataSync(output.id) as Float32Array)]).toEqual(expected);
      binding.deleteTensor(input);
      binding.deleteTensor(output.id);
      binding.deleteSavedModel(session);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses what works for one size of batch only', () => {
    const request = {
      constants: {},
      input: { name: 'images', shape: [null, 3] as const },
      run: (images: Tensor) => ({
        y: engine.tf.add(images, engine.tf.tile(engine.tf.mean(images, 0, true), [images.shape[0], 1])),
      }),
    };
    expect(() => captureGraph(engine, request)).toThrow(
      'asks for the op Tile, which works for one size of batch only: let what is alike',
    );
  });
});
